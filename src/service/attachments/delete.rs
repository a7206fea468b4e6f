//! `DELETE /attachments/{id}`.

use super::{Caller, caller, parse_id, visible};
use crate::domain::attachment::{Attachment, volume_after};
use crate::domain::cluster::Deed;
use crate::domain::operation::Work;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::{Ctx, Result};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::store::Dispatch;

impl Services {
    /// Takes the host off the volume; the attachments that are left.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when only the compute service may, or `Unavailable` when that
    /// cannot be found out.
    pub async fn delete_attachment(&self, ctx: &Ctx, id: &str, caller: Caller) -> Result<Vec<Attachment>> {
        let caller = match caller {
            Caller::User => self.consult(ctx, &self.get_attachment(ctx, id).await?, caller).await?,
            Caller::Service | Caller::Cleared(_) => caller,
        };
        let id = parse_id(id)?;
        let (volume, operation) = self
            .store
            .write("delete an attachment", |tx, _| {
                Box::pin(async move {
                    let mut attachment = visible(tx, ctx, id).await?;
                    caller::check(&attachment, caller)?;
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
