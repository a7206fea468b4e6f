//! `/resource_filters`: by what a member may filter each list, and the same table at work in
//! `filters` (`cinder-behaviours` 3.2).

use serde::Serialize;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;

/// The filters of one resource.
#[derive(Debug, Serialize)]
pub struct Filters {
    resource: &'static str,
    filters: &'static [&'static str],
}

/// As Cinder ships them.
static SHIPPED: [Filters; 9] = [
    Filters {
        resource: "volume",
        filters: &[
            "name",
            "status",
            "metadata",
            "bootable",
            "migration_status",
            "availability_zone",
            "group_id",
            "size",
            "created_at",
            "updated_at",
            "consumes_quota",
        ],
    },
    Filters { resource: "backup", filters: &["name", "status", "volume_id"] },
    Filters {
        resource: "snapshot",
        filters: &["name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota"],
    },
    Filters { resource: "group", filters: &["name"] },
    Filters { resource: "group_snapshot", filters: &["name", "status", "group_id"] },
    Filters { resource: "attachment", filters: &["volume_id", "status", "instance_id", "attach_status"] },
    Filters {
        resource: "message",
        filters: &["resource_uuid", "resource_type", "event_id", "request_id", "message_level"],
    },
    Filters { resource: "pool", filters: &["name", "volume_type"] },
    Filters { resource: "volume_type", filters: &["is_public", "extra_specs"] },
];

/// What a member may filter a resource by.
pub fn of(resource: &str) -> &'static [&'static str] {
    SHIPPED.iter().find(|entry| entry.resource == resource).map_or(&[], |entry| entry.filters)
}

#[derive(Serialize)]
struct List {
    resource_filters: Vec<&'static Filters>,
}

pub async fn list(call: Call) -> Result<Reply> {
    let wanted = call.query.get("resource");
    let resource_filters =
        SHIPPED.iter().filter(|entry| wanted.is_none_or(|name| name == entry.resource)).collect();
    Ok(Reply::ok(&List { resource_filters }))
}
