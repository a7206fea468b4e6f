//! What is copied between a volume and the image service.
//!
//! Glance is asked with the caller's own token: what he may see and where what he makes belongs is
//! between the two of them. The token goes no further than these calls.

use std::sync::Arc;

use super::sources::image_of;
use super::{parse_id, visible};
use crate::domain::image::{Found, Image, NewImage, inherited_properties};
use crate::domain::operation::{Operation, Work};
use crate::domain::status::{VolumeEvent, VolumeStatus};
use crate::domain::volume::VolumeDetails;
use crate::domain::volume_type::VolumeType;
use crate::domain::{Ctx, Error, ErrorKind, ImageId, Result, VolumeId};
use crate::image::{Caller, ForceUpload, Glance, Missed};
use crate::service::Services;
use crate::store::Dispatch;

/// Cinder's words, whatever the reason.
const NO_SUCH_IMAGE: &str = "Invalid image identifier or unable to access requested image.";

/// Whether a volume that is kept for a server may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservedVolume {
    Refused,
    Allowed,
}

/// Whether a volume that is attached may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    No,
    Yes,
}

/// An upload that has begun: the volume as it was before, its type, and the image.
#[derive(Debug)]
pub struct Upload {
    pub details: Arc<VolumeDetails>,
    pub volume_type: Option<VolumeType>,
    pub image: Image,
}

impl Services {
    /// What the image service says of an image's id, of a URL that ends in one, or of a name that
    /// only one image has. `None`: there is no image service.
    pub async fn find_image(&self, ctx: &Ctx, token: &str, reference: &str) -> Option<Found> {
        let glance = self.images.as_ref()?;
        let (caller, request) = (Caller::User(token), &ctx.request_id);
        if let Ok(id) = image_of(reference) {
            match glance.show(caller, id, request).await {
                Ok(image) => return Some(Found::Image(Box::new(image))),
                Err(missed) => tracing::info!(image = %id, %missed, "an image was not found"),
            }
        }
        let refused = |kind, told: String| Some(Found::Refused(kind, told));
        match glance.named(caller, reference, request).await {
            Ok(found) if found.len() > 1 => {
                let told =
                    format!("Multiple matches found for '{reference}', use an ID to be more specific.");
                refused(ErrorKind::Conflict, told)
            }
            Ok(found) => match found.into_iter().next() {
                Some(image) => Some(Found::Image(Box::new(image))),
                None => refused(ErrorKind::Invalid, NO_SUCH_IMAGE.to_owned()),
            },
            Err(missed) => {
                tracing::info!(%missed, "Glance was not asked for an image by name");
                refused(ErrorKind::Invalid, NO_SUCH_IMAGE.to_owned())
            }
        }
    }

    /// `os-volume_upload_image`: the image is made at once, its data follow. `force` counts for
    /// nothing, as in Cinder, unless `enable_force_upload` is set.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for the status, and for what the image service will not have.
    pub async fn upload_volume(
        &self,
        ctx: &Ctx,
        token: &str,
        id: &str,
        mut new: NewImage,
        force: Force,
    ) -> Result<Upload> {
        let details = self.get_volume(ctx, id).await?;
        let id = details.volume.id;
        let forced = self.images.as_ref().map(|glance| glance.settings().force_upload);
        let event = match (force, forced) {
            (Force::Yes, Some(ForceUpload::Allowed)) => VolumeEvent::UploadForced,
            _ => VolumeEvent::Upload,
        };
        let Some(glance) = &self.images else {
            check(details.volume.status, event, id)?;
            return Err(Error::invalid("Connection to glance failed: No image service is configured."));
        };
        let operation = self.begin_upload(ctx, id, event).await?;
        let own = inherited_properties(&details.volume.image_metadata);
        new.properties.extend(own);
        let created = match new.container_format.as_str() {
            "compressed" => {
                Err(Error::invalid("Image compression upload disallowed, but container_format is compressed"))
            }
            _ => glance.create(Caller::User(token), &new, &ctx.request_id).await.map_err(not_made),
        };
        let image = match created {
            Ok(image) => image,
            Err(error) => {
                self.give_up_upload(id, &operation).await?;
                return Err(error);
            }
        };
        if let Err(error) = self.go_on_uploading(&operation, image.id).await {
            // Somebody has taken the operation for dead and given the volume free.
            discard(glance, token, image.id).await;
            return Err(error);
        }
        let volume_type = match details.volume.volume_type_id {
            Some(id) => self.store.read().await?.find_type(id).await?,
            None => None,
        };
        Ok(Upload { details, volume_type, image })
    }

