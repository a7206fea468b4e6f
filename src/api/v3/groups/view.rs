//! A group as JSON, at the asked microversion.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::group::GroupDetails;
use crate::domain::{GroupId, Microversion, VolumeId};

#[derive(Serialize)]
pub struct Summary<'a> {
    pub id: GroupId,
    pub name: &'a Option<String>,
}

/// What is shown of a group besides its row.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    pub version: Microversion,
    pub project: bool,
}

impl Sees {
    pub fn of(call: &Call) -> Self {
        let project = call.may("group:group_project_attribute", &Target::own(&call.ctx));
        Self { version: call.version(), project }
    }
}

pub struct Detail<'a> {
    pub details: &'a GroupDetails,
    /// Only where asked for.
    pub members: Option<&'a [VolumeId]>,
    pub sees: Sees,
}

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (group, version) = (&self.details.group, self.sees.version);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &group.id)?;
        map.serialize_entry("status", group.status.as_str())?;
        map.serialize_entry("availability_zone", &group.availability_zone)?;
        map.serialize_entry("created_at", &Time(group.created_at))?;
        map.serialize_entry("name", &group.name)?;
        map.serialize_entry("description", &group.description)?;
        map.serialize_entry("group_type", &group.group_type_id)?;
        map.serialize_entry("volume_types", &group.volume_types)?;
        if version.at_least(14) {
            map.serialize_entry("group_snapshot_id", &group.group_snapshot_id)?;
            map.serialize_entry("source_group_id", &group.source_group_id)?;
        }
        if let Some(members) = self.members {
            map.serialize_entry("volumes", members)?;
        }
        if version.at_least(38) {
            map.serialize_entry("replication_status", "disabled")?;
        }
        if version.at_least(58) && self.sees.project {
            map.serialize_entry("project_id", &group.project_id)?;
        }
        map.end()
    }
}

/// `{"group": …}`.
#[derive(Serialize)]
pub struct One<G> {
    pub group: G,
}

/// `{"groups": […]}`.
#[derive(Serialize)]
pub struct List<G> {
    pub groups: Vec<G>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_links: Option<[NextLink; 1]>,
}
