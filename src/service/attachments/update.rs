//! `PUT /attachments/{id}` (a connector, for a connection) and `os-complete`.

use super::create::connect;
use super::{attaching, is_failed, parse_id, visible};
use crate::domain::attachment::{Attachment, Connector};
use crate::domain::cluster::Deed;
use crate::domain::operation::Work;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::store::Dispatch;

impl Services {
    /// Lets the host in and answers with the connection.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for a second connection of a volume that takes one, or one in error.
    pub async fn update_attachment(&self, ctx: &Ctx, id: &str, connector: &Connector) -> Result<Attachment> {
        let id = parse_id(id)?;
        let (old_host, operation) = self
            .store
            .write("update an attachment", |tx, _| {
                Box::pin(async move {
                    let mut attachment = visible(tx, ctx, id).await?;
                    let mut volume = tx.get_volume(attachment.volume_id).await?;
                    check_intent(tx, volume.cluster_id(), Deed::Use).await?;
                    if is_failed(&volume) {
                        return Err(Error::conflict(format!(
                            "Resource conflict: Volume attachments can not be updated if the volume is in an error \
                             state. The Volume {} currently has a status of: {} ",
                            volume.id, volume.status
                        )));
                    }
                    let others = tx.attachments_of(volume.id).await?;
                    let connected = |other: &&Attachment| {
                        other.connection_info.as_deref().is_some_and(|info| info != "{}")
                    };
                    if !volume.multiattach && others.len() > 1 && others.iter().any(|other| connected(&other))
                    {
                        return Err(Error::conflict(format!(
                            "Resource conflict: duplicate connectors detected on volume {}",
                            volume.id
                        )));
                    }
                    let now = ctx.clock.now();
                    let before = attachment.connector.take();
                    connect(&mut attachment, connector, now);
                    tx.update_attachment(&attachment).await?;
                    attaching(&mut volume);
                    volume.updated_at = Some(now);
                    tx.update_volume(&volume).await?;
                    // From now on nobody remembers the host it was for.
                    let old_host = match before.filter(|before| !before.is_same_host(connector)) {
                        Some(before) => Some(self.take_off(tx, ctx, volume.id, before).await?),
                        None => None,
                    };
                    let work = Work::Connect {
                        volume: volume.id,
                        attachment: Some(id),
                        connector: connector.clone(),
                    };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok((old_host, operation))
                })
            })
            .await?;
        old_host.into_iter().for_each(|old_host| self.dispatch.announce(old_host));
        self.dispatch.announce_and_wait(operation, &self.store, ctx.patience).await?;
        self.connected(ctx, id).await
    }

    /// The host is done: attached. May be said again.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn complete_attachment(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        self.store
            .write("complete an attachment", |tx, _| {
                Box::pin(async move {
                    let mut attachment = visible(tx, ctx, id).await?;
                    let mut volume = tx.get_volume(attachment.volume_id).await?;
                    let now = ctx.clock.now();
                    attachment.status = AttachStatus::Attached;
                    attachment.updated_at = Some(now);
                    tx.update_attachment(&attachment).await?;
                    volume.attach_to(VolumeStatus::InUse, AttachStatus::Attached);
                    volume.updated_at = Some(now);
                    tx.update_volume(&volume).await
                })
            })
            .await
    }
}
