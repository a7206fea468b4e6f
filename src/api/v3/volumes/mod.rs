//! Volumes: seven operations, their actions and their metadata.

pub mod actions;
pub mod create;
pub mod delete;
pub mod encryption;
pub mod image_metadata;
pub mod images;
pub mod list;
pub mod metadata;
pub mod migration;
pub mod retype;
pub mod show;
pub mod summary;
pub mod update;
pub mod view;

use std::sync::Arc;

use crate::api::call::Call;
use crate::auth::Target;
use crate::domain::volume::VolumeDetails;
use crate::domain::{Error, Result};

/// What every operation on one volume begins with: the volume of the path. Who lacks the role to
/// see volumes is told that there is none, as for a volume of another project.
pub async fn load(call: &Call) -> Result<Arc<VolumeDetails>> {
    load_named(call, call.param("id")).await
}

/// The same for a volume that the body names.
pub async fn load_named(call: &Call, id: &str) -> Result<Arc<VolumeDetails>> {
    let details = call.edge.services.get_volume(&call.ctx, id).await?;
    if call.may("volume:get", &target(&details)) {
        return Ok(details);
    }
    Err(Error::not_found(format!("Volume {id} could not be found.")))
}

/// The same where upstream says openly that the caller may not look.
pub async fn load_openly(call: &Call, id: &str) -> Result<Arc<VolumeDetails>> {
    let details = call.edge.services.get_volume(&call.ctx, id).await?;
    call.edge.policy.authorize(&call.ctx, "volume:get", &target(&details))?;
    Ok(details)
}

/// The volume named, where the row's own rule is the only one: upstream gets it past `volume:get`.
pub async fn load_by_rule(call: &Call, id: &str) -> Result<Arc<VolumeDetails>> {
    let details = call.edge.services.get_volume(&call.ctx, id).await?;
    call.authorize(&target(&details))?;
    Ok(details)
}

/// `load`, then the row's own rule.
pub async fn load_authorized(call: &Call) -> Result<Arc<VolumeDetails>> {
    let details = load(call).await?;
    call.authorize(&target(&details))?;
    Ok(details)
}

/// The volume as policy sees it.
pub fn target(details: &VolumeDetails) -> Target<'_> {
    Target::of(&details.volume.project_id, &details.volume.user_id)
}
