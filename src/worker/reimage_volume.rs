//! Copying an image over a volume.
//!
//! Its former data are gone with the first byte, so a copy that fails leaves it in error; nothing
//! of them is left, either: what the image does not fill is zeroed.

use super::copying::Place;
use super::flow::Flow;
use super::image_copy::{self, Copied};
use super::job::Job;
use crate::domain::image::Image;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{Operation, ServerEvent, Work};
use crate::domain::status::VolumeStatus;
use crate::domain::{ImageId, Result, VolumeId};
use crate::image::{Caller, Failed, Ground, pour};
use crate::store::{Dispatch, Tx};

pub(super) async fn step(job: &Job, id: VolumeId, image: ImageId, previous: VolumeStatus) -> Result<Flow> {
    let Some(glance) = job.bench.settings.images.as_ref().filter(|_| job.bench.settings.data_path.is_some())
    else {
        return fail(job, id, &Reason::NoImageService).await;
    };
    let found = job.bench.store.read().await?.find_volume(id, None).await?;
    let volume = found.map(|details| details.volume.clone());
    let Some(volume) = volume.filter(|volume| volume.status == VolumeStatus::Downloading) else {
        return job.end_superseded().await;
    };
    let Some((location, uuid)) = volume.location.clone().and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        return fail(job, id, &Reason::Other("The volume is not on its cluster.".to_owned())).await;
    };
    let shown = glance.show(Caller::Ourselves, image, &job.op.request_id).await.map_err(Failed::from);
    let checked = shown.and_then(|image| {
        let checked = image.check(volume.size);
        checked.map(|()| image).map_err(|error| Failed::Unacceptable(error.message().to_owned()))
    });
    let image = match checked {
        Ok(image) => image,
        Err(failed) => match image_copy::given_up(job, glance, &failed) {
            Some(flow) => return Ok(flow),
            None => return fail(job, id, &image_copy::reason(failed)).await,
        },
    };
    let place = Place { volume: Some(id), location, uuid, size: volume.size.bytes() };
    let copy = async |disk: &_| pour(glance, &image, disk, volume.size, Ground::Used).await;
    match image_copy::run(job, glance, &place, (id, VolumeStatus::Downloading), copy).await? {
        Ok(Copied::Done) => done(job, id, &image, previous).await,
        Ok(Copied::Overtaken) => job.end_superseded().await,
        Ok(Copied::Failed(reason)) => fail(job, id, &reason).await,
        Err(flow) => Ok(flow),
    }
}

async fn done(job: &Job, id: VolumeId, image: &Image, previous: VolumeStatus) -> Result<Flow> {
    let next = job
        .bench
        .store
        .write("finish a reimage", |tx, _| {
            Box::pin(async move {
                let next = settle(job, tx, id, image, previous).await?;
                job.end(tx).await?;
                Ok(next)
            })
        })
        .await?;
    next.into_iter().for_each(|operation| job.bench.dispatch.announce(operation));
    Ok(Flow::Done)
}

/// The volume is what it was, with other data; servers that keep it for themselves are told.
async fn settle(
    job: &Job,
    tx: &mut Tx,
    id: VolumeId,
    image: &Image,
    previous: VolumeStatus,
) -> Result<Option<Operation>> {
    let Some(mut volume) = tx.volume(id).await? else { return Ok(None) };
    if volume.status != VolumeStatus::Downloading {
        return Ok(None);
    }
    volume.status = volume.previous_status.unwrap_or(previous);
    volume.bootable = true;
    volume.image_metadata = image.volume_metadata();
    volume.updated_at = Some(job.now());
    tx.update_volume(&volume).await?;
    if volume.status != VolumeStatus::Reserved {
        return Ok(None);
    }
    let attachments = tx.attachments_of(id).await?;
    let servers: Vec<String> =
        attachments.into_iter().filter_map(|attachment| attachment.instance_id).collect();
    if servers.is_empty() {
        return Ok(None);
    }
    let work = Work::NotifyCompute { volume: id, servers, event: ServerEvent::Reimaged };
    let operation = Dispatch::follow_up(&job.op, work, &job.bench.clock);
    job.bench.dispatch.insert(tx, &operation, &job.bench.clock).await?;
    Ok(Some(operation))
}

async fn fail(job: &Job, volume: VolumeId, reason: &Reason) -> Result<Flow> {
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
                    job.tell(tx, subject, Action::ReimageVolume, reason).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
