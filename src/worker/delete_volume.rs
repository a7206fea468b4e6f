//! Deleting a volume, with its snapshots when asked to.
//!
//! The row goes when the cluster has accepted the deletion (the object is `Deleting` or gone):
//! the name is then free there and nothing of it can come back.

use super::flow::Flow;
use super::job::Job;
use crate::domain::message::{Action, Reason as Why};
use crate::domain::operation::{DeleteVolume, Lane, OperationStatus, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::VolumeStatus;
use crate::domain::volume::Volume;
use crate::domain::{Result, VolumeId};
use crate::lightbits::{Outcome, Reason, Refusal, VolumeState};

/// Refusals after which the deletion is given up as `error_deleting`.
const REFUSALS: u32 = 6;

pub(super) async fn step(job: &mut Job, volume: VolumeId, step: DeleteVolume) -> Result<Flow> {
    let at = |step| Work::DeleteVolume { volume, cascade: false, step };
    // What was being done to the volume has to end first: it may still be making it.
    if job.others_at_work().await? {
        return Ok(Flow::Again("another operation on the volume has not ended yet".to_owned()));
    }
    let found = job.bench.store.read().await?.find_volume(volume, None).await?;
    let Some(row) = found.map(|details| details.volume.clone()) else { return job.end_superseded().await };
    match step {
        DeleteVolume::DeleteSnapshots => {
            let snapshots = job.bench.store.read().await?.snapshots_of_volume(volume).await?;
            for snapshot in snapshots {
                if let Err(flow) = delete_one(job, &row, snapshot).await? {
                    return Ok(flow);
                }
            }
            Ok(Flow::next(at(DeleteVolume::DeleteRemote)))
        }
        DeleteVolume::DeleteRemote | DeleteVolume::AwaitGone => remove(job, &row).await,
        DeleteVolume::Finish => finish(job, volume).await,
    }
}

async fn delete_one(
    job: &mut Job,
    volume: &Volume,
    snapshot: Snapshot,
) -> Result<std::result::Result<(), Flow>> {
    match super::delete_snapshot::remove(job, &snapshot).await {
        Ok(()) => {}
        Err(super::delete_snapshot::Trouble::Later(why)) => return Ok(Err(Flow::Again(why))),
        Err(super::delete_snapshot::Trouble::Refused(refusal)) => {
            return give_up(job, volume, &refusal).await.map(Err);
        }
    }
    let id = snapshot.id;
    job.bench
        .store
        .write("a snapshot is gone", |tx, _| {
            Box::pin(async move {
                match tx.find_snapshot(id, None).await? {
                    Some(row) => tx.delete_snapshot(&row).await,
                    None => Ok(()),
                }
            })
        })
        .await?;
    Ok(Ok(()))
}

async fn remove(job: &mut Job, row: &Volume) -> Result<Flow> {
    let Some(location) = &row.location else {
        // Never placed, and no create is at work any more: there is nothing anywhere.
        return finish(job, row.id).await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let found = match location.uuid {
        Some(uuid) => client.volume(Lane::User, &location.project, uuid).await,
        None => client.volume_by_name(Lane::User, &location.project, &row.backend_name()).await,
    };
    let uuid = match found {
        Ok(None) => return finish(job, row.id).await,
        Ok(Some(volume)) if volume.state.is_leaving() => return finish(job, row.id).await,
        // A husk cannot be deleted; it takes no space and goes by itself.
        Ok(Some(volume)) if volume.state == VolumeState::Failed => return finish(job, row.id).await,
        Ok(Some(volume)) => volume.uuid,
        Err(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    match client.delete_volume(Lane::User, &location.project, uuid).await {
        Outcome::Done(()) => finish(job, row.id).await,
        Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => finish(job, row.id).await,
        Outcome::Refused(refusal) if refusal.reason == Reason::Busy || job.tries < REFUSALS => {
            Ok(Flow::Again(refusal.to_string()))
        }
        Outcome::Refused(refusal) => give_up(job, row, &refusal).await,
        Outcome::Unknown(trouble) => Ok(Flow::Again(trouble.to_string())),
    }
}

async fn finish(job: &Job, volume: VolumeId) -> Result<Flow> {
    job.bench
        .store
        .write("a volume is gone", |tx, _| {
            Box::pin(async move {
                if let Some(row) = tx.volume(volume).await? {
                    if let Some(location) = &row.location {
                        tx.release_reservations_of(location.cluster_id, &row.backend_name()).await?;
                    }
                    for attachment in tx.attachments_of(volume).await? {
                        tx.delete_attachment(attachment.id).await?;
                    }
                    tx.delete_volume(&row).await?;
                }
                // What an operator was to look at has no subject any more.
                for stuck in tx.operations_of(&job.op.resource_id).await? {
                    if stuck.status == OperationStatus::NeedsOperator {
                        tx.drop_operation(stuck.id).await?;
                    }
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn give_up(job: &Job, row: &Volume, refusal: &Refusal) -> Result<Flow> {
    tracing::error!(volume = %row.id, %refusal, "the cluster refuses to delete the volume");
    let why = &Why::Other(format!("The cluster refuses: {}.", refusal.reason.as_str()));
    job.bench
        .store
        .write("a volume is not deleted", |tx, _| {
            Box::pin(job.fail_volume(tx, row.id, VolumeStatus::ErrorDeleting, Action::DeleteVolume, why))
        })
        .await?;
    Ok(Flow::Done)
}
