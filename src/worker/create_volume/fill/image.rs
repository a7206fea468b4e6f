//! An image, copied in.

use super::{Order, Told, fail};
use crate::domain::image::{Image, SIGNATURE_VERIFIED};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::CreateVolume;
use crate::domain::status::VolumeStatus;
use crate::domain::volume::Volume;
use crate::domain::{BackendUuid, ImageId, Metadata, Result};
use crate::image::{Caller, Failed, Glance, Ground, Signatures, pour};
use crate::worker::copying::Place;
use crate::worker::create_volume::{finish, overtaken, placed};
use crate::worker::flow::Flow;
use crate::worker::image_copy::{self, Copied};
use crate::worker::job::Job;

pub(super) async fn fill(job: &Job, order: &Order, uuid: BackendUuid, id: &ImageId) -> Result<Flow> {
    let Some(glance) = job.bench.settings.images.as_ref().filter(|_| job.bench.settings.data_path.is_some())
    else {
        return end_in_error(job, order, uuid, &Reason::NoImageService).await;
    };
    let (volume, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(flow),
    };
    let Some(ground) = begin(job, order, uuid).await? else {
        // Whoever has overtaken us learns the UUID.
        return finish::finish(job, order, uuid).await;
    };
    let image = match acceptable(job, glance, *id, &volume).await {
        Ok(image) => image,
        Err(failed) => match image_copy::given_up(job, glance, &failed) {
            Some(flow) => return Ok(flow),
            None => return end_in_error(job, order, uuid, &image_copy::reason(failed)).await,
        },
    };
    let place = Place { volume: None, location, uuid, size: volume.size.bytes() };
    let copy = async |disk: &_| pour(glance, &image, disk, volume.size, ground).await;
    let kept = (order.volume, VolumeStatus::Downloading);
    match image_copy::run(job, glance, &place, kept, copy).await? {
        Ok(Copied::Done) => done(job, order, uuid, metadata(glance, &image)).await,
        Ok(Copied::Overtaken) => finish::finish(job, order, uuid).await,
        Ok(Copied::Failed(reason)) => end_in_error(job, order, uuid, &reason).await,
        Err(flow) => Ok(flow),
    }
}

async fn end_in_error(job: &Job, order: &Order, uuid: BackendUuid, reason: &Reason) -> Result<Flow> {
    let subject = (ResourceKind::Volume, order.volume.to_string());
    fail(job, order, uuid, &Told { subject, action: Action::CopyImageToVolume, reason }).await
}

/// The volume is `downloading` from now on. Who makes it so is the first to write to it: it reads
/// as zeroes. `None`: a delete was faster.
async fn begin(job: &Job, order: &Order, uuid: BackendUuid) -> Result<Option<Ground>> {
    job.bench
        .store
        .write("begin to fill a volume", |tx, _| {
            Box::pin(async move {
                let Some(mut volume) = tx.volume(order.volume).await? else { return Ok(None) };
                match volume.status {
                    _ if overtaken(&volume) => return Ok(None),
                    VolumeStatus::Downloading => return Ok(Some(Ground::Used)),
                    _ => {}
                }
                if let Some(location) = &mut volume.location {
                    location.uuid = Some(uuid);
                }
                volume.status = VolumeStatus::Downloading;
                volume.updated_at = Some(job.now());
                tx.update_volume(&volume).await?;
                Ok(Some(Ground::Blank))
            })
        })
        .await
}

/// The image, if it can become this volume. It may have changed since the API looked at it.
async fn acceptable(job: &Job, glance: &Glance, id: ImageId, volume: &Volume) -> Result<Image, Failed> {
    let image = glance.show(Caller::Ourselves, id, &job.op.request_id).await?;
    image.check(volume.size).map_err(|error| Failed::Unacceptable(error.message().to_owned()))?;
    match glance.settings().signatures {
        Signatures::Refused if image.is_signed() => Err(Failed::NotVerified),
        Signatures::Refused | Signatures::Ignored => Ok(image),
    }
}

fn metadata(glance: &Glance, image: &Image) -> Metadata {
    let mut kept = image.volume_metadata();
    if glance.settings().signatures == Signatures::Refused {
        // It had none.
        kept.insert(SIGNATURE_VERIFIED.to_owned(), "False".to_owned());
    }
    kept
}

async fn done(job: &Job, order: &Order, uuid: BackendUuid, metadata: Metadata) -> Result<Flow> {
    let (guard, metadata) = (&order.at(CreateVolume::Guard), &metadata);
    job.bench
        .store
        .write("finish a volume of an image", |tx, _| {
            Box::pin(async move {
                if let Some(mut volume) = tx.volume(order.volume).await? {
                    if let Some(location) = &mut volume.location {
                        location.uuid = Some(uuid);
                    }
                    if !overtaken(&volume) {
                        volume.status = VolumeStatus::Available;
                        volume.updated_at = Some(job.now());
                        volume.bootable = true;
                        volume.image_metadata.clone_from(metadata);
                    }
                    tx.update_volume(&volume).await?;
                }
                job.end_guarded(tx, guard).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
