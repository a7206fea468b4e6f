//! Forgetting what stays on its cluster. Nothing there is touched, so the cluster need not even
//! be reachable; but whatever is still under way comes first, as for a deletion.

use super::flow::Flow;
use super::job::Job;
use crate::domain::operation::Source;
use crate::domain::status::{SnapshotStatus, VolumeStatus};
use crate::domain::{Result, SnapshotId, VolumeId};

pub(super) async fn volume(job: &Job, id: VolumeId) -> Result<Flow> {
    let mut session = job.bench.store.read().await?;
    if let Some(why) = job.wait_for(&mut session, &id.to_string(), &Source::Volume(id)).await? {
        return Ok(Flow::Again(why));
    }
    drop(session);
    job.bench
        .store
        .write("release a volume", |tx, _| {
            Box::pin(async move {
                // A reservation stays: what it stands for is there, until a poll counts it.
                if let Some(row) = tx.volume(id).await?.filter(|row| leaves(row.status)) {
                    for attachment in tx.attachments_of(id).await? {
                        tx.delete_attachment(attachment.id).await?;
                    }
                    tx.delete_volume(&row).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

const fn leaves(status: VolumeStatus) -> bool {
    matches!(status, VolumeStatus::Unmanaging | VolumeStatus::ErrorManagingDeleting)
}

pub(super) async fn snapshot(job: &Job, id: SnapshotId) -> Result<Flow> {
    let mut session = job.bench.store.read().await?;
    if let Some(why) = job.wait_for(&mut session, &id.to_string(), &Source::Snapshot(id)).await? {
        return Ok(Flow::Again(why));
    }
    drop(session);
    job.bench
        .store
        .write("release a snapshot", |tx, _| {
            Box::pin(async move {
                let row = tx.find_snapshot(id, None).await?;
                if row.is_some_and(|row| row.status == SnapshotStatus::Unmanaging) {
                    super::delete_snapshot::forget(tx, id).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
