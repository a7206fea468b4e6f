//! Making a backup.

use super::{Source, Stop, again, found, place_of, put, stopped, temporary};
use crate::backup::{CopyOut, Parent, Trouble, Vault, Written};
use crate::domain::backup::{Backup, SERVICE};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::status::{AttachStatus, BackupStatus, SnapshotStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{BackupId, Result};
use crate::store::Tx;
use crate::worker::copying::{self, Missed};
use crate::worker::flow::{Flow, pause};
use crate::worker::job::Job;

/// Tries to remove a clone, over some minutes.
const TIDYING: u32 = 30;

/// What becomes of the backup.
enum Outcome {
    Written(Written),
    /// Somebody else has decided that already.
    Unwanted,
    Failed(Failure),
}

struct Failure {
    why: String,
    reason: Option<Reason>,
    /// What the volume is said to have been before: that a backup failed, or was being made.
    was: VolumeStatus,
}

impl Failure {
    fn of(why: impl Into<String>, reason: Reason) -> Outcome {
        Outcome::Failed(Self { why: why.into(), reason: Some(reason), was: VolumeStatus::ErrorBackingUp })
    }

    /// No service takes the backup on.
    fn unserved() -> Outcome {
        Outcome::Failed(Self {
            why: "Service not found for creating backup.".to_owned(),
            reason: Some(Reason::BackupServiceMissing),
            was: VolumeStatus::BackingUp,
        })
    }
}

pub(in crate::worker) async fn create(job: &mut Job, backup: BackupId, source: &Source) -> Result<Flow> {
    match attempt(job, backup, source).await? {
        Ok(outcome) => {
            if temporary::is_needed(source)
                && job.bench.settings.backups.is_some()
                && let Some(flow) = tidied(job, backup, source).await?
            {
                return Ok(flow);
            }
            end(job, backup, source, &outcome).await
        }
        Err(flow) => Ok(flow),
    }
}

/// Removes the clone that was read. Tried here, as the step again would mean the copy again.
async fn tidied(job: &Job, backup: BackupId, source: &Source) -> Result<Option<Flow>> {
    let mut left = None;
    for tries in 0..TIDYING {
        // A deletion waits for us, so the row is there.
        let found = job.bench.store.read().await?.find_volume(source.volume, None).await?;
        let volume = found.as_ref().map(|details| &details.volume);
        left = temporary::remove(job, (backup, source), volume).await;
        if left.is_none() || job.bench.stop.is_cancelled() {
            break;
        }
        tokio::time::sleep(pause(tries)).await;
    }
    Ok(left)
}

async fn attempt(job: &mut Job, id: BackupId, source: &Source) -> Result<std::result::Result<Outcome, Flow>> {
    let (backup, volume) = {
        let mut session = job.bench.store.read().await?;
        let backup = session.find_backup(id, None).await?.map(|details| details.backup);
        (backup, session.find_volume(source.volume, None).await?)
    };
    let Some(backup) = backup.filter(|backup| backup.status == BackupStatus::Creating) else {
        return Ok(Ok(Outcome::Unwanted));
    };
    let bench = job.bench.clone();
    let Some(vault) = &bench.settings.backups else { return Ok(Ok(Failure::unserved())) };
    if backup.availability_zone.as_deref().is_some_and(|zone| zone != vault.availability_zone()) {
        return Ok(Ok(Failure::unserved()));
    }
    let Some(volume) = volume.map(|details| details.volume.clone()) else {
        let why = format!("Volume {} could not be found.", source.volume);
        return Ok(Ok(Failure::of(why, Reason::BackupDeviceFailed)));
    };
    if source.snapshot.is_none() && volume.status != VolumeStatus::BackingUp {
        let why = format!(
            "Create backup aborted, expected volume status backing-up but got {}.",
            volume.status.shown()
        );
        return Ok(Ok(Outcome::Failed(Failure { why, reason: None, was: VolumeStatus::ErrorBackingUp })));
    }
    if let Err(trouble) = vault.is_there().await {
        tracing::warn!(backup = %id, %trouble, "no backup can be made");
        let down =
            || Failure::of("Create backup aborted due to backup service is down.", Reason::BackupServiceDown);
        return Ok(again(job, &trouble).map_or_else(|| Ok(down()), Err));
    }
    let Some(backup) = begin(job, vault, id).await? else { return Ok(Ok(Outcome::Unwanted)) };
    let at = if temporary::is_needed(source) {
        match temporary::make(job, &backup, source, &volume).await? {
            Ok(at) => Some(at),
            Err(temporary::Missing::Again(flow)) => return Ok(Err(flow)),
            Err(temporary::Missing::Never(why)) => {
                tracing::warn!(backup = %id, why, "nothing to read for a backup");
                None
            }
        }
    } else {
        let location = volume.location.clone().and_then(|at| at.uuid.map(|uuid| (at, uuid)));
        let size = volume.size.bytes();
        location.map(|(location, uuid)| copying::Place { volume: Some(volume.id), location, uuid, size })
    };
    copy(job, vault, (&backup, &volume), at).await
}

/// Writes down who is going to keep the data, and where: from here on there may be some.
async fn begin(job: &Job, vault: &Vault, id: BackupId) -> Result<Option<Backup>> {
    job.bench
        .store
        .write("begin a backup", |tx, _| {
            Box::pin(async move {
                let Some(mut row) = found(tx, id, BackupStatus::Creating).await? else { return Ok(None) };
                let own = || {
                    vault.default_container().map_or_else(|| crate::backup::in_own_folder(id), str::to_owned)
                };
                let container = row.container.clone().unwrap_or_else(own);
                let zone =
                    row.availability_zone.clone().unwrap_or_else(|| vault.availability_zone().to_owned());
                if row.service.is_none() {
                    row.service = Some(SERVICE.to_owned());
                    (row.container, row.availability_zone) = (Some(container), Some(zone));
                    put(job, tx, row).await?;
                }
                found(tx, id, BackupStatus::Creating).await
            })
        })
        .await
}

async fn copy(
    job: &Job,
    vault: &Vault,
    (backup, volume): (&Backup, &Volume),
    at: Option<copying::Place>,
) -> Result<std::result::Result<Outcome, Flow>> {
    let order = match order(job, backup, volume).await? {
        Ok(order) => order,
        Err(trouble) => return Ok(Ok(Failure::of(trouble.told(), Reason::BackupFailed))),
    };
    let no_device =
        || Ok(Failure::of("The volume could not be opened for a backup.", Reason::BackupDeviceFailed));
    let Some(at) = at else { return Ok(no_device()) };
    let opened = match copying::open(job, &at).await {
        Ok(opened) => opened,
        Err(Missed::Wait(flow)) => return Ok(Err(flow)),
        Err(Missed::NoDataPath | Missed::Gone) => return Ok(no_device()),
        Err(Missed::Trouble(trouble)) => {
            tracing::warn!(backup = %backup.id, %trouble, "its volume does not open");
            return Ok(copying::again(job, &trouble).map_or_else(no_device, Err));
        }
    };
    let copied = tokio::select! {
        copied = Box::pin(vault.copy_out(&opened.disk, &order)) => Ok(copied),
        stop = stopped(job, (backup.id, Some(BackupStatus::Creating)), volume.id) => Err(stop),
    };
    if let Err(flow) = copying::close(job, &at, opened).await {
        return Ok(Err(flow));
    }
    Ok(match copied {
        Ok(Ok(written)) => Ok(Outcome::Written(written)),
        Ok(Err(trouble)) => {
            tracing::warn!(backup = %backup.id, %trouble, "a backup was not written");
            let failed = || Ok(Failure::of(trouble.told(), Reason::BackupFailed));
            again(job, &trouble).map_or_else(failed, Err)
        }
        Err(Stop::Unwanted) => Ok(Failure::of("The backup was cancelled.", Reason::BackupFailed)),
        Err(Stop::Process) => Err(Flow::Again("this process is stopping".to_owned())),
    })
}

/// What is to be written; as the difference to its parent where it has one.
async fn order(job: &Job, backup: &Backup, volume: &Volume) -> Result<std::result::Result<CopyOut, Trouble>> {
    let parent = match backup.parent_id {
        Some(id) => {
            let found = job.bench.store.read().await?.find_backup(id, None).await?;
            let Some(parent) = found.map(|details| details.backup) else {
                return Ok(Err(Trouble::Invalid(format!("Backup {id} could not be found."))));
            };
            if backup.size > parent.size {
                let why = "Invalid backup: Volume size increased since the last backup. Do a full backup.";
                return Ok(Err(Trouble::Invalid(why.to_owned())));
            }
            match place_of(&parent) {
                Ok(place) => Some(Parent { id, place }),
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        None => None,
    };
    Ok(place_of(backup).map(|place| CopyOut {
        place,
        size: backup.size.bytes(),
        backup: backup.id,
        volume: backup.volume_id,
        name: backup.name.clone(),
        description: backup.description.clone(),
        created_at: backup.created_at,
        parent,
        volume_meta: Some(super::volume_meta::of(volume)),
    }))
}

async fn end(job: &Job, backup: BackupId, source: &Source, outcome: &Outcome) -> Result<Flow> {
    job.bench
        .store
        .write("end a backup", |tx, _| {
            Box::pin(async move {
                let was = match outcome {
                    Outcome::Failed(failure) => failure.was,
                    Outcome::Written(_) | Outcome::Unwanted => VolumeStatus::BackingUp,
                };
                release(job, tx, source, was).await?;
                tx.release_reservation(job.op.id).await?;
                if let Some(row) = found(tx, backup, BackupStatus::Creating).await? {
                    decide(job, tx, row, outcome).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn decide(job: &Job, tx: &mut Tx, row: Backup, outcome: &Outcome) -> Result<()> {
    match outcome {
        Outcome::Written(written) => {
            let (status, object_count) = (BackupStatus::Available, written.objects);
            put(job, tx, Backup { status, object_count, ..row }).await
        }
        Outcome::Failed(Failure { why, reason, .. }) => {
            let subject = (ResourceKind::Backup, row.id.to_string());
            let fail_reason = Some(why.clone());
            put(job, tx, Backup { status: BackupStatus::Error, fail_reason, ..row }).await?;
            match reason {
                Some(reason) => job.tell(tx, subject, Action::CreateBackup, reason).await,
                None => Ok(()),
            }
        }
        Outcome::Unwanted => Ok(()),
    }
}

/// The volume or snapshot is no longer being read.
async fn release(job: &Job, tx: &mut Tx, source: &Source, was: VolumeStatus) -> Result<()> {
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
        volume.previous_status = Some(was);
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
