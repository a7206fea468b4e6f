//! Deleting a snapshot. The cluster keeps one that clones still need, hidden, and lets it go by
//! itself; for us it is gone when the deletion is accepted.

use super::flow::Flow;
use super::job::Job;
use super::removal::{Removal, remove_snapshot, remove_snapshot_named};
use crate::domain::message::{Action, Reason as Why, ResourceKind};
use crate::domain::operation::{DeleteSnapshot, OperationStatus, Source};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::SnapshotStatus;
use crate::domain::volume::snapshot_name;
use crate::domain::{Result, SnapshotId};
use crate::lightbits::{Reason, Refusal};
use crate::store::Tx;

/// Refusals after which the deletion is given up as `error_deleting`.
const REFUSALS: u32 = 6;

/// Why it is not gone.
pub(super) enum Trouble {
    Later(String),
    Refused(Refusal),
}

pub(super) async fn step(job: &mut Job, id: SnapshotId, _: DeleteSnapshot) -> Result<Flow> {
    let mut session = job.bench.store.read().await?;
    if let Some(why) = job.wait_for(&mut session, &id.to_string(), &Source::Snapshot(id)).await? {
        return Ok(Flow::Again(why));
    }
    let found = session.find_snapshot(id, None).await?;
    drop(session);
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
    let removal = match snapshot.uuid {
        Some(uuid) => remove_snapshot(job, &client, &project, uuid).await,
        None => remove_snapshot_named(job, &client, &project, &snapshot_name(snapshot.id)).await,
    };
    match removal {
        Removal::Gone => {
            job.found();
            Ok(())
        }
        Removal::Refused(refusal) if refusal.reason == Reason::Busy || job.tries < REFUSALS => {
            Err(Trouble::Later(refusal.to_string()))
        }
        Removal::Refused(refusal) => Err(Trouble::Refused(refusal)),
        Removal::Later(why) => Err(Trouble::Later(why)),
    }
}

/// Removes the row, with what an operator was to look at: that has no subject any more.
pub(super) async fn forget(tx: &mut Tx, id: SnapshotId) -> Result<()> {
    for stuck in tx.operations_of(&id.to_string()).await? {
        if stuck.status == OperationStatus::NeedsOperator {
            tx.drop_operation(stuck.id).await?;
        }
    }
    match tx.find_snapshot(id, None).await? {
        Some(row) => tx.delete_snapshot(&row).await,
        None => Ok(()),
    }
}

async fn finish(job: &Job, id: SnapshotId) -> Result<Flow> {
    job.bench
        .store
        .write("a snapshot is gone", |tx, _| {
            Box::pin(async move {
                forget(tx, id).await?;
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
