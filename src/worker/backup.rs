//! Backups: copying a volume's data out of its cluster, and back.
//!
//! THE ENGINE GOES HERE. There is no data path yet, so each operation ends at once, in one
//! transaction, in the way Cinder ends it when no `cinder-backup` runs. A copying step comes
//! before each of these ends, and goes to it when the copy cannot be made: [`create`] reads the
//! volume (or snapshot), sets `service` and the counters and makes the backup available;
//! [`restore`] writes the volume; [`delete`] removes what `service` keeps; [`import`] asks it.
//!
//! Whatever the backup has become meanwhile (gone, reset), the volume is given free again.

use super::flow::Flow;
use super::job::Job;
use crate::domain::backup::Backup;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::status::{AttachStatus, BackupStatus, SnapshotStatus, VolumeStatus};
use crate::domain::{BackupId, Result, SnapshotId, VolumeId};
use crate::store::Tx;

/// What is copied, and what the volume was before.
pub(super) struct Source {
    pub(super) volume: VolumeId,
    pub(super) snapshot: Option<SnapshotId>,
    pub(super) previous: VolumeStatus,
}

pub(super) async fn create(job: &Job, backup: BackupId, source: &Source) -> Result<Flow> {
    job.bench
        .store
        .write("fail a backup", |tx, _| {
            Box::pin(async move {
                release(job, tx, source).await?;
                if let Some(row) = found(tx, backup, BackupStatus::Creating).await? {
                    let why = "Service not found for creating backup.".to_owned();
                    put(job, tx, Backup { status: BackupStatus::Error, fail_reason: Some(why), ..row })
                        .await?;
                    let subject = (ResourceKind::Backup, backup.to_string());
                    job.tell(tx, subject, Action::CreateBackup, &Reason::BackupServiceMissing).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// The volume or snapshot is no longer being read.
async fn release(job: &Job, tx: &mut Tx, source: &Source) -> Result<()> {
    if let Some(id) = source.snapshot {
        if let Some(mut snapshot) = tx.find_snapshot(id, None).await?
            && snapshot.status == SnapshotStatus::BackingUp
        {
            snapshot.status = SnapshotStatus::Available;
            snapshot.updated_at = Some(job.now());
            tx.update_snapshot(&snapshot).await?;
        }
        return Ok(());
    }
    if let Some(mut volume) = tx.volume(source.volume).await?
        && volume.status == VolumeStatus::BackingUp
    {
        volume.previous_status = Some(volume.status);
        // It may have been detached while it was read.
        volume.status = match (source.previous, volume.attach_status) {
            (VolumeStatus::InUse, AttachStatus::Detached) => VolumeStatus::Available,
            (previous, _) => previous,
        };
        volume.updated_at = Some(job.now());
        tx.update_volume(&volume).await?;
    }
    Ok(())
}

pub(super) async fn restore(job: &Job, backup: BackupId, volume: VolumeId) -> Result<Flow> {
    job.bench
        .store
        .write("fail a restore", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.volume(volume).await?
                    && row.status == VolumeStatus::RestoringBackup
                {
                    row.status = VolumeStatus::ErrorRestoring;
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                }
                if let Some(row) = found(tx, backup, BackupStatus::Restoring).await? {
                    put(job, tx, Backup { status: BackupStatus::Available, ..row }).await?;
                    let subject = (ResourceKind::Backup, backup.to_string());
                    job.tell(tx, subject, Action::RestoreBackup, &Reason::RestoreFailed).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// A backup for which nothing was written is its row and nothing else.
pub(super) async fn delete(job: &Job, backup: BackupId) -> Result<Flow> {
    job.bench
        .store
        .write("delete a backup", |tx, _| {
            Box::pin(async move {
                match found(tx, backup, BackupStatus::Deleting).await? {
                    Some(row) if row.service.is_some() => {
                        let why = Some("Delete backup is aborted due to backup service is down.".to_owned());
                        let status = BackupStatus::ErrorDeleting;
                        put(job, tx, Backup { status, fail_reason: why, ..row }).await?;
                        let subject = (ResourceKind::Backup, backup.to_string());
                        job.tell(tx, subject, Action::DeleteBackup, &Reason::BackupServiceDown).await?;
                    }
                    Some(_) => tx.delete_backup(backup).await?,
                    None => {}
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

pub(super) async fn import(job: &Job, backup: BackupId, service: &str) -> Result<Flow> {
    job.bench
        .store
        .write("fail an import", |tx, _| {
            Box::pin(async move {
                if let Some(row) = found(tx, backup, BackupStatus::Creating).await? {
                    let why = format!(
                        "Import record failed, cannot find backup service to perform the import. Request service \
                         {service}."
                    );
                    put(job, tx, Backup { status: BackupStatus::Error, fail_reason: Some(why), ..row }).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// The backup, as long as it is in the status in which the operation left it.
async fn found(tx: &mut Tx, id: BackupId, status: BackupStatus) -> Result<Option<Backup>> {
    let details = tx.find_backup(id, None).await?;
    Ok(details.map(|details| details.backup).filter(|backup| backup.status == status))
}

async fn put(job: &Job, tx: &mut Tx, backup: Backup) -> Result<()> {
    tx.update_backup(&Backup { updated_at: Some(job.now()), ..backup }).await
}
