//! `POST /backups`.

use super::{invalid, quota};
use crate::domain::backup::{AttachedSource, Backup, Extent, NewBackup};
use crate::domain::operation::{Operation, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{BackupStatus, SnapshotStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{BackupId, Ctx, Error, Result, SnapshotId, Timestamp};
use crate::service::{Services, confined_to, volumes};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts a backup: the row `creating`, the volume (or snapshot) `backing-up` and the
    /// operation are durable when this returns.
    ///
    /// # Errors
    /// `NotFound` for the volume or snapshot, `Invalid` for their status or when there is nothing
    /// an incremental backup could build upon, `OverQuota`.
    pub async fn create_backup(&self, ctx: &Ctx, new: &NewBackup) -> Result<Backup> {
        let (operation, backup) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "create a backup", |tx, _| {
                Box::pin(self.create_backup_in(tx, ctx, new))
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(backup)
    }

    async fn create_backup_in(&self, tx: &mut Tx, ctx: &Ctx, new: &NewBackup) -> Result<(Operation, Backup)> {
        tx.lock_quota(&ctx.project_id).await?;
        let mut volume = volumes::visible(tx, ctx, volumes::parse_id(&new.volume_id)?).await?;
        let snapshot = match &new.snapshot_id {
            Some(id) => Some(snapshot_of(tx, ctx, &volume, id).await?),
            None => None,
        };
        if snapshot.is_none() {
            check_status(&volume, new.source)?;
        }
        quota::check(tx, &self.settings, &ctx.project_id, volume.size).await?;
        let parent = match new.extent {
            Extent::Full => None,
            Extent::Incremental => Some(parent_of(tx, ctx, &volume, snapshot.as_ref()).await?),
        };
        let backup = row(ctx, new, &volume, (snapshot.as_ref(), parent));
        let work = Work::CreateBackup {
            backup: backup.id,
            volume: volume.id,
            snapshot: backup.snapshot_id,
            previous: volume.status,
        };
        if let Some(mut snapshot) = snapshot {
            snapshot.status = SnapshotStatus::BackingUp;
            snapshot.updated_at = Some(ctx.clock.now());
            tx.update_snapshot(&snapshot).await?;
        } else {
            volume.previous_status = Some(volume.status);
            volume.status = VolumeStatus::BackingUp;
            volume.updated_at = Some(ctx.clock.now());
            tx.update_volume(&volume).await?;
        }
        tx.insert_backup(&backup).await?;
        let operation = Dispatch::plan(ctx, work);
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok((operation, backup))
    }
}

async fn snapshot_of(tx: &mut Tx, ctx: &Ctx, volume: &Volume, id: &str) -> Result<Snapshot> {
    let missing = || Error::not_found(format!("Snapshot {id} could not be found."));
    let parsed: SnapshotId = id.parse().map_err(|_| missing())?;
    let snapshot = tx.find_snapshot(parsed, confined_to(ctx)).await?.ok_or_else(missing)?;
    if snapshot.volume_id != volume.id {
        return Err(Error::invalid(format!(
            "Invalid volume: Volume {} does not match with snapshot.volume_id {}.",
            volume.id, snapshot.volume_id
        )));
    }
    if snapshot.status != SnapshotStatus::Available {
        return Err(Error::invalid(format!(
            "Invalid snapshot: Snapshot to be backed up must be available, but the current status is \"{}\".",
            snapshot.status
        )));
    }
    Ok(snapshot)
}

fn check_status(volume: &Volume, source: AttachedSource) -> Result<()> {
    match (volume.status, source) {
        (VolumeStatus::Available, _) | (VolumeStatus::InUse, AttachedSource::Allowed) => Ok(()),
        (VolumeStatus::InUse, AttachedSource::Refused) => {
            Err(Error::invalid("Invalid volume: Backing up an in-use volume must use the force flag."))
        }
        (status, _) => Err(Error::invalid(format!(
            "Invalid volume: Volume to be backed up must be available or in-use, but the current status is \
             \"{}\".",
            status.shown()
        ))),
    }
}

/// The available backup with the newest data, which for a snapshot must be older than that.
async fn parent_of(tx: &mut Tx, ctx: &Ctx, volume: &Volume, snapshot: Option<&Snapshot>) -> Result<BackupId> {
    let before = snapshot.map_or(Timestamp(i64::MAX), |snapshot| snapshot.created_at);
    let all = tx.backups_of(volume.id, &ctx.project_id).await?;
    let usable = all.into_iter().filter(|backup| {
        backup.status == BackupStatus::Available && backup.data_timestamp.is_some_and(|at| at < before)
    });
    let newest = usable.max_by_key(|backup| backup.data_timestamp);
    newest.map(|backup| backup.id).ok_or_else(|| invalid("No backups available to do an incremental backup."))
}

fn row(
    ctx: &Ctx,
    new: &NewBackup,
    volume: &Volume,
    (snapshot, parent_id): (Option<&Snapshot>, Option<BackupId>),
) -> Backup {
    let now = ctx.clock.now();
    Backup {
        id: BackupId::random(),
        project_id: ctx.project_id.clone(),
        user_id: ctx.user_id.clone(),
        volume_id: volume.id,
        name: new.name.clone(),
        description: new.description.clone(),
        status: BackupStatus::Creating,
        fail_reason: None,
        container: new.container.clone(),
        availability_zone: new.availability_zone.clone(),
        service: None,
        service_metadata: None,
        size: volume.size,
        object_count: 0,
        snapshot_id: snapshot.map(|snapshot| snapshot.id),
        parent_id,
        metadata: new.metadata.clone(),
        data_timestamp: Some(snapshot.map_or(now, |snapshot| snapshot.created_at)),
        created_at: now,
        updated_at: None,
        version: 1,
    }
}
