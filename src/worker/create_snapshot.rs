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
        CreateSnapshot::Fail { message } => fail(job, id, &message).await,
    }
}

fn at(snapshot: &Snapshot, step: CreateSnapshot) -> Flow {
    Flow::next(Work::CreateSnapshot { snapshot: snapshot.id, step })
}

fn failed(snapshot: &Snapshot, message: impl Into<String>) -> Flow {
    at(snapshot, CreateSnapshot::Fail { message: message.into() })
}

async fn create(job: &mut Job, snapshot: &Snapshot) -> Result<Flow> {
    if snapshot.status != SnapshotStatus::Creating && !job.in_doubt() {
        return job.end_superseded().await;
    }
    let volume = job.bench.store.read().await?.find_volume(snapshot.volume_id, None).await?;
    let source = volume.and_then(|details| details.volume.location.clone());
    let Some((location, volume)) = source.and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        return Ok(failed(snapshot, "The volume of the snapshot is gone."));
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
    // Held over the wait: the volume refuses the next one until this one is there.
    let turn = job.bench.turns.take(snapshot.volume_id).await;
    let settled = client.settle_snapshot(Lane::User, &request).await;
    let flow = match settled {
        Settled::Found(Resolution::Adopt(found)) => watch(job, snapshot, found.uuid).await?,
        Settled::Found(Resolution::Conflict(_, differs)) => {
            Flow::NeedsOperator(format!("{} is not what was asked for: {differs}", request.name))
        }
        Settled::Found(Resolution::Failed(_)) => failed(snapshot, "The cluster could not take the snapshot."),
        Settled::Found(Resolution::Deleting(_) | Resolution::Absent) => {
            Flow::Again(format!("{} is being deleted on its cluster", request.name))
        }
        Settled::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            Flow::Again(refusal.to_string())
        }
        Settled::Refused(refusal) if job.in_doubt() => Flow::Again(refusal.to_string()),
        Settled::Refused(refusal) => {
            tracing::warn!(snapshot = %snapshot.id, %refusal, "snapshot refused");
            failed(snapshot, format!("The cluster refused the snapshot: {}.", refusal.reason.as_str()))
        }
        Settled::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            Flow::Again(trouble.to_string())
        }
    };
    drop(turn);
    Ok(flow)
}

async fn watch(job: &mut Job, snapshot: &Snapshot, uuid: BackendUuid) -> Result<Flow> {
    let Some((cluster, project)) = snapshot.cluster_id.zip(snapshot.lightos_project.clone()) else {
        return Ok(failed(snapshot, "The snapshot has no place on a cluster."));
    };
    let client = match job.client(cluster) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    Ok(match await_snapshot(job, &client, &project, uuid).await {
        Seen::Ready(found) => at(snapshot, CreateSnapshot::Finish { uuid: found.uuid }),
        Seen::Failed => failed(snapshot, "The cluster could not take the snapshot."),
        Seen::Leaving => {
            failed(snapshot, "The snapshot was deleted on its cluster while it was being taken.")
        }
        Seen::Missing => Flow::Again("the cluster does not show the snapshot it has accepted".to_owned()),
        Seen::Pending(why) => Flow::Again(why),
        Seen::Trouble(trouble) => Flow::Again(trouble.to_string()),
    })
}

async fn finish(job: &Job, id: SnapshotId, uuid: BackendUuid) -> Result<Flow> {
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
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn fail(job: &Job, id: SnapshotId, message: &str) -> Result<Flow> {
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
