//! Copying an image or a backup into a volume that has just been made.
//!
//! THE ENGINE GOES HERE: it copies, sets what the volume takes over from its source and goes on
//! to `Finish`. There is no data path yet, so the volume ends in error as after a copy that
//! failed: it exists on its cluster, stays reserved there until a poll has listed it, and is
//! deleted like any other.

use super::{Order, finish};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{CreateVolume, Source};
use crate::domain::status::VolumeStatus;
use crate::domain::{BackendUuid, Result};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

pub(super) async fn fill(job: &Job, order: &Order, uuid: BackendUuid) -> Result<Flow> {
    let volume = order.volume.to_string();
    let (subject, action, reason) = match &order.source {
        Source::Image(_) => {
            ((ResourceKind::Volume, volume), Action::CopyImageToVolume, Reason::NoImageService)
        }
        Source::Backup(id) => {
            ((ResourceKind::Backup, id.to_string()), Action::RestoreBackup, Reason::RestoreFailed)
        }
        // There is nothing to copy.
        Source::Blank | Source::Snapshot(_) | Source::Volume(_) => {
            return finish::finish(job, order, uuid).await;
        }
    };
    let (guard, subject, reason) = (&order.at(CreateVolume::Guard), &subject, &reason);
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
                        job.tell(tx, subject.clone(), action, reason).await?;
                    }
                }
                job.end_guarded(tx, guard).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
