//! What is copied between a volume and the image service.

use super::{parse_id, visible};
use crate::domain::operation::Work;
use crate::domain::status::{VolumeEvent, VolumeStatus};
use crate::domain::{Ctx, Error, ImageId, Result};
use crate::service::Services;
use crate::store::Dispatch;

/// Whether a volume that is kept for a server may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservedVolume {
    Refused,
    Allowed,
}

impl Services {
    /// `os-volume_upload_image`: an image of the image service comes before anything is copied,
    /// and there is no image service. `force` counts for nothing, as in Cinder unless
    /// `enable_force_upload` is set.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for the status, and because the image service cannot be reached.
    pub async fn upload_volume(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let details = self.get_volume(ctx, id).await?;
        if !VolumeEvent::Upload.allowed_from().contains(&details.volume.status) {
            return Err(Error::invalid(format!("Invalid volume: Volume {id} status must be available")));
        }
        Err(Error::invalid("Connection to glance failed: No image service is configured."))
    }

    /// `os-reimage`: accepts that an image is copied over the volume.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` with several attachments, `Invalid` for the status.
    pub async fn reimage_volume(
        &self,
        ctx: &Ctx,
        id: &str,
        image: ImageId,
        reserved: ReservedVolume,
    ) -> Result<()> {
        let id = parse_id(id)?;
        let event = match reserved {
            ReservedVolume::Refused => VolumeEvent::Reimage,
            ReservedVolume::Allowed => VolumeEvent::ReimageReserved,
        };
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
                        let allowed: Vec<&str> = event.allowed_from().iter().map(|s| s.as_str()).collect();
                        return Err(Error::invalid(format!(
                            "Invalid volume: Volume {id} status must be {}, but current status is {}.",
                            allowed.join(" or "),
                            previous.shown()
                        )));
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
