//! Returning a volume to its newest snapshot: the cluster's own rollback, which is instant.
//!
//! The volume stays `reverting` all the while, so that nobody writes to it; rolling back twice is
//! therefore the same as once, and an unknown outcome is simply tried again. But it stays so until
//! none of our requests can land any more: a roll-back that comes late would destroy what was
//! written since.

use super::flow::Flow;
use super::job::Job;
use super::remote::{Seen, await_volume};
use crate::domain::message::{Action, Reason as Why};
use crate::domain::operation::{Lane, RevertVolume, Work};
use crate::domain::status::{SnapshotStatus, VolumeStatus};
use crate::domain::volume::Location;
use crate::domain::{BackendUuid, Result, SnapshotId, VolumeId};
use crate::lightbits::{Outcome, Reason};
use crate::store::Tx;

/// What stays the same over all steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Return {
    pub(super) volume: VolumeId,
    pub(super) snapshot: SnapshotId,
    pub(super) previous: VolumeStatus,
}

impl Return {
    const fn at(self, step: RevertVolume) -> Work {
        Work::RevertVolume { volume: self.volume, snapshot: self.snapshot, previous: self.previous, step }
    }
}

pub(super) async fn step(job: &mut Job, back: Return, step: RevertVolume) -> Result<Flow> {
    match step {
        RevertVolume::Rollback => rollback(job, back).await,
        RevertVolume::AwaitAvailable => watch(job, back).await,
        RevertVolume::Finish => finish(job, back).await,
        RevertVolume::Fail { message } => fail(job, back, &message).await,
    }
}

/// Where the volume and the snapshot are.
async fn found(job: &Job, back: Return) -> Result<Option<(Location, BackendUuid, BackendUuid)>> {
    let mut session = job.bench.store.read().await?;
    let volume = session.find_volume(back.volume, None).await?;
    let snapshot = session.find_snapshot(back.snapshot, None).await?;
    Ok(volume.zip(snapshot).and_then(|(volume, snapshot)| {
        let location = volume.volume.location.clone()?;
        let uuid = location.uuid?;
        Some((location, uuid, snapshot.uuid?))
    }))
}

async fn rollback(job: &mut Job, back: Return) -> Result<Flow> {
    let Some((location, volume, snapshot)) = found(job, back).await? else {
        return failed(job, back, "The volume or its snapshot is gone.").await;
    };
    if job.is_being_read(back.volume).await? {
        return Ok(Flow::Again("a snapshot or copy of the volume is still being made".to_owned()));
    }
    if !is_reverting(job, back).await? {
        return failed(job, back, "The volume was taken for something else meanwhile.").await;
    }
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    match client.rollback_volume(Lane::User, &location.project, volume, snapshot).await {
        Outcome::Done(()) => Ok(Flow::next(back.at(RevertVolume::AwaitAvailable))),
        Outcome::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            Ok(Flow::Again(refusal.to_string()))
        }
        Outcome::Refused(refusal) if job.tries < 3 => Ok(Flow::Again(refusal.to_string())),
        Outcome::Refused(refusal) => {
            let message = format!("The cluster refused to roll back: {}.", refusal.reason.as_str());
            failed(job, back, &message).await
        }
        Outcome::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            Ok(Flow::Again(trouble.to_string()))
        }
    }
}

/// An administrator may have given it free, or a forced delete may have come: then somebody may
/// be writing to it, or it is on its way out.
async fn is_reverting(job: &Job, back: Return) -> Result<bool> {
    let found = job.bench.store.read().await?.find_volume(back.volume, None).await?;
    Ok(found.is_some_and(|details| details.volume.status == VolumeStatus::Reverting))
}

async fn failed(job: &Job, back: Return, message: &str) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier request may still land; then: {message}")));
    }
    job.advance(back.at(RevertVolume::Fail { message: message.to_owned() })).await
}

async fn watch(job: &mut Job, back: Return) -> Result<Flow> {
    let Some((location, volume, _)) = found(job, back).await? else {
        return failed(job, back, "The volume or its snapshot is gone.").await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    Ok(match await_volume(job, &client, &location.project, volume).await {
        Seen::Ready(_) if job.in_doubt() => {
            Flow::Again("it is back, but an earlier roll-back may still land".to_owned())
        }
        Seen::Ready(_) => Flow::next(back.at(RevertVolume::Finish)),
        Seen::Failed | Seen::Leaving => {
            return failed(job, back, "The volume cannot be used on its cluster.").await;
        }
        Seen::Missing => Flow::Again("the cluster does not show the volume".to_owned()),
        Seen::Pending(why) => Flow::Again(why),
        Seen::Trouble(trouble) => Flow::Again(trouble.to_string()),
    })
}

async fn free_snapshot(job: &Job, tx: &mut Tx, back: Return) -> Result<()> {
    if let Some(mut snapshot) = tx.find_snapshot(back.snapshot, None).await?
        && snapshot.status == SnapshotStatus::Restoring
    {
        snapshot.status = SnapshotStatus::Available;
        snapshot.updated_at = Some(job.now());
        tx.update_snapshot(&snapshot).await?;
    }
    Ok(())
}

async fn finish(job: &Job, back: Return) -> Result<Flow> {
    job.bench
        .store
        .write("finish a revert", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.volume(back.volume).await?
                    && row.status == VolumeStatus::Reverting
                {
                    row.status = back.previous;
                    row.previous_status = None;
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                }
                free_snapshot(job, tx, back).await?;
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn fail(job: &Job, back: Return, message: &str) -> Result<Flow> {
    let why = &Why::Other(message.to_owned());
    job.bench
        .store
        .write("fail a revert", |tx, _| {
            Box::pin(async move {
                free_snapshot(job, tx, back).await?;
                job.fail_volume(tx, back.volume, VolumeStatus::Error, Action::RevertVolume, why).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