    /// The volume is `uploading`, and somebody will give it free again whatever becomes of us.
    async fn begin_upload(&self, ctx: &Ctx, id: VolumeId, event: VolumeEvent) -> Result<Operation> {
        self.store
            .write("begin an upload", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    let previous = volume.status;
                    check(previous, event, id)?;
                    volume.previous_status = Some(previous);
                    volume.status = VolumeStatus::Uploading;
                    tx.update_volume(&volume).await?;
                    let operation =
                        Dispatch::plan(ctx, Work::UploadVolume { volume: id, image: None, previous });
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await
    }

    async fn go_on_uploading(&self, operation: &Operation, made: ImageId) -> Result<()> {
        let mut next = operation.clone();
        if let Work::UploadVolume { image, .. } = &mut next.work {
            *image = Some(made);
        }
        let (op, owner) = (&next, self.dispatch.owner());
        let until = self.dispatch.lease_until(&self.clock);
        self.store
            .write("go on with an upload", |tx, _| {
                Box::pin(async move { tx.update_operation(op, owner, until).await })
            })
            .await?;
        self.dispatch.announce(next);
        Ok(())
    }

    async fn give_up_upload(&self, id: VolumeId, operation: &Operation) -> Result<()> {
        let owner = self.dispatch.owner();
        self.store
            .write("give up an upload", |tx, _| {
                Box::pin(async move {
                    if let Some(mut volume) = tx.volume(id).await?
                        && volume.status == VolumeStatus::Uploading
                        && let Some(previous) = volume.previous_status.take()
                    {
                        volume.status = previous;
                        tx.update_volume(&volume).await?;
                    }
                    tx.delete_operation(operation.id, owner).await
                })
            })
            .await
    }

    /// The image for a reimage, if there is an image service.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, and `Unavailable` when the image service does not answer.
    async fn image_to_write(&self, ctx: &Ctx, token: &str, id: ImageId) -> Result<Option<Image>> {
        let Some(glance) = &self.images else { return Ok(None) };
        let image = glance.show(Caller::User(token), id, &ctx.request_id).await.map_err(|missed| {
            match &missed {
                Missed::NotFound => Error::not_found(format!("Image {id} could not be found.")),
                Missed::Forbidden(_) => Error::forbidden(format!("Not authorized for image {id}.")),
                Missed::Refused(why) => Error::invalid(format!("HTTP {why}")),
                Missed::Unavailable(_) => {
                    Error::unavailable("Connection to glance failed: it does not answer.")
                }
            }
            .because(missed)
        })?;
        Ok(Some(image))
    }

    /// `os-reimage`: accepts that an image is copied over the volume.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` with several attachments, `Invalid` for the status and for an image
    /// that does not fit.
    pub async fn reimage_volume(
        &self,
        ctx: &Ctx,
        token: &str,
        id: &str,
        image: ImageId,
        reserved: ReservedVolume,
    ) -> Result<()> {
        let id = parse_id(id)?;
        let event = match reserved {
            ReservedVolume::Refused => VolumeEvent::Reimage,
            ReservedVolume::Allowed => VolumeEvent::ReimageReserved,
        };
        let found = &self.image_to_write(ctx, token, image).await?;
        let operation = self
            .store
            .write("reimage a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    if tx.attachments_of(id).await?.len() > 1 {
                        return Err(Error::conflict(
                            "Cannot re-image a volume which is attached to more than one server.",
                        ));
                    }
                    let previous = volume.status;
                    if !event.allowed_from().contains(&previous) {
                        return Err(Error::invalid(format!(
                            "Invalid volume: Volume {id} status must be {}, but current status is {}.",
                            allowed(event),
                            previous.shown()
                        )));
                    }
                    if let Some(image) = found {
                        image.check(volume.size)?;
                    }
                    volume.previous_status = Some(previous);
                    volume.status = VolumeStatus::Downloading;
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    let work = Work::ReimageVolume { volume: id, image, previous };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }
}

fn allowed(event: VolumeEvent) -> String {
    let allowed: Vec<&str> = event.allowed_from().iter().map(|status| status.as_str()).collect();
    allowed.join(" or ")
}

fn check(status: VolumeStatus, event: VolumeEvent, id: VolumeId) -> Result<()> {
    if event.allowed_from().contains(&status) {
        return Ok(());
    }
    Err(Error::invalid(format!("Invalid volume: Volume {id} status must be {}", allowed(event))))
}

/// Cinder tells what Glance says, and all of it is the caller's fault.
fn not_made(missed: Missed) -> Error {
    let told = match &missed {
        Missed::NotFound => "HTTP 404 Not Found".to_owned(),
        Missed::Forbidden(text) | Missed::Refused(text) => format!("HTTP {text}"),
        Missed::Unavailable(_) => "Connection to glance failed: it does not answer.".to_owned(),
    };
    Error::invalid(told).because(missed)
}

async fn discard(glance: &Glance, token: &str, image: ImageId) {
    if let Err(missed) = glance.delete(Caller::User(token), image).await {
        tracing::warn!(%image, %missed, "an image without data is left");
    }
}
