//! `DELETE /attachments/{id}`.
//!
//! A server's attachment may only be taken away by the service that runs the server
//! (CVE-2023-2088): otherwise a user could detach a volume that his server goes on writing to,
//! and its next owner would share it.

use super::{parse_id, visible};
use crate::domain::attachment::{Attachment, volume_after};
use crate::domain::cluster::Deed;
use crate::domain::operation::Work;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::store::Dispatch;

/// Who asks for an attachment to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// With a service token of a trusted role, or where nobody has to prove who he is.
    Service,
    User,
}

impl Services {
    /// Takes the host off the volume; the attachments that are left.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when only the compute service may.
    pub async fn delete_attachment(&self, ctx: &Ctx, id: &str, caller: Caller) -> Result<Vec<Attachment>> {
        let id = parse_id(id)?;
        let (volume, operation) = self
            .store
            .write("delete an attachment", |tx, _| {
                Box::pin(async move {
                    let mut attachment = visible(tx, ctx, id).await?;
                    check_caller(&attachment, caller)?;
                    let mut volume = tx.get_volume(attachment.volume_id).await?;
                    let now = ctx.clock.now();
                    let Some(connector) = attachment.connector.clone() else {
                        tx.delete_attachment(id).await?;
                        let left = tx.attachments_of(volume.id).await?;
                        volume.detached_to(volume_after(&left));
                        volume.updated_at = Some(now);
                        tx.update_volume(&volume).await?;
                        return Ok((volume.id, None));
                    };
                    check_intent(tx, volume.cluster_id(), Deed::Use).await?;
                    attachment.status = AttachStatus::Detaching;
                    attachment.updated_at = Some(now);
                    tx.update_attachment(&attachment).await?;
                    if matches!(volume.status, VolumeStatus::InUse | VolumeStatus::Attaching) {
                        let others = tx.attachments_of(volume.id).await?;
                        volume.detached_to(volume_after(&others));
                        volume.updated_at = Some(now);
                        tx.update_volume(&volume).await?;
                    }
                    let work = Work::Disconnect { volume: volume.id, attachment: Some(id), connector };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok((volume.id, Some(operation)))
                })
            })
            .await?;
        if let Some(operation) = operation {
            self.dispatch.announce_and_wait(operation, &self.store, ctx.patience).await?;
        }
        self.store.read().await?.attachments_of(volume).await
    }
}

pub(super) fn check_caller(attachment: &Attachment, caller: Caller) -> Result<()> {
    let Some(server) = &attachment.instance_id else { return Ok(()) };
    let connected = attachment.connection_info.as_deref().is_some_and(|info| info != "{}");
    if caller == Caller::Service || !connected {
        return Ok(());
    }
    Err(Error::conflict(format!(
        "ConflictNovaUsingAttachment: Detach volume from instance {server} using the Compute API"
    )))
}
