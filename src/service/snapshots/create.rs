//! `POST /snapshots`.

use crate::domain::cluster::Deed;
use crate::domain::operation::{CreateSnapshot, Operation, Work};
use crate::domain::snapshot::{NewSnapshot, Snapshot, SourceUse};
use crate::domain::status::{SnapshotStatus, VolumeEvent, VolumeStatus, migration_is_idle};
use crate::domain::volume::{Location, Volume};
use crate::domain::{Ctx, Error, Result, SnapshotId, VolumeId};
use crate::service::backends::check_intent;
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, volumes};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts a snapshot: the row `creating` and its operation are durable when this returns.
    ///
    /// # Errors
    /// `NotFound` for the volume, `Invalid` for its status, `OverQuota`.
    pub async fn create_snapshot(&self, ctx: &Ctx, new: &NewSnapshot) -> Result<Snapshot> {
        let named = new.volume_id.as_deref().unwrap_or("None");
        let missing = || Error::not_found(format!("Volume {named} could not be found."));
        let volume: VolumeId = named.parse().map_err(|_| missing())?;
        let (operation, snapshot) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "create a snapshot", |tx, _| {
                Box::pin(self.create_snapshot_in(tx, ctx, new, volume))
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(snapshot)
    }

    async fn create_snapshot_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: &NewSnapshot,
        volume: VolumeId,
    ) -> Result<(Operation, Snapshot)> {
        tx.lock_quota(&ctx.project_id).await?;
        let volume = volumes::visible(tx, ctx, volume).await?;
        let event = match new.source {
            SourceUse::DetachedOnly => VolumeEvent::SnapshotDetached,
            SourceUse::AlsoInUse => VolumeEvent::ReadData,
        };
        if volume.location.is_none() {
            return Err(Error::invalid("Invalid volume: volume is not assigned to a host"));
        }
        check_intent(tx, volume.cluster_id(), Deed::Remodel).await?;
        let location = may_be_taken(&volume)?;
        check_status(&volume, event)?;
        let volume_type = match volume.volume_type_id {
            Some(id) => tx.find_type(id).await?,
            None => None,
        };
        let wanted = Wanted::Snapshot { size: volume.size, volume_type: volume_type.as_ref() };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;
        let mut snapshot = of_volume(ctx, &volume, location, new);
        tx.insert_snapshot(&snapshot).await?;
        snapshot.version = 1;
        // The volume's row moves too: a delete that counted its snapshots just now must count again.
        tx.update_volume(&volume).await?;
        let work = Work::CreateSnapshot { snapshot: snapshot.id, step: CreateSnapshot::CreateRemote };
        let mut operation = Dispatch::plan(ctx, work);
        operation.cluster_id = Some(location.cluster_id);
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok((operation, snapshot))
    }
}

/// Whether a snapshot of the volume is possible at all, and where. Of a member of a group nothing
/// more is asked.
pub(in crate::service) fn may_be_taken(volume: &Volume) -> Result<&Location> {
    let refuse = |why: &str| Err(Error::invalid(format!("Invalid volume: {why}")));
    let Some(location) = &volume.location else {
        return refuse("The snapshot cannot be created because volume has not been scheduled to any host.");
    };
    if volume.status == VolumeStatus::Maintenance {
        return refuse("The snapshot cannot be created when the volume is in maintenance mode.");
    }
    if !migration_is_idle(volume.migration_status.as_deref()) {
        return refuse("Snapshot cannot be created while volume is migrating.");
    }
    if volume.status == VolumeStatus::Error {
        return refuse("The snapshot cannot be created when the volume is in error status.");
    }
    Ok(location)
}

/// What a snapshot asked for by itself needs besides.
pub(in crate::service) fn check_status(volume: &Volume, event: VolumeEvent) -> Result<()> {
    if event.allowed_from().contains(&volume.status) {
        return Ok(());
    }
    let allowed = event.allowed_from().iter().map(|status| status.as_str()).collect::<Vec<_>>();
    Err(Error::invalid(format!(
        "Invalid volume: Volume {} status must be {}, but current status is: {}.",
        volume.id,
        allowed.join(", "),
        volume.status
    )))
}

/// A snapshot that is about to be taken.
pub(in crate::service) fn of_volume(
    ctx: &Ctx,
    volume: &Volume,
    location: &Location,
    new: &NewSnapshot,
) -> Snapshot {
    Snapshot {
        id: SnapshotId::random(),
        volume_id: volume.id,
        project_id: ctx.project_id.clone(),
        user_id: ctx.user_id.clone(),
        name: new.name.clone(),
        description: new.description.clone(),
        status: SnapshotStatus::Creating,
        progress: Some("0%".to_owned()),
        volume_size: volume.size,
        volume_type_id: volume.volume_type_id,
        group_snapshot_id: None,
        consumes_quota: true,
        metadata: new.metadata.clone(),
        image_metadata: volume.image_metadata.clone(),
        bootable: volume.bootable,
        cluster_id: Some(location.cluster_id),
        lightos_project: Some(location.project.clone()),
        uuid: None,
        created_at: ctx.clock.now(),
        updated_at: None,
        version: 0,
    }
}
