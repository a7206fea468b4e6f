//! `os-unmanage`: the volume is forgotten and stays on its cluster; and the end of an extend that
//! the compute service had to finish, which never happens here.

use super::delete::check;
use super::{parse_id, visible};
use crate::domain::operation::Work;
use crate::domain::status::VolumeStatus;
use crate::domain::volume::DeleteMode;
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::store::Dispatch;

impl Services {
    /// Accepts it: the volume is `unmanaging` when this returns. Also on a frozen cluster, where
    /// nothing changes by it.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when something still holds the volume.
    pub async fn unmanage_volume(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        let operation = self
            .store
            .write("unmanage a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    let snapshots = tx.snapshots_of_volume(id).await?;
                    check(ctx, &volume, &snapshots, DeleteMode::default())?;
                    volume.previous_status = Some(volume.status);
                    volume.status = match volume.status {
                        VolumeStatus::ErrorManaging => VolumeStatus::ErrorManagingDeleting,
                        _ => VolumeStatus::Unmanaging,
                    };
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    let operation = Dispatch::plan(ctx, Work::ReleaseVolume { volume: id });
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }

    /// Only volumes in files need the compute service to finish an extend; a volume here never
    /// waits for it.
    ///
    /// # Errors
    /// Always `NotFound` or `Invalid`.
    pub async fn complete_extend(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let details = self.get_volume(ctx, id).await?;
        Err(Error::invalid(match details.volume.status {
            VolumeStatus::Extending => {
                "Invalid volume: Required volume admin metadata is malformed or missing."
            }
            _ => "Invalid volume: Volume is not being extended.",
        }))
    }
}
