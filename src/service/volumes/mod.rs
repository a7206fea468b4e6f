//! Volumes.

mod actions;
mod complete;
mod create;
mod delete;
mod images;
mod metadata;
mod migrate;
mod read;
mod release;
mod retype;
mod sources;

use crate::domain::status::{VolumeEvent, VolumeStatus, migration_is_idle};
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Error, Result, VolumeId};
use crate::service::confined_to;
use crate::store::Tx;

pub use actions::ExtendScope;
pub use images::{Force, ReservedVolume, Upload};
pub use metadata::MapChange;
pub use migrate::{Lock, no_service};
pub use sources::image_of;

pub(super) fn not_found(id: &str) -> Error {
    Error::not_found(format!("Volume {id} could not be found."))
}

pub(super) fn parse_id(id: &str) -> Result<VolumeId> {
    id.parse().map_err(|_| not_found(id))
}

/// The row, if the caller may know of it.
pub(super) async fn visible(tx: &mut Tx, ctx: &Ctx, id: VolumeId) -> Result<Volume> {
    let volume = tx.volume(id).await?.ok_or_else(|| not_found(&id.to_string()))?;
    match confined_to(ctx) {
        Some(project) if *project != volume.project_id => Err(not_found(&id.to_string())),
        _ => Ok(volume),
    }
}

/// The status table's word on it; `Err` carries Cinder's sentence.
pub(super) fn require(volume: &Volume, event: VolumeEvent, doing: &str) -> Result<()> {
    if event.allowed_from().contains(&volume.status) {
        return Ok(());
    }
    let expected: Vec<&str> = event.allowed_from().iter().map(|s| s.as_str()).collect();
    Err(Error::invalid(format!(
        "Invalid volume: Volume {} status must be {} to {doing}, but current status is: {}.",
        volume.id,
        expected.join(" or "),
        volume.status
    )))
}

fn is_migrating(volume: &Volume) -> bool {
    !migration_is_idle(volume.migration_status.as_deref())
}

/// No change of attributes while an administrator has it locked.
fn refuse_in_maintenance(volume: &Volume) -> Result<()> {
    if volume.status == VolumeStatus::Maintenance {
        return Err(Error::invalid(
            "Invalid volume: The volume cannot be updated during maintenance.".to_owned(),
        ));
    }
    Ok(())
}
