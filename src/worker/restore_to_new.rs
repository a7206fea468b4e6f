//! Between the making of a volume for a backup and the copying of the backup into it.
//!
//! The operation stands from the moment the volume was accepted, so that neither a client that hangs
//! up nor a process that dies loses the restore. Whoever waits is told when it cannot be: then the
//! new volume stays as it is, as in Cinder.

use super::flow::Flow;
use super::job::Job;
use crate::domain::operation::{Operation, Work};
use crate::domain::status::{BackupStatus, VolumeStatus};
use crate::domain::{BackupId, Result, VolumeId};
use crate::store::{Dispatch, Tx};

/// What became of the wait.
enum Outcome {
    NotYet,
    Begun(Box<Operation>),
    /// The sentence for whoever waits.
    Cannot(String),
}

pub(super) async fn step(job: &mut Job, backup: BackupId, volume: VolumeId) -> Result<Flow> {
    let not_yet = || Ok(Flow::Again("the new volume is still being made".to_owned()));
    let found = job.bench.store.read().await?.find_volume(volume, None).await?;
    if found.is_some_and(|details| details.volume.status == VolumeStatus::Creating) {
        return not_yet();
    }
    let beginner = &*job;
    let outcome = beginner
        .bench
        .store
        .write("begin a restore", |tx, _| Box::pin(begin(beginner, tx, backup, volume)))
        .await?;
    match outcome {
        Outcome::NotYet => return not_yet(),
        Outcome::Begun(operation) => job.bench.dispatch.announce(*operation),
        Outcome::Cannot(why) => job.told = Some(why),
    }
    Ok(Flow::Done)
}

async fn begin(job: &Job, tx: &mut Tx, backup: BackupId, id: VolumeId) -> Result<Outcome> {
    let volume = tx.volume(id).await?;
    let status = volume.as_ref().map(|volume| volume.status);
    if status == Some(VolumeStatus::Creating) {
        return Ok(Outcome::NotYet);
    }
    let found = tx.find_backup(backup, None).await?.map(|details| details.backup);
    let ready = found.filter(|row| row.status == BackupStatus::Available);
    let outcome = match (volume, ready) {
        (Some(_), _) if status == Some(VolumeStatus::Error) => Outcome::Cannot(format!(
            "Invalid volume: Error while creating volume {id} for restoring backup {backup}."
        )),
        (_, None) => Outcome::Cannot("Invalid backup: Backup status must be available".to_owned()),
        (Some(mut volume), Some(mut ready)) if volume.status == VolumeStatus::Available => {
            let now = Some(job.now());
            (ready.status, ready.updated_at) = (BackupStatus::Restoring, now);
            tx.update_backup(&ready).await?;
            volume.previous_status = Some(volume.status);
            (volume.status, volume.updated_at) = (VolumeStatus::RestoringBackup, now);
            tx.update_volume(&volume).await?;
            let work = Work::RestoreBackup { backup, volume: id };
            let operation = Dispatch::follow_up(&job.op, work, &job.bench.clock);
            job.bench.dispatch.insert(tx, &operation, &job.bench.clock).await?;
            Outcome::Begun(Box::new(operation))
        }
        _ => Outcome::Cannot("Invalid volume: Volume to be restored to must be available".to_owned()),
    };
    job.end(tx).await?;
    Ok(outcome)
}
