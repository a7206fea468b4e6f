//! Deleting a snapshot. The cluster keeps one that clones still need, hidden, and lets it go by
//! itself; for us it is gone when the deletion is accepted.

use super::flow::Flow;
use super::job::Job;
use crate::domain::message::{Action, Reason as Why, ResourceKind};
use crate::domain::operation::{DeleteSnapshot, Lane};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::SnapshotStatus;
use crate::domain::volume::snapshot_name;
use crate::domain::{Result, SnapshotId};
use crate::lightbits::{Outcome, Reason, Refusal, SnapshotState};

const REFUSALS: u32 = 6;

/// Why it is not gone.
pub(super) enum Trouble {
    Later(String),
    Refused(Refusal),
}

pub(super) async fn step(job: &mut Job, id: SnapshotId, _: DeleteSnapshot) -> Result<Flow> {
    if job.others_at_work().await? {
        return Ok(Flow::Again("another operation on the snapshot has not ended yet".to_owned()));
    }
    let found = job.bench.store.read().await?.find_snapshot(id, None).await?;
    let Some(snapshot) = found else { return job.end_superseded().await };
    match remove(job, &snapshot).await {
        Ok(()) => finish(job, id).await,
        Err(Trouble::Later(why)) => Ok(Flow::Again(why)),
        Err(Trouble::Refused(refusal)) => give_up(job, id, &refusal).await,
    }
}

/// Nothing of this snapshot is left on its cluster, or it is on its way out.
pub(super) async fn remove(job: &Job, snapshot: &Snapshot) -> std::result::Result<(), Trouble> {
    let Some((cluster, project)) = snapshot.cluster_id.zip(snapshot.lightos_project.clone()) else {
        return Ok(());
    };
    let Some(client) = job.bench.clients.get(cluster) else {
        return Err(Trouble::Later(format!("cluster {cluster} is not registered or was not reached yet")));
    };
    let found = match snapshot.uuid {
        Some(uuid) => client.snapshot(Lane::User, &project, uuid).await,
        None => client.snapshot_by_name(Lane::User, &project, &snapshot_name(snapshot.id)).await,
    };
    let uuid = match found {
        Ok(None) => return Ok(()),
        Ok(Some(found)) if found.state.is_leaving() || found.state == SnapshotState::Failed => return Ok(()),
        Ok(Some(found)) => found.uuid,
        Err(trouble) => return Err(Trouble::Later(trouble.to_string())),
    };
    match client.delete_snapshot(Lane::User, &project, uuid).await {
        Outcome::Done(()) => Ok(()),
        Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => Ok(()),
        Outcome::Refused(refusal) if refusal.reason == Reason::Busy || job.tries < REFUSALS => {
            Err(Trouble::Later(refusal.to_string()))
        }
        Outcome::Refused(refusal) => Err(Trouble::Refused(refusal)),
        Outcome::Unknown(trouble) => Err(Trouble::Later(trouble.to_string())),
    }
}

async fn finish(job: &Job, id: SnapshotId) -> Result<Flow> {
    job.bench
        .store
        .write("a snapshot is gone", |tx, _| {
            Box::pin(async move {
                if let Some(row) = tx.find_snapshot(id, None).await? {
                    tx.delete_snapshot(&row).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn give_up(job: &Job, id: SnapshotId, refusal: &Refusal) -> Result<Flow> {
    let why = &Why::Other(format!("The cluster refuses: {}.", refusal.reason.as_str()));
    job.bench
        .store
        .write("a snapshot is not deleted", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.find_snapshot(id, None).await? {
                    row.status = SnapshotStatus::ErrorDeleting;
                    row.updated_at = Some(job.now());
                    tx.update_snapshot(&row).await?;
                    let subject = (ResourceKind::Snapshot, id.to_string());
                    job.tell(tx, subject, Action::DeleteSnapshot, why).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
