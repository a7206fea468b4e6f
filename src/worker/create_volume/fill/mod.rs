//! Copying an image or a backup into a volume that has just been made.

mod backup;
mod image;

use super::{Order, finish};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{CreateVolume, Source};
use crate::domain::status::VolumeStatus;
use crate::domain::{BackendUuid, Result};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

pub(super) async fn fill(job: &Job, order: &Order, uuid: BackendUuid) -> Result<Flow> {
    match &order.source {
        Source::Image(id) => image::fill(job, order, uuid, id).await,
        Source::Backup(id) => backup::fill(job, order, uuid, *id).await,
        // There is nothing to copy.
        Source::Blank | Source::Snapshot(_) | Source::Volume(_) => finish::finish(job, order, uuid).await,
    }
}

/// What the user is told of a copy that could not be made.
struct Told<'a> {
    subject: (ResourceKind, String),
    action: Action,
    reason: &'a Reason,
}

/// The volume ends in error: it exists on its cluster, stays reserved there until a poll has
/// listed it, and is deleted like any other.
async fn fail(job: &Job, order: &Order, uuid: BackendUuid, told: &Told<'_>) -> Result<Flow> {
    let guard = &order.at(CreateVolume::Guard);
    job.bench
        .store
        .write("fail to fill a volume", |tx, _| {
            Box::pin(async move {
                if let Some(mut volume) = tx.volume(order.volume).await? {
                    if let Some(location) = &mut volume.location {
                        location.uuid = Some(uuid);
                    }
                    // A delete that came meanwhile keeps its status, and learns the UUID.
                    let meant = !super::overtaken(&volume);
                    if meant {
                        volume.status = VolumeStatus::Error;
                        volume.updated_at = Some(job.now());
                    }
                    tx.update_volume(&volume).await?;
                    if meant {
                        job.tell(tx, told.subject.clone(), told.action, told.reason).await?;
                    }
                }
                job.end_guarded(tx, guard).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
