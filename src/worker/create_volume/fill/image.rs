//! An image, copied in.

use super::{Order, Told, fail};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::{BackendUuid, ImageId, Result};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// THE ENGINE GOES HERE.
pub(super) async fn fill(job: &Job, order: &Order, uuid: BackendUuid, _image: &ImageId) -> Result<Flow> {
    let subject = (ResourceKind::Volume, order.volume.to_string());
    let told = Told { subject, action: Action::CopyImageToVolume, reason: &Reason::NoImageService };
    fail(job, order, uuid, &told).await
}
