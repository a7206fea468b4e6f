//! `POST /attachments`: reserves, and with a connector connects at once.

use super::{attaching, invalid, is_failed};
use crate::domain::attachment::{Attachment, Connector, NewAttachment};
use crate::domain::operation::{Operation, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{READONLY, Volume};
use crate::domain::{AttachmentId, Ctx, Result, Timestamp};
use crate::service::Services;
use crate::service::volumes::{parse_id, visible};
use crate::store::{Dispatch, Tx};

impl Services {
    /// Reserves the volume; with a connector the answer carries the connection.
    ///
    /// # Errors
    /// `NotFound` for the volume, `Invalid` when its status or another attachment forbids it.
    pub async fn create_attachment(&self, ctx: &Ctx, new: &NewAttachment) -> Result<Attachment> {
        let id = AttachmentId::random();
        let (attachment, operation) = self
            .store
            .write("create an attachment", |tx, _| Box::pin(self.reserve_in(tx, ctx, new, id)))
            .await?;
        let Some(operation) = operation else { return Ok(attachment) };
        self.dispatch.announce_and_wait(operation, &self.store, ctx.patience).await?;
        self.connected(ctx, id).await
    }

    /// Whether the volume could be reserved now, where what the host says of itself is wrong: Cinder looks at that last.
    ///
    /// # Errors
    /// As of [`Self::create_attachment`].
    pub async fn check_new_attachment(&self, ctx: &Ctx, new: &NewAttachment) -> Result<()> {
        let details = self.get_volume(ctx, &new.volume_id).await?;
        let others = self.store.read().await?.attachments_of(details.volume.id).await?;
        check(&details.volume, &others, new)
    }

    /// The attachment after its host was let in, or why it was not.
    pub(super) async fn connected(&self, ctx: &Ctx, id: AttachmentId) -> Result<Attachment> {
        let attachment = self.get_attachment(ctx, &id.to_string()).await?;
        if attachment.status == AttachStatus::ErrorAttaching {
            return Err(invalid(format!("volume {} cannot be connected to.", attachment.volume_id)));
        }
        Ok(attachment)
    }

    async fn reserve_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: &NewAttachment,
        id: AttachmentId,
    ) -> Result<(Attachment, Option<Operation>)> {
        let mut volume = visible(tx, ctx, parse_id(&new.volume_id)?).await?;
        let others = tx.attachments_of(volume.id).await?;
        check(&volume, &others, new)?;
        let now = ctx.clock.now();
        // Whatever was said of reading, that something was said counts.
        let mode = if volume.admin_metadata.contains_key(READONLY) {
            Some("ro".to_owned())
        } else {
            new.mode.clone()
        };
        let mut attachment = Attachment {
            id,
            volume_id: volume.id,
            project_id: volume.project_id.clone(),
            instance_id: new.instance_id.clone(),
            host: None,
            mountpoint: None,
            status: AttachStatus::Reserved,
            mode: mode.clone(),
            attached_at: None,
            connector: None,
            connection_info: Some("{}".to_owned()),
            created_at: now,
            updated_at: None,
            version: 1,
        };
        match &new.connector {
            None => {
                // One that is in use by a single server stays so while that server moves.
                if volume.multiattach || volume.status != VolumeStatus::InUse {
                    volume.status = VolumeStatus::Reserved;
                }
            }
            Some(connector) => {
                connect(&mut attachment, connector, now);
                // What the host asks for does not count here, unlike when it connects later.
                attachment.mode.clone_from(&mode);
                attaching(&mut volume);
            }
        }
        volume.updated_at = Some(now);
        tx.update_volume(&volume).await?;
        tx.insert_attachment(&attachment).await?;
        let Some(connector) = new.connector.clone() else { return Ok((attachment, None)) };
        let work = Work::Connect { volume: volume.id, attachment: Some(id), connector };
        let operation = Dispatch::plan(ctx, work);
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok((attachment, Some(operation)))
    }
}

/// What the host says of itself becomes part of the attachment.
pub(super) fn connect(attachment: &mut Attachment, connector: &Connector, now: Timestamp) {
    let asked = attachment.mode.take().or_else(|| connector.mode.clone());
    attachment.status = AttachStatus::Attaching;
    attachment.host.clone_from(&connector.host);
    attachment.mountpoint = Some(connector.mountpoint.clone().unwrap_or_else(|| "na".to_owned()));
    attachment.mode = Some(asked.unwrap_or_else(|| "rw".to_owned()));
    attachment.attached_at = Some(now);
    attachment.connector = Some(connector.clone());
    attachment.updated_at = Some(now);
}

/// Available, or in use by several, or by the same server once more (Nova's migrations).
fn check(volume: &Volume, others: &[Attachment], new: &NewAttachment) -> Result<()> {
    let status = volume.status;
    if is_failed(volume) {
        return Err(invalid(format!(
            "Volume attachments can not be created if the volume is in an error state. The Volume {} currently has a \
             status of: {status} ",
            volume.id
        )));
    }
    let same_server =
        new.instance_id.is_some() && others.iter().any(|other| other.instance_id == new.instance_id);
    let fits = match status {
        VolumeStatus::Available | VolumeStatus::Downloading => true,
        VolumeStatus::InUse => volume.multiattach || same_server,
        VolumeStatus::Reserved => same_server,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let or_in_use = if volume.multiattach { " or in-use" } else { "" };
    Err(invalid(format!(
        "Volume {} status must be available{or_in_use} or downloading to reserve, but the current status is {status}.",
        volume.id
    )))
}
