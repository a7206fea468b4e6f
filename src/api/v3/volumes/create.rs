//! `POST /volumes`.

use serde_json::Value;
use uuid::Uuid;

use super::view::{Detail, One, Sees};
use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::operation::Hints;
use crate::domain::volume::NewVolume;
use crate::domain::{Result, VolumeId};

const MULTIATTACH_ADVICE: &str = "multiattach parameter has been removed. The default behavior is to use \
multiattach enabled volume types. Contact your administrator to create a multiattach enabled volume type and \
use it to create multiattach volumes.";

pub async fn create(call: Call) -> Result<Reply> {
    let new = read(&call)?;
    call.authorize_own()?;
    call.require_project()?;
    let details = call.edge.services.create_volume(&call.ctx, &new).await?;
    let links = call.links.of("volumes");
    let volume = Detail { details: &details, links: &links, sees: Sees::without_extensions(&call) };
    Ok(Reply::accepted(&One { volume }))
}

fn read(call: &Call) -> Result<NewVolume> {
    let volume = call.object("volume");
    Ok(NewVolume {
        name: volume.stripped(["name", "display_name"]).flatten(),
        description: volume.stripped(["description", "display_description"]).flatten(),
        size: volume.size("size"),
        volume_type: volume.nonempty("volume_type"),
        availability_zone: volume.text("availability_zone"),
        metadata: volume.metadata("metadata").unwrap_or_default(),
        snapshot_id: volume.text("snapshot_id"),
        source_volid: volume.text("source_volid"),
        image_ref: volume.text("imageRef").or_else(|| volume.nonempty("image_id")),
        // Known since 3.47, and below because the body is open there.
        backup_id: volume.nonempty("backup_id"),
        group_id: volume.text("group_id").filter(|_| call.version().at_least(13)),
        consistencygroup_id: volume.text("consistencygroup_id"),
        refusal: refusal(volume),
        hints: hints(call.object("OS-SCH-HNT:scheduler_hints")),
    })
}

/// `multiattach` is a matter of types since 3.50; the field is still read.
fn refusal(volume: Fields<'_>) -> Option<&'static str> {
    match volume.get("multiattach") {
        Some(Value::Null) => Some("Value 'None' for 'multiattach' is not a boolean."),
        Some(_) if volume.boolean("multiattach") == Some(true) => Some(MULTIATTACH_ADVICE),
        _ => None,
    }
}

fn hints(fields: Fields<'_>) -> Hints {
    let ids = |name: &str| match fields.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(volume_id).collect(),
        Some(one) => volume_id(one).into_iter().collect(),
        None => Vec::new(),
    };
    Hints { same_host: ids("same_host"), different_host: ids("different_host") }
}

fn volume_id(value: &Value) -> Option<VolumeId> {
    value.as_str().and_then(|text| Uuid::try_parse(text).ok()).map(VolumeId::from_uuid)
}
