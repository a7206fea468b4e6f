//! The operations of groups.
//!
//! A new group is given its cluster. Everything else is done by the operations of the members,
//! which were started with the group's own: that one waits until none of them is under way and
//! gives the group its status. It holds nothing, so it can be killed and repeated at will.

mod members;
mod place;

use super::flow::Flow;
use super::job::Job;
use crate::domain::group::{GroupSnapshotStatus, GroupStatus};
use crate::domain::message::{Action, Reason as Why, ResourceKind};
use crate::domain::{GroupId, GroupSnapshotId, Result};
use crate::store::Tx;
use members::{Member, Whole};

pub(super) use place::place;

/// A copied group is there when all its volumes are.
pub(super) async fn copied(job: &Job, id: GroupId) -> Result<Flow> {
    let members = match members::ended(job, Whole::Group(id)).await? {
        Ok(members) => members,
        Err(flow) => return Ok(flow),
    };
    let failed = &failed(&members, "could not be copied");
    job.bench
        .store
        .write("a group is copied", |tx, _| {
            Box::pin(async move {
                let verdict = match failed {
                    None => Verdict::Good,
                    Some(why) => Verdict::Failed(Action::CreateGroup, why.clone()),
                };
                settle(job, tx, id, GroupStatus::Creating, verdict).await?;
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// A group is gone when all its volumes are.
pub(super) async fn deleted(job: &Job, id: GroupId) -> Result<Flow> {
    let members = match members::ended(job, Whole::Group(id)).await? {
        Ok(members) => members,
        Err(flow) => return Ok(flow),
    };
    let left = &left(&members);
    job.bench
        .store
        .write("a group is deleted", |tx, _| {
            Box::pin(async move {
                match (left, tx.find_group(id, None).await?) {
                    (Some(why), _) => {
                        let verdict = Verdict::Failed(Action::DeleteGroup, why.clone());
                        settle(job, tx, id, GroupStatus::Deleting, verdict).await?;
                    }
                    (None, Some(found)) => tx.delete_group(&found.group).await?,
                    (None, None) => {}
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// A group snapshot is there when all its snapshots are.
pub(super) async fn snapshotted(job: &Job, id: GroupSnapshotId) -> Result<Flow> {
    let members = match members::ended(job, Whole::Snapshot(id)).await? {
        Ok(members) => members,
        Err(flow) => return Ok(flow),
    };
    let failed = &failed(&members, "could not be snapshotted");
    job.bench
        .store
        .write("a group is snapshotted", |tx, _| {
            Box::pin(async move {
                let verdict = match failed {
                    None => Verdict::Good,
                    Some(why) => Verdict::Failed(Action::CreateGroupSnapshot, why.clone()),
                };
                settle_snapshot(job, tx, id, GroupSnapshotStatus::Creating, verdict).await?;
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// A group snapshot is gone when all its snapshots are.
pub(super) async fn snapshot_deleted(job: &Job, id: GroupSnapshotId) -> Result<Flow> {
    let members = match members::ended(job, Whole::Snapshot(id)).await? {
        Ok(members) => members,
        Err(flow) => return Ok(flow),
    };
    let left = &left(&members);
    job.bench
        .store
        .write("a group snapshot is deleted", |tx, _| {
            Box::pin(async move {
                match (left, tx.find_group_snapshot(id, None).await?) {
                    (Some(why), _) => {
                        let verdict = Verdict::Failed(Action::DeleteGroupSnapshot, why.clone());
                        settle_snapshot(job, tx, id, GroupSnapshotStatus::Deleting, verdict).await?;
                    }
                    (None, Some(found)) => tx.delete_group_snapshot(&found.snapshot).await?,
                    (None, None) => {}
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// What becomes of a group.
enum Verdict {
    Good,
    Failed(Action, Why),
}

/// Members that came to nothing; their own messages say why.
fn failed(members: &[Member], what: &str) -> Option<Why> {
    let count = members.iter().filter(|member| **member == Member::Bad).count();
    (count > 0).then(|| Why::Other(format!("{count} of {} volumes {what}.", members.len())))
}

/// Members that should be gone.
fn left(members: &[Member]) -> Option<Why> {
    let count = members.len();
    (count > 0).then(|| Why::Other(format!("{count} members could not be deleted.")))
}

/// Moves the group on, unless somebody else has.
async fn settle(job: &Job, tx: &mut Tx, id: GroupId, from: GroupStatus, verdict: Verdict) -> Result<()> {
    let Some(found) = tx.find_group(id, None).await? else { return Ok(()) };
    let mut group = found.group;
    if group.status != from {
        return Ok(());
    }
    group.updated_at = Some(job.now());
    match verdict {
        Verdict::Good => group.status = GroupStatus::Available,
        Verdict::Failed(action, why) => {
            group.status = GroupStatus::Error;
            job.tell(tx, (ResourceKind::Group, id.to_string()), action, &why).await?;
        }
    }
    tx.update_group(&group).await
}

async fn settle_snapshot(
    job: &Job,
    tx: &mut Tx,
    id: GroupSnapshotId,
    from: GroupSnapshotStatus,
    verdict: Verdict,
) -> Result<()> {
    let Some(found) = tx.find_group_snapshot(id, None).await? else { return Ok(()) };
    let mut snapshot = found.snapshot;
    if snapshot.status != from {
        return Ok(());
    }
    snapshot.updated_at = Some(job.now());
    match verdict {
        Verdict::Good => snapshot.status = GroupSnapshotStatus::Available,
        Verdict::Failed(action, why) => {
            snapshot.status = GroupSnapshotStatus::Error;
            job.tell(tx, (ResourceKind::GroupSnapshot, id.to_string()), action, &why).await?;
        }
    }
    tx.update_group_snapshot(&snapshot).await
}
