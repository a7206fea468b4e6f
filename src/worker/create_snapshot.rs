//! Taking a snapshot. Those of one volume take turns: the cluster takes one at a time.

use super::flow::Flow;
use super::job::Job;
use super::remote::{Seen, await_snapshot};
use crate::domain::message::{Action, Reason as Why, ResourceKind};
use crate::domain::operation::{CreateSnapshot, Lane, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::SnapshotStatus;
use crate::domain::volume::snapshot_name;
use crate::domain::{BackendUuid, Result, SnapshotId};
use crate::lightbits::{self, Reason, Resolution, Settled};

pub(super) async fn step(job: &mut Job, id: SnapshotId, step: CreateSnapshot) -> Result<Flow> {
    let found = job.bench.store.read().await?.find_snapshot(id, None).await?;
    let Some(snapshot) = found else { return job.end_superseded().await };
    match step {
        CreateSnapshot::CreateRemote => create(job, &snapshot).await,
        CreateSnapshot::AwaitAvailable { uuid } => watch(job, &snapshot, uuid).await,
        CreateSnapshot::Finish { uuid } => finish(job, id, uuid).await,
        // As long as it stood here a delete waited for us.
        CreateSnapshot::Guard => job.end_superseded().await,
        CreateSnapshot::Fail { message } => fail(job, id, &message).await,
    }
}

const fn at(snapshot: SnapshotId, step: CreateSnapshot) -> Work {
    Work::CreateSnapshot { snapshot, step }
}

/// Nothing will come of it; once nothing can land any more.
async fn failed(job: &Job, snapshot: &Snapshot, message: &str) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier request may still land; then: {message}")));
    }
    job.advance(at(snapshot.id, CreateSnapshot::Fail { message: message.to_owned() })).await
}

async fn create(job: &mut Job, snapshot: &Snapshot) -> Result<Flow> {
    if snapshot.status != SnapshotStatus::Creating && !job.bound {
        return job.end_superseded().await;
    }
    let volume = job.bench.store.read().await?.find_volume(snapshot.volume_id, None).await?;
    let source = volume.and_then(|details| details.volume.location.clone());
    let Some((location, volume)) = source.and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        return failed(job, snapshot, "The volume of the snapshot is gone.").await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let request = lightbits::CreateSnapshot {
        project: location.project.clone(),
        name: snapshot_name(snapshot.id),
        volume,
        description: None,
    };
    let bench = job.bench.clone();
    // Held over the wait: the volume refuses the next one until this one is there.
    let _turn = bench.turns.take(snapshot.volume_id).await;
    match client.settle_snapshot(Lane::User, &request).await {
        Settled::Found(Resolution::Adopt(found)) => {
            job.bound = true;
            watch(job, snapshot, found.uuid).await
        }
        Settled::Found(Resolution::Conflict(_, differs)) => quarantine(job, snapshot, &differs).await,
        Settled::Found(Resolution::Failed(_)) => {
            failed(job, snapshot, "The cluster could not take the snapshot.").await
        }
        Settled::Found(Resolution::Deleting(_) | Resolution::Absent) => {
            Ok(Flow::Again(format!("{} is being deleted on its cluster", request.name)))
        }
        Settled::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            Ok(Flow::Again(refusal.to_string()))
        }
        Settled::Refused(refusal) => {
            tracing::warn!(snapshot = %snapshot.id, %refusal, "snapshot refused");
            let message = format!("The cluster refused the snapshot: {}.", refusal.reason.as_str());
            failed(job, snapshot, &message).await
        }
        Settled::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.bound = true;
                job.doubt();
            }
            Ok(Flow::Again(trouble.to_string()))
        }
    }
}

async fn watch(job: &mut Job, snapshot: &Snapshot, uuid: BackendUuid) -> Result<Flow> {
    let Some((cluster, project)) = snapshot.cluster_id.zip(snapshot.lightos_project.clone()) else {
        return failed(job, snapshot, "The snapshot has no place on a cluster.").await;
    };
    let client = match job.client(cluster) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    Ok(match await_snapshot(job, &client, &project, uuid).await {
        Seen::Ready(found) => Flow::next(at(snapshot.id, CreateSnapshot::Finish { uuid: found.uuid })),
        Seen::Failed => return failed(job, snapshot, "The cluster could not take the snapshot.").await,
        Seen::Leaving => {
            let message = "The snapshot was deleted on its cluster while it was being taken.";
            return failed(job, snapshot, message).await;
        }
        Seen::Missing => Flow::Again("the cluster does not show the snapshot it has accepted".to_owned()),
        Seen::Pending(why) => Flow::Again(why),
        Seen::Trouble(trouble) => Flow::Again(trouble.to_string()),
    })
}

async fn finish(job: &Job, id: SnapshotId, uuid: BackendUuid) -> Result<Flow> {
    let guard = &at(id, CreateSnapshot::Guard);
    job.bench
        .store
        .write("finish a snapshot", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.find_snapshot(id, None).await? {
                    row.uuid = Some(uuid);
                    if row.status == SnapshotStatus::Creating {
                        row.status = SnapshotStatus::Available;
                        row.progress = Some("100%".to_owned());
                        row.updated_at = Some(job.now());
                    }
                    tx.update_snapshot(&row).await?;
                }
                job.end_guarded(tx, guard).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// Something else bears our name on the cluster. The snapshot forgets the place, so that not even
/// its deletion touches what is there.
async fn quarantine(job: &Job, snapshot: &Snapshot, differs: &str) -> Result<Flow> {
    let id = snapshot.id;
    tracing::error!(snapshot = %id, differs, "another object bears the name of this snapshot");
    job.bench
        .store
        .write("quarantine a snapshot", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.find_snapshot(id, None).await? {
                    row.cluster_id = None;
                    tx.update_snapshot(&row).await?;
                }
                Ok(())
            })
        })
        .await?;
    let message = format!("On its cluster another object bears its name ({differs}); it was not touched.");
    job.advance(at(id, CreateSnapshot::Fail { message })).await
}

/// Nothing has come of it.
pub(super) async fn fail(job: &Job, id: SnapshotId, message: &str) -> Result<Flow> {
    let why = &Why::Other(message.to_owned());
    job.bench
        .store
        .write("fail a snapshot", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.find_snapshot(id, None).await?
                    && row.status == SnapshotStatus::Creating
                {
                    row.status = SnapshotStatus::Error;
                    row.updated_at = Some(job.now());
                    tx.update_snapshot(&row).await?;
                    let subject = (ResourceKind::Snapshot, id.to_string());
                    job.tell(tx, subject, Action::CreateSnapshot, why).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
