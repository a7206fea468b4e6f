//! The attachments of one volume become those of another, to which somebody has copied it: each is
//! taken away and made anew, so that none is left `detaching` or `attaching`. One transaction; where
//! one cannot be attached it stays taken away, with those before it, as in Cinder.

use std::collections::HashMap;

use super::mark_attached::{OldAttach, join, may_attach};
use super::{Caller, caller as callers, invalid};
use crate::domain::attachment::{Attachment, volume_after};
use crate::domain::operation::Operation;
use crate::domain::status::{AttachStatus, VolumeStatus};
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
        let (operations, outcome) = self
            .store
            .write("swap attachments", |tx, _| {
                Box::pin(async move {
                    let mut operations = Vec::new();
                    let attachments = tx.attachments_of(from).await?;
                    // Cinder finds that out when it has detached it already.
                    if from == to && attachments.iter().any(|found| found.status == AttachStatus::Attached) {
                        return Err(invalid(
                            "volume is already attached and multiple attachments are not enabled".to_owned(),
                        ));
                    }
                    for attachment in attachments {
                        let caller = callers.get(&attachment.id).copied().unwrap_or(caller);
                        let (operation, outcome) = self.bring(tx, ctx, to, attachment, caller).await?;
                        operations.extend(operation);
                        if outcome.is_err() {
                            return Ok((operations, outcome));
                        }
                    }
                    Ok((operations, Ok(())))
                })
            })
            .await?;
        operations.into_iter().for_each(|operation| self.dispatch.announce(operation));
        outcome
    }

    /// What clusters have to do for it, and whether it could be.
    async fn bring(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        to: VolumeId,
        old: Attachment,
        caller: Caller,
    ) -> Result<(Option<Operation>, Result<()>)> {
        let mut volume = visible(tx, ctx, old.volume_id).await?;
        if let Err(refusal) = callers::check(&old, caller) {
            return Ok((None, Err(refusal)));
        }
        if volume.status == VolumeStatus::Maintenance {
            let refusal = invalid("The volume cannot be detached in maintenance mode.".to_owned());
            return Ok((None, Err(refusal)));
        }
        tx.delete_attachment(old.id).await?;
        volume.detached_to(volume_after(&tx.attachments_of(volume.id).await?));
        volume.updated_at = Some(ctx.clock.now());
        tx.update_volume(&volume).await?;
        let operation = match &old.connector {
            Some(host) => Some(self.take_off(tx, ctx, volume.id, host.clone()).await?),
            None => None,
        };
        Ok((operation, attach(tx, ctx, to, old).await?))
    }
}

async fn attach(tx: &mut Tx, ctx: &Ctx, to: VolumeId, old: Attachment) -> Result<Result<()>> {
    let asked = OldAttach {
        instance_id: old.instance_id,
        host: old.host,
        mountpoint: old.mountpoint,
        mode: MODE.to_owned(),
    };
    let mut volume = visible(tx, ctx, to).await?;
    if let Err(refusal) = may_attach(&mut volume, &asked) {
        return Ok(Err(refusal));
    }
    let outcome = join(ctx, &mut volume, &tx.attachments_of(to).await?, &asked);
    volume.updated_at = Some(ctx.clock.now());
    tx.update_volume(&volume).await?;
    // None is needed where the server has made one by itself.
    if let Ok(Some(attachment)) = &outcome {
        tx.insert_attachment(attachment).await?;
    }
    Ok(outcome.map(drop))
}
