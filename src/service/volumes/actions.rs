//! The actions that need no data path: extend, revert, bootable, read-only, reset.

use super::{is_migrating, parse_id, refuse_in_maintenance, require, visible};
use crate::domain::attachment::Attachment;
use crate::domain::cluster::Deed;
use crate::domain::operation::{ExtendVolume, RevertVolume, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{AttachStatus, SnapshotStatus, VolumeEvent, VolumeStatus};
use crate::domain::volume::{ATTACHED_MODE, READONLY, StatusReset, Volume};
use crate::domain::{Ctx, Error, Gib, Result, VolumeId};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::service::quotas::{self, Wanted};
use crate::store::{Dispatch, quota_lock};

/// Whether an attached volume may be extended (microversion 3.42 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendScope {
    Detached,
    Online,
}

/// The sentence shows what stock Cinder compares with, as it shows it.
fn check_extensible(volume: &Volume, scope: ExtendScope) -> Result<()> {
    let (event, expected) = match scope {
        ExtendScope::Detached => (VolumeEvent::ExtendDetached, "available"),
        ExtendScope::Online => (VolumeEvent::ExtendOnline, "in-use"),
    };
    if event.allowed_from().contains(&volume.status) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid volume: Volume {} status must be '{{'status': '{expected}'}}' to extend, currently {}.",
        volume.id, volume.status
    )))
}

