//! Restoring a backup: over a volume that is there (made for it a moment ago, maybe).

use super::volume_meta::{self, VolumeMeta};
use super::{Stop, again, found, layer_of, put, stopped};
use crate::backup::{Layer, Trouble, Vault, Zeroes};
use crate::domain::backup::{Backup, SERVICE, is_our_service};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::status::{BackupStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{BackupId, Result, VolumeId};
use crate::worker::copying::{self, Missed};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// Backups that build upon each other, at most: a record from elsewhere may say anything.
const LONGEST_CHAIN: usize = 10_000;

/// What a copy into a volume has come to.
pub(in crate::worker) enum Restored {
    /// What the volume takes over beside the data.
    Done(Vec<VolumeMeta>),
    /// Nobody wanted it any more; part of it may have been written.
    Unwanted,
    /// Why, for the operator.
    Failed(String),
}

pub(in crate::worker) async fn restore(job: &Job, id: BackupId, volume_id: VolumeId) -> Result<Flow> {
    let (backup, volume) = {
        let mut session = job.bench.store.read().await?;
        let backup = session.find_backup(id, None).await?.map(|details| details.backup);
        (backup, session.find_volume(volume_id, None).await?.map(|details| details.volume.clone()))
    };
    let outcome = match (backup, volume, &job.bench.settings.backups) {
        (_, _, None) => Restored::Failed("there is no backup service".to_owned()),
        (Some(backup), Some(volume), Some(vault))
            if backup.status == BackupStatus::Restoring && volume.status == VolumeStatus::RestoringBackup =>
        {
            let asked =
                Asked { backup: &backup, status: Some(BackupStatus::Restoring), zeroes: Zeroes::Write };
            match copy(job, vault, &asked, &volume).await? {
                Ok(outcome) => outcome,
                Err(flow) => return Ok(flow),
            }
        }
        _ => Restored::Unwanted,
    };
    end(job, id, volume_id, &outcome).await
}

pub(in crate::worker) struct Asked<'a> {
    pub(in crate::worker) backup: &'a Backup,
    /// The copy goes on as long as the backup is in it.
    pub(in crate::worker) status: Option<BackupStatus>,
    pub(in crate::worker) zeroes: Zeroes,
}

/// Copies a backup into a volume that is on its cluster.
pub(in crate::worker) async fn copy(
    job: &Job,
    vault: &Vault,
    asked: &Asked<'_>,
    volume: &Volume,
) -> Result<std::result::Result<Restored, Flow>> {
    let layers = match layers_of(job, asked.backup).await? {
        Ok(layers) => layers,
        Err(trouble) => return Ok(Ok(Restored::Failed(trouble.to_string()))),
    };
    let failed = |why: String| Ok(Restored::Failed(why));
    if let Err(trouble) = vault.is_there().await {
        return Ok(again(job, &trouble).map_or_else(|| failed(trouble.to_string()), Err));
    }
    let location = volume.location.clone();
    let Some((location, uuid)) = location.and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        return Ok(failed("the volume is on no cluster".to_owned()));
    };
    let at = copying::Place { volume: Some(volume.id), location, uuid, size: volume.size.bytes() };
    let opened = match copying::open(job, &at).await {
        Ok(opened) => opened,
        Err(Missed::Wait(flow)) => return Ok(Err(flow)),
        Err(Missed::NoDataPath) => return Ok(failed("there is no data path".to_owned())),
        Err(Missed::Gone) => return Ok(failed("the volume is not on its cluster".to_owned())),
        Err(Missed::Trouble(trouble)) => {
            return Ok(copying::again(job, &trouble).map_or_else(|| failed(trouble.to_string()), Err));
        }
    };
    let copied = tokio::select! {
        copied = Box::pin(vault.copy_in(&opened.disk, at.size, &layers, asked.zeroes)) => Ok(copied),
        stop = stopped(job, (asked.backup.id, asked.status), volume.id) => Err(stop),
    };
    if let Err(flow) = copying::close(job, &at, opened).await {
        return Ok(Err(flow));
    }
    Ok(match copied {
        Ok(Ok(metas)) => {
            let metas: std::result::Result<Vec<_>, _> =
                metas.iter().map(|text| volume_meta::parse(text)).collect();
            Ok(metas.map_or_else(Restored::Failed, Restored::Done))
        }
        Ok(Err(trouble)) => again(job, &trouble).map_or_else(|| failed(trouble.to_string()), Err),
        Err(Stop::Unwanted) => Ok(Restored::Unwanted),
        Err(Stop::Process) => Err(Flow::Again("this process is stopping".to_owned())),
    })
}

/// The backup and all those that it builds upon, the full one first.
pub(in crate::worker) async fn layers_of(
    job: &Job,
    backup: &Backup,
) -> Result<std::result::Result<Vec<Layer>, Trouble>> {
    let mut session = job.bench.store.read().await?;
    let mut layers = Vec::new();
    let mut next = Some(backup.clone());
    while let Some(backup) = next {
        let theirs = backup.service.as_deref().unwrap_or_default();
        if !is_our_service(theirs) {
            return Ok(Err(Trouble::Invalid(format!(
                "Restore backup aborted, the backup service currently configured [{SERVICE}] is not the backup service \
                 that was used to create this backup [{theirs}]."
            ))));
        }
        if layers.len() >= LONGEST_CHAIN {
            return Ok(Err(Trouble::Invalid("Invalid backup: it builds upon itself".to_owned())));
        }
        match layer_of(&backup) {
            Ok(layer) => layers.push(layer),
            Err(trouble) => return Ok(Err(trouble)),
        }
        next = match backup.parent_id {
            Some(id) => match session.find_backup(id, None).await? {
                Some(details) => Some(details.backup),
                None => return Ok(Err(Trouble::Invalid(format!("Backup {id} could not be found.")))),
            },
            None => None,
        };
    }
    layers.reverse();
    Ok(Ok(layers))
}

async fn end(job: &Job, backup: BackupId, volume: VolumeId, outcome: &Restored) -> Result<Flow> {
    if let Restored::Failed(why) = outcome {
        tracing::warn!(%backup, %volume, why, "a backup was not restored");
    }
    job.bench
        .store
        .write("end a restore", |tx, _| {
            Box::pin(async move {
                let source = tx.find_backup(backup, None).await?.map(|details| details.backup);
                if let Some(mut row) = tx.volume(volume).await?
                    && row.status == VolumeStatus::RestoringBackup
                {
                    row.status = match outcome {
                        Restored::Done(_) => VolumeStatus::Available,
                        Restored::Unwanted => VolumeStatus::Error,
                        Restored::Failed(_) => VolumeStatus::ErrorRestoring,
                    };
                    if let (Restored::Done(metas), Some(source)) = (outcome, &source) {
                        taken_over(&mut row, source, metas);
                    }
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                }
                if let Some(row) = found(tx, backup, BackupStatus::Restoring).await? {
                    put(job, tx, Backup { status: BackupStatus::Available, ..row }).await?;
                    if matches!(outcome, Restored::Failed(_)) {
                        let subject = (ResourceKind::Backup, backup.to_string());
                        job.tell(tx, subject, Action::RestoreBackup, &Reason::RestoreFailed).await?;
                    }
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// What the volume becomes beside its data.
pub(in crate::worker) fn taken_over(volume: &mut Volume, backup: &Backup, metas: &[VolumeMeta]) {
    for meta in metas {
        meta.apply(volume);
    }
    volume_meta::mark(volume, backup);
}
