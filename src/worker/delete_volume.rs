//! Deleting a volume, with its snapshots when asked to.
//!
//! The row goes when the cluster has accepted the deletion (the object is `Deleting` or gone):
//! the name is then free there and nothing of it can come back.

use super::flow::Flow;
use super::job::Job;
use super::removal::{LOOKS_BY_NAME, Removal, living_volume, remove_volume};
use crate::domain::message::{Action, Reason as Why};
use crate::domain::operation::{DeleteVolume, OperationStatus, Source, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{SnapshotStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{Result, VolumeId};
use crate::lightbits::{Reason, Refusal};

/// Refusals after which the deletion is given up as `error_deleting`.
const REFUSALS: u32 = 6;

pub(super) async fn step(job: &mut Job, volume: VolumeId, cascade: bool, step: DeleteVolume) -> Result<Flow> {
    // What was being done to the volume has to end first: it may still be making it.
    if let Some(why) = waits(job, volume).await? {
        return Ok(Flow::Again(why));
    }
    // Read only then: an adoption that has just been given up has left the row pointing nowhere, and
    // the volume is not ours.
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
            Ok(Flow::next(Work::DeleteVolume { volume, cascade, step: DeleteVolume::DeleteRemote }))
        }
        DeleteVolume::DeleteRemote | DeleteVolume::AwaitGone => remove(job, &row).await,
        DeleteVolume::Finish => finish(job, volume).await,
    }
}

/// What is under way on the volume or on one of its snapshots.
async fn waits(job: &Job, volume: VolumeId) -> Result<Option<String>> {
    let mut session = job.bench.store.read().await?;
    if let Some(why) = job.wait_for(&mut session, &volume.to_string(), &Source::Volume(volume)).await? {
        return Ok(Some(why));
    }
    for snapshot in session.snapshots_of_volume(volume).await? {
        let source = Source::Snapshot(snapshot.id);
        if let Some(why) = job.wait_for(&mut session, &snapshot.id.to_string(), &source).await? {
            return Ok(Some(format!("snapshot {}: {why}", snapshot.id)));
        }
    }
    Ok(None)
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
        .write("a snapshot is gone", |tx, _| Box::pin(super::delete_snapshot::forget(tx, id)))
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
    let uuid = match location.uuid {
        Some(uuid) => uuid,
        None => match living_volume(&client, &location.project, &row.backend_name()).await {
            Ok(Some(volume)) => volume.uuid,
            Ok(None) if job.missed() >= LOOKS_BY_NAME => return finish(job, row.id).await,
            Ok(None) => return Ok(Flow::Again("looking once more that it is not there".to_owned())),
            Err(trouble) => return Ok(Flow::Again(trouble.to_string())),
        },
    };
    match remove_volume(job, &client, &location.project, uuid).await {
        Removal::Gone => finish(job, row.id).await,
        Removal::Refused(refusal) if refusal.reason == Reason::Busy || job.tries < REFUSALS => {
            Ok(Flow::Again(refusal.to_string()))
        }
        Removal::Refused(refusal) => give_up(job, row, &refusal).await,
        Removal::Later(why) => Ok(Flow::Again(why)),
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
            Box::pin(async move {
                // A cascade that stops leaves no snapshot behind that says it is being deleted.
                for mut snapshot in tx.snapshots_of_volume(row.id).await? {
                    if snapshot.status == SnapshotStatus::Deleting {
                        snapshot.status = SnapshotStatus::ErrorDeleting;
                        snapshot.updated_at = Some(job.now());
                        tx.update_snapshot(&snapshot).await?;
                    }
                }
                job.fail_volume(tx, row.id, VolumeStatus::ErrorDeleting, Action::DeleteVolume, why).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