impl Services {
    /// Accepts the growth.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for the status or size, `OverQuota`.
    pub async fn extend_volume(&self, ctx: &Ctx, id: &str, new_size: Gib, scope: ExtendScope) -> Result<()> {
        // The quota is that of the volume's project, and its lock has to come first.
        let project = &self.get_volume(ctx, id).await?.volume.project_id;
        let id = parse_id(id)?;
        let operation = self
            .store
            .write_in_turn(&quota_lock(project), "extend a volume", |tx, _| {
                Box::pin(async move {
                    tx.lock_quota(project).await?;
                    let mut volume = visible(tx, ctx, id).await?;
                    if new_size <= volume.size {
                        return Err(Error::invalid(format!(
                            "Invalid input received: New size for extend must be greater than current size. (current: \
                             {}, extended: {new_size}).",
                            volume.size
                        )));
                    }
                    check_extensible(&volume, scope)?;
                    check_intent(tx, volume.cluster_id(), Deed::Use).await?;
                    let volume_type = match volume.volume_type_id {
                        Some(id) => tx.find_type(id).await?,
                        None => None,
                    };
                    if let Some(found) = &volume_type {
                        found.check_size(new_size)?;
                    }
                    let wanted =
                        Wanted::Growth { from: volume.size, to: new_size, volume_type: volume_type.as_ref() };
                    quotas::check(tx, &self.settings, &volume.project_id, wanted).await?;
                    let previous = volume.status;
                    volume.previous_status = Some(previous);
                    volume.status = VolumeStatus::Extending;
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    let step = ExtendVolume::Reserve;
                    let work = Work::ExtendVolume { volume: id, new_size, previous, step };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }

    /// Whether the snapshot is the one a volume may return to, which Cinder finds out before it asks who wants it to.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when the snapshot is not its newest, or of another size.
    pub async fn check_newest(&self, ctx: &Ctx, id: &str, snapshot: &str) -> Result<()> {
        let details = self.get_volume(ctx, id).await?;
        let snapshots = self.store.read().await?.snapshots_of_volume(details.volume.id).await?;
        newest(&details.volume, snapshots, snapshot).map(|_| ())
    }

    /// Accepts the return to the newest snapshot.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the volume is not available; `Invalid` when the snapshot is
    /// not its newest, not available, or of another size.
    pub async fn revert_volume(&self, ctx: &Ctx, id: &str, snapshot: &str) -> Result<()> {
        let id = parse_id(id)?;
        let operation = self
            .store
            .write("revert a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    let snapshots = tx.snapshots_of_volume(id).await?;
                    let mut newest = newest(&volume, snapshots, snapshot)?;
                    let cannot = cannot_revert(id, snapshot);
                    if !VolumeEvent::Revert.allowed_from().contains(&volume.status) {
                        return Err(Error::conflict(format!(
                            "Invalid volume: {cannot} Volume's status must be 'available'."
                        )));
                    }
                    if newest.status != SnapshotStatus::Available {
                        return Err(Error::conflict(format!(
                            "Invalid snapshot: {cannot} Snapshot's status must be 'available'."
                        )));
                    }
                    check_intent(tx, volume.cluster_id(), Deed::Use).await?;
                    let previous = volume.status;
                    volume.previous_status = Some(previous);
                    volume.status = VolumeStatus::Reverting;
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    newest.status = SnapshotStatus::Restoring;
                    tx.update_snapshot(&newest).await?;
                    let step = RevertVolume::Rollback;
                    let work = Work::RevertVolume { volume: id, snapshot: newest.id, previous, step };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }

    /// # Errors
    /// `NotFound`, or `Invalid` during maintenance.
    pub async fn set_bootable(&self, ctx: &Ctx, id: &str, bootable: bool) -> Result<()> {
        let set = |volume: &mut Volume| {
            refuse_in_maintenance(volume)?;
            volume.bootable = bootable;
            Ok(())
        };
        self.change_volume(ctx, id, set).await.map(|_| ())
    }

    /// # Errors
    /// `NotFound`, or `Invalid` unless the volume is available.
    pub async fn set_readonly(&self, ctx: &Ctx, id: &str, readonly: bool) -> Result<()> {
        self.change_volume(ctx, id, |volume| {
            require(volume, VolumeEvent::SetReadonly, "update readonly flag")?;
            // Python's spelling, which clients compare with.
            let value = if readonly { "True" } else { "False" };
            volume.admin_metadata.insert(READONLY.to_owned(), value.to_owned());
            Ok(())
        })
        .await
        .map(|_| ())
    }

    /// `os-reset_status`: the administrator's word against the tables. Called detached, a volume
    /// loses its attachments, but no host the way to it.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for a status that cannot be true.
    pub async fn reset_volume(&self, ctx: &Ctx, id: &str, reset: &StatusReset) -> Result<()> {
        let id = parse_id(id)?;
        self.store
            .write("reset a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    let attachments = tx.attachments_of(id).await?;
                    // One that is only reserved counts, too.
                    if reset.status == Some(VolumeStatus::InUse) && attachments.is_empty() {
                        return Err(Error::invalid(
                            "Cannot reset-state to in-use because volume does not have any attachments.",
                        ));
                    }
                    volume.status = reset.status.unwrap_or(volume.status);
                    volume.attach_status = reset.attach_status.unwrap_or(volume.attach_status);
                    if let Some(migration_status) = &reset.migration_status {
                        volume.migration_status.clone_from(migration_status);
                    }
                    if reset.attach_status == Some(AttachStatus::Detached) {
                        for attachment in &attachments {
                            tx.delete_attachment(attachment.id).await?;
                        }
                        lose(&mut volume, &attachments);
                    }
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await
                })
            })
            .await
    }
}

/// With its attachments goes whatever status was asked for beside, as in Cinder.
fn lose(volume: &mut Volume, attachments: &[Attachment]) {
    volume.admin_metadata.remove(ATTACHED_MODE);
    let at_work = is_migrating(volume) || volume.status == VolumeStatus::Uploading;
    if !attachments.is_empty() && !at_work {
        volume.status = VolumeStatus::Available;
    }
}

fn cannot_revert(volume: VolumeId, snapshot: &str) -> String {
    format!("Can't revert volume {volume} to its latest snapshot {snapshot}.")
}

/// The first of its snapshots. The one asked for is not looked up: whatever is not the newest of this volume is a
/// wrong request.
fn newest(volume: &Volume, snapshots: Vec<Snapshot>, asked: &str) -> Result<Snapshot> {
    let id = volume.id;
    let Some(newest) = snapshots.into_iter().next() else {
        return Err(Error::invalid(format!("Volume {id} doesn't have any snapshots.")));
    };
    if newest.id.to_string() != asked {
        return Err(Error::invalid(format!(
            "Specified snapshot {asked} is None or not the latest one of volume {id}."
        )));
    }
    if newest.volume_size != volume.size {
        let cannot = cannot_revert(id, asked);
        return Err(Error::invalid(format!("{cannot} The volume size must be equal to the snapshot size.")));
    }
    Ok(newest)
}
