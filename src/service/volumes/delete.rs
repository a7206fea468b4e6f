//! `DELETE /volumes/{id}` and `os-force_delete`.

use super::{is_migrating, parse_id, visible};
use crate::domain::cluster::Deed;
use crate::domain::operation::{DeleteVolume, Operation, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{AttachStatus, SnapshotStatus, VolumeEvent, VolumeStatus};
use crate::domain::volume::{DeleteMode, Volume};
use crate::domain::{Ctx, Error, Result, VolumeId};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::store::{Dispatch, Tx};

impl Services {
    /// Accepts the deletion: the volume is `deleting` and its operation durable when this returns.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when something still holds the volume.
    pub async fn delete_volume(&self, ctx: &Ctx, id: &str, mode: DeleteMode) -> Result<()> {
        let id = parse_id(id)?;
        let operation =
            self.store.write("delete a volume", |tx, _| Box::pin(self.delete_in(tx, ctx, id, mode))).await?;
        if let Some(operation) = operation {
            self.dispatch.announce(operation);
        }
        Ok(())
    }

    async fn delete_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: VolumeId,
        mode: DeleteMode,
    ) -> Result<Option<Operation>> {
        let mut volume = visible(tx, ctx, id).await?;
        check_intent(tx, volume.cluster_id(), Deed::Remodel).await?;
        let snapshots = tx.snapshots_of_volume(id).await?;
        // Nobody asks then for what becomes of it, neither here nor in Cinder.
        if snapshots.is_empty() && is_nowhere(tx, &volume).await? {
            for attachment in tx.attachments_of(id).await? {
                tx.delete_attachment(attachment.id).await?;
            }
            tx.delete_volume(&volume).await?;
            return Ok(None);
        }
        check(ctx, &volume, &snapshots, mode)?;
        volume.previous_status = Some(volume.status);
        volume.status = VolumeStatus::Deleting;
        volume.updated_at = Some(ctx.clock.now());
        tx.update_volume(&volume).await?;
        for mut snapshot in snapshots {
            snapshot.status = SnapshotStatus::Deleting;
            snapshot.updated_at = Some(ctx.clock.now());
            tx.update_snapshot(&snapshot).await?;
        }
        // An operation that is still at work on the volume (force, or after an operator's reset)
        // is not cancelled: what it has sent to the cluster may yet land. It sees the status, ends
        // itself, and ours waits for that (`worker::delete_volume`).
        let step = if mode.cascade { DeleteVolume::DeleteSnapshots } else { DeleteVolume::DeleteRemote };
        let operation = Dispatch::plan(ctx, Work::DeleteVolume { volume: id, cascade: mode.cascade, step });
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok(Some(operation))
    }
}

/// No cluster was ever chosen and nothing chooses one any more: there is only the row to delete,
/// and as in Cinder it is gone with the answer (its type may be deleted at once).
async fn is_nowhere(tx: &mut Tx, volume: &Volume) -> Result<bool> {
    Ok(volume.location.is_none() && tx.operations_of(&volume.id.to_string()).await?.is_empty())
}

/// Force lifts the conditions on a status and no others. Snapshots that have stayed with another
/// project when the volume was transferred go only with an administrator's word.
pub(super) fn check(ctx: &Ctx, volume: &Volume, snapshots: &[Snapshot], mode: DeleteMode) -> Result<()> {
    let event = if mode.force { VolumeEvent::ForceDelete } else { VolumeEvent::Delete };
    let deletable = |snapshot: &Snapshot| {
        (mode.force || SnapshotStatus::DELETABLE.contains(&snapshot.status))
            && snapshot.group_snapshot_id.is_none()
            && (mode.force || ctx.is_admin || snapshot.project_id == volume.project_id)
    };
    let snapshots_go = snapshots.is_empty() || (mode.cascade && snapshots.iter().all(deletable));
    let free = event.allowed_from().contains(&volume.status)
        && volume.attach_status != AttachStatus::Attached
        && !is_migrating(volume)
        && volume.group_id.is_none()
        && snapshots_go;
    if free {
        return Ok(());
    }
    let status = if mode.force {
        String::new()
    } else {
        let allowed: Vec<&str> = event.allowed_from().iter().map(|s| s.as_str()).collect();
        format!("status must be {} and", allowed.join(" or "))
    };
    Err(Error::invalid(format!(
        "Invalid volume: Volume {status} must not be migrating, attached, belong to a group, have snapshots, awaiting \
         a transfer, or be disassociated from snapshots after volume transfer."
    )))
}
