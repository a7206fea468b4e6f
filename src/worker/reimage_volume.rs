//! Copying an image over a volume.
//!
//! THE ENGINE GOES HERE: a copying step before this end. There is no data path yet; the volume is
//! in error as after a copy that failed, though nothing has been written to it.

use super::flow::Flow;
use super::job::Job;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::status::VolumeStatus;
use crate::domain::{Result, VolumeId};

pub(super) async fn step(job: &Job, volume: VolumeId) -> Result<Flow> {
    job.bench
        .store
        .write("fail to reimage a volume", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.volume(volume).await?
                    && row.status == VolumeStatus::Downloading
                {
                    row.previous_status = Some(row.status);
                    row.status = VolumeStatus::Error;
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                    let subject = (ResourceKind::Volume, volume.to_string());
                    job.tell(tx, subject, Action::ReimageVolume, &Reason::NoImageService).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
