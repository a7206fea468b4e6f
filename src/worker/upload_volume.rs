//! Making a volume the data of an image that Glance has made for it.
//!
//! Whatever becomes of the image, the volume is given free again; an image that has no data then
//! is deleted.

use super::copying::Place;
use super::flow::Flow;
use super::image_copy::{self, Copied};
use super::job::Job;
use crate::domain::image::Image;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::Volume;
use crate::domain::{ImageId, Result, VolumeId};
use crate::image::{Caller, Failed, Glance, draw};

pub(super) async fn step(
    job: &Job,
    id: VolumeId,
    image: Option<ImageId>,
    previous: VolumeStatus,
) -> Result<Flow> {
    let Some(image) = image else {
        // The request died before Glance had made one, and its caller knows.
        return free(job, id, previous, How::Well).await;
    };
    let glance = job.bench.settings.images.as_ref().filter(|_| job.bench.settings.data_path.is_some());
    let found = job.bench.store.read().await?.find_volume(id, None).await?;
    let volume = found.map(|details| details.volume.clone());
    let volume = volume.filter(|volume| volume.status == VolumeStatus::Uploading);
    let (Some(glance), Some(volume)) = (glance, volume) else {
        discard(job, glance, image).await;
        return free(job, id, previous, How::Failed).await;
    };
    match upload(job, glance, &volume, image).await? {
        Ok(Copied::Done) => free(job, id, previous, How::Well).await,
        Ok(Copied::Overtaken) => {
            discard(job, Some(glance), image).await;
            free(job, id, previous, How::Well).await
        }
        Ok(Copied::Failed(_)) => {
            discard(job, Some(glance), image).await;
            free(job, id, previous, How::Failed).await
        }
        Err(flow) => Ok(flow),
    }
}

async fn upload(
    job: &Job,
    glance: &Glance,
    volume: &Volume,
    id: ImageId,
) -> Result<std::result::Result<Copied, Flow>> {
    let image = match waiting(job, glance, id).await {
        Ok(Some(image)) => image,
        Ok(None) => return Ok(Ok(Copied::Done)),
        Err(failed) => {
            if let Some(flow) = image_copy::given_up(job, glance, &failed) {
                return Ok(Err(flow));
            }
            tracing::warn!(volume = %volume.id, image = %id, why = %failed, "an upload has failed");
            return Ok(Ok(Copied::Failed(image_copy::reason(failed))));
        }
    };
    let Some((location, uuid)) = volume.location.clone().and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        return Ok(Ok(Copied::Failed(Reason::Unknown)));
    };
    let size = volume.size.bytes();
    let place = Place { volume: Some(volume.id), location, uuid, size };
    let copy = async |disk: &_| draw(glance, &image, disk, size.0, &job.op.request_id).await;
    image_copy::run(job, glance, &place, (volume.id, VolumeStatus::Uploading), copy).await
}

/// The image, if it still has no data; `None`: another process has already sent them.
async fn waiting(job: &Job, glance: &Glance, id: ImageId) -> Result<Option<Image>, Failed> {
    let image = glance.show(Caller::Ourselves, id, &job.op.request_id).await?;
    match image.status.as_str() {
        "queued" => Ok(Some(image)),
        "active" => Ok(None),
        // What was sent before is being put away, or thrown away.
        "saving" => Err(Failed::Source(format!("image {id} is still saving"))),
        other => Err(Failed::Unacceptable(format!("image {id} is {other}"))),
    }
}

/// An image without data is of no use to anybody. As in Cinder, one that cannot be deleted is left.
async fn discard(job: &Job, glance: Option<&Glance>, id: ImageId) {
    let Some(glance) = glance else { return };
    let gone = match glance.show(Caller::Ourselves, id, &job.op.request_id).await {
        Ok(image) if matches!(image.status.as_str(), "queued" | "saving") => {
            glance.delete(Caller::Ourselves, id).await
        }
        Ok(_) => Ok(()),
        Err(missed) => Err(missed),
    };
    if let Err(missed) = gone {
        tracing::warn!(image = %id, %missed, "an image without data may be left");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Well,
    Failed,
}

async fn free(job: &Job, id: VolumeId, previous: VolumeStatus, how: How) -> Result<Flow> {
    job.bench
        .store
        .write("end an upload", |tx, _| {
            Box::pin(async move {
                if let Some(mut volume) = tx.volume(id).await?
                    && volume.status == VolumeStatus::Uploading
                {
                    // It may have been attached or detached while it was read.
                    let back = volume.previous_status.filter(|status| !status.is_transient());
                    volume.status = back.unwrap_or(previous);
                    volume.updated_at = Some(job.now());
                    tx.update_volume(&volume).await?;
                }
                if how == How::Failed {
                    let subject = (ResourceKind::Volume, id.to_string());
                    job.tell(tx, subject, Action::CopyVolumeToImage, &Reason::FailedToUploadVolume).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
