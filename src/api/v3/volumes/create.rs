//! `POST /volumes`.

use serde_json::Value;
use uuid::Uuid;

use super::images::token;
use super::load_openly;
use super::view::{Detail, One, Sees};
use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::{backups, groups, snapshots};
use crate::auth::Target;
use crate::domain::image::Found;
use crate::domain::operation::Hints;
use crate::domain::volume::NewVolume;
use crate::domain::{Error, Result, VolumeId};
use crate::service::volumes::image_of;

/// The rule of volumes from images; `volume:create` is not asked then.
const FROM_IMAGE: &str = "volume:create_from_image";
/// The rule of volumes that may be attached more than once, whatever makes them so.
const MULTIATTACH: &str = "volume:multiattach";

const MULTIATTACH_ADVICE: &str = "multiattach parameter has been removed. The default behavior is to use \
multiattach enabled volume types. Contact your administrator to create a multiattach enabled volume type and \
use it to create multiattach volumes.";

pub async fn create(call: Call) -> Result<Reply> {
    let mut new = read(&call)?;
    if let Some(reference) = &new.image_ref {
        new.image = call.edge.services.find_image(&call.ctx, token(&call), reference).await;
    }
    let own = Target::own(&call.ctx);
    let rule = if new.image_ref.is_some() { FROM_IMAGE } else { call.row.rule };
    let permitted = call.edge.policy.authorize(&call.ctx, rule, &own);
    if permitted.is_err() || is_made_of_another(&new) {
        look_at(&call, &new).await?;
    }
    permitted?;
    call.require_project()?;
    let multiattach = call.edge.policy.authorize(&call.ctx, MULTIATTACH, &own);
    new.multiattach_refusal = multiattach.err().map(|error| error.message().to_owned());
    let details = call.edge.services.create_volume(&call.ctx, &new).await?;
    let links = call.links.of("volumes");
    let volume = Detail { details: &details, links: &links, sees: Sees::without_extensions(&call) };
    Ok(Reply::accepted(&One { volume }))
}

fn is_made_of_another(new: &NewVolume) -> bool {
    [&new.snapshot_id, &new.source_volid, &new.backup_id, &new.group_id, &new.consistencygroup_id]
        .into_iter()
        .any(Option::is_some)
}

/// May the caller see what it names, and ask for it so? Upstream looks at all of it, in this order,
/// before it asks whether the caller may make volumes at all.
async fn look_at(call: &Call, new: &NewVolume) -> Result<()> {
    if let Some(named) = &new.volume_type {
        call.edge.services.find_type(&call.ctx, named).await?;
    }
    if let Some(id) = &new.snapshot_id {
        snapshots::load(call, id).await?;
    }
    if let Some(id) = &new.source_volid {
        load_openly(call, id).await?;
    }
    for id in [&new.consistencygroup_id, &new.group_id].into_iter().flatten() {
        groups::load(call, id).await?;
    }
    match &new.image {
        Some(Found::Refused(kind, told)) => return Err(Error::new(*kind, told.clone())),
        Some(Found::Image(_)) => {}
        None => new.image_ref.as_deref().map(image_of).transpose().map(|_| ())?,
    }
    if let Some(id) = &new.backup_id {
        backups::load(call, id).await?;
    }
    new.refusal.map_or(Ok(()), |refusal| Err(Error::invalid(refusal)))
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
        // Of the two spellings the newer wins where both are there.
        image_ref: volume.text(if volume.get("image_id").is_some() { "image_id" } else { "imageRef" }),
        image: None,
        // Known since 3.47, and below because the body is open there.
        backup_id: volume.nonempty("backup_id"),
        // Known since 3.13, and below likewise.
        group_id: volume.text("group_id"),
        consistencygroup_id: volume.text("consistencygroup_id"),
        refusal: refusal(volume),
        multiattach_refusal: None,
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
    Hints { same_host: ids("same_host"), different_host: ids("different_host"), only: None }
}

fn volume_id(value: &Value) -> Option<VolumeId> {
    value.as_str().and_then(|text| Uuid::try_parse(text).ok()).map(VolumeId::from_uuid)
}
