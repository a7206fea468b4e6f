//! The attachments of one volume become those of another, to which somebody has copied it: each is
//! taken away and made anew, so that none is left `detaching` or `attaching`. All of them, or none.

use std::collections::HashMap;

use super::mark_attached::{OldAttach, join, may_attach};
use super::{Caller, caller as callers, invalid};
use crate::domain::attachment::{Attachment, volume_after};
use crate::domain::operation::Operation;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{AttachmentId, Ctx, Result, VolumeId};
use crate::service::Services;
use crate::service::volumes::visible;
use crate::store::Tx;

const MODE: &str = "rw";

impl Services {
    /// # Errors
    /// `NotFound`; `Invalid` when one of the volumes is in maintenance or the other cannot be
    /// attached; `Conflict` when only the compute service may detach.
    pub(in crate::service) async fn swap_attachments(
        &self,
        ctx: &Ctx,
        from: VolumeId,
        to: VolumeId,
        caller: Caller,
    ) -> Result<()> {
        let mut callers: HashMap<AttachmentId, Caller> = HashMap::new();
        for attachment in self.store.read().await?.attachments_of(from).await? {
            callers.insert(attachment.id, self.consult(ctx, &attachment, caller).await?);
        }
        let callers = &callers;
        let operations = self
            .store
            .write("swap attachments", |tx, _| {
                Box::pin(async move {
                    let mut operations = Vec::new();
                    let attachments = tx.attachments_of(from).await?;
                    if attachments.is_empty() {
                        return Ok(operations);
                    }
                    // Cinder finds that out when it has detached it already.
                    if from == to && attachments.iter().any(|found| found.status == AttachStatus::Attached) {
                        return Err(invalid(
                            "volume is already attached and multiple attachments are not enabled".to_owned(),
                        ));
                    }
                    for attachment in &attachments {
                        let caller = callers.get(&attachment.id).copied().unwrap_or(caller);
                        callers::check(attachment, caller)?;
                        operations.extend(self.take_away(tx, ctx, attachment).await?);
                    }
                    free(tx, ctx, from).await?;
                    let mut volume = visible(tx, ctx, to).await?;
                    for attachment in attachments {
                        attach(tx, ctx, &mut volume, attachment).await?;
                    }
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    Ok(operations)
                })
            })
            .await?;
        operations.into_iter().for_each(|operation| self.dispatch.announce(operation));
        Ok(())
    }

    async fn take_away(&self, tx: &mut Tx, ctx: &Ctx, attachment: &Attachment) -> Result<Option<Operation>> {
        tx.delete_attachment(attachment.id).await?;
        match &attachment.connector {
            Some(host) => self.take_off(tx, ctx, attachment.volume_id, host.clone()).await.map(Some),
            None => Ok(None),
        }
    }
}

async fn free(tx: &mut Tx, ctx: &Ctx, id: VolumeId) -> Result<()> {
    let mut volume = visible(tx, ctx, id).await?;
    if volume.status == VolumeStatus::Maintenance {
        return Err(invalid("The volume cannot be detached in maintenance mode.".to_owned()));
    }
    volume.detached_to(volume_after(&[]));
    volume.updated_at = Some(ctx.clock.now());
    tx.update_volume(&volume).await
}

async fn attach(tx: &mut Tx, ctx: &Ctx, volume: &mut Volume, old: Attachment) -> Result<()> {
    let asked = OldAttach {
        instance_id: old.instance_id,
        host: old.host,
        mountpoint: old.mountpoint,
        mode: MODE.to_owned(),
    };
    may_attach(volume, &asked)?;
    let others = tx.attachments_of(volume.id).await?;
    match join(ctx, volume, &others, &asked)? {
        Some(attachment) => tx.insert_attachment(&attachment).await,
        // It has done so by itself.
        None => Ok(()),
    }
}
