//! The ends of a create.

use super::{Order, intermediate};
use crate::domain::message::{Action, Reason};
use crate::domain::operation::{CreateVolume, Source};
use crate::domain::status::VolumeStatus;
use crate::domain::{BackendUuid, Result};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// The volume is available. Its reservation stays until a poll has listed it.
pub(super) async fn finish(job: &Job, order: &Order, uuid: BackendUuid) -> Result<Flow> {
    let guard = &order.at(CreateVolume::Guard);
    job.bench
        .store
        .write("finish a create", |tx, _| {
            Box::pin(async move {
                if let Some(mut volume) = tx.volume(order.volume).await? {
                    if let Some(location) = &mut volume.location {
                        location.uuid = Some(uuid);
                    }
                    // A delete that came meanwhile keeps its status, and learns the UUID.
                    if !super::overtaken(&volume) {
                        volume.status = VolumeStatus::Available;
                        volume.updated_at = Some(job.now());
                    }
                    tx.update_volume(&volume).await?;
                }
                job.end_guarded(tx, guard).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// Nothing can land any more. While the volume stood there a lost create of it could only be
/// refused; a lost create of the intermediate snapshot may have come after it was dropped.
pub(super) async fn leave(job: &Job, order: &Order) -> Result<Flow> {
    if matches!(order.source, Source::Volume(_))
        && let Err(flow) = intermediate::drop_it(job, order).await?
    {
        return Ok(flow);
    }
    job.bench.store.write("end a guard", |tx, _| Box::pin(job.end(tx))).await?;
    Ok(Flow::Done)
}

/// Nothing was made, or nothing can be: the volume is in error, and nothing is left behind.
pub(super) async fn fail(job: &Job, order: &Order, message: &str) -> Result<Flow> {
    if matches!(order.source, Source::Volume(_))
        && let Err(flow) = intermediate::drop_it(job, order).await?
    {
        return Ok(flow);
    }
    let reason = &Reason::Other(message.to_owned());
    job.bench
        .store
        .write("fail a create", |tx, _| {
            Box::pin(job.fail_volume(tx, order.volume, VolumeStatus::Error, Action::CreateVolume, reason))
        })
        .await?;
    Ok(Flow::Done)
}

/// Something else bears our name on the cluster. The volume forgets the place, so that not even
/// its deletion touches what is there; the poller reports it as foreign.
pub(super) async fn quarantine(job: &Job, order: &Order, differs: &str) -> Result<Flow> {
    tracing::error!(volume = %order.volume, differs, "another object bears the name of this volume");
    let reason = &Reason::Other(format!(
        "On its cluster another object bears the name of this volume ({differs}); it was not touched."
    ));
    job.bench
        .store
        .write("quarantine a create", |tx, _| {
            Box::pin(async move {
                if let Some(mut volume) = tx.volume(order.volume).await? {
                    volume.location = None;
                    tx.update_volume(&volume).await?;
                }
                job.fail_volume(tx, order.volume, VolumeStatus::Error, Action::CreateVolume, reason).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
