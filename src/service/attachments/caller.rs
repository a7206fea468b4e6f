//! Who may take an attachment away.
//!
//! A server's attachment may only be taken away by the service that runs the server
//! (CVE-2023-2088): otherwise a user could detach a volume that his server goes on writing to,
//! and its next owner would share it. What Nova does not know of any more (the server is gone, or
//! holds the volume by another attachment), its owner may clean up himself, so Nova is asked.

use crate::compute::Holding;
use crate::domain::attachment::Attachment;
use crate::domain::{AttachmentId, Ctx, Error, Result, VolumeId};
use crate::service::Services;

/// Who asks for an attachment to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// With a service token of a trusted role, or where nobody has to prove who he is.
    Service,
    User,
    /// A user, and Nova does not hold this attachment.
    Cleared(AttachmentId),
}

/// Refuses what only the compute service may do. Part of the transaction, so that nothing can
/// have changed since.
pub(super) fn check(attachment: &Attachment, caller: Caller) -> Result<()> {
    let Some(server) = attachment.instance_id.as_deref() else { return Ok(()) };
    let connected = attachment.connection_info.as_deref().is_some_and(|info| info != "{}");
    let may = match caller {
        Caller::Service => true,
        Caller::User => !connected,
        Caller::Cleared(id) => id == attachment.id || !connected,
    };
    if may { Ok(()) } else { Err(in_use(server)) }
}

fn in_use(server: &str) -> Error {
    Error::conflict(format!(
        "ConflictNovaUsingAttachment: Detach volume from instance {server} using the Compute API"
    ))
}

impl Services {
    /// Asks Nova where it has to be asked; what the caller is thereafter.
    ///
    /// # Errors
    /// `Unavailable` when Nova cannot say.
    pub(super) async fn consult(&self, ctx: &Ctx, attachment: &Attachment, caller: Caller) -> Result<Caller> {
        let (Err(_), Some(server), Some(compute)) =
            (check(attachment, caller), &attachment.instance_id, &self.compute)
        else {
            return Ok(caller);
        };
        match compute.holding(server, attachment.volume_id, &ctx.request_id).await {
            Ok(Holding::Volume { attachment: Some(held) }) if held == attachment.id.to_string() => Ok(caller),
            Ok(_) => {
                tracing::warn!(attachment = %attachment.id, server,
                    "Nova does not hold this attachment, so its owner may take it away; a device may be left on the host");
                Ok(Caller::Cleared(attachment.id))
            }
            Err(why) => Err(Error::unavailable("The Nova service is temporarily unavailable.").because(why)),
        }
    }

    /// The same for the attachment an old-style action means: the named one, or the only one.
    ///
    /// # Errors
    /// `Conflict` when it is not clear which is meant, `Unavailable` when Nova cannot say.
    pub(super) async fn consult_about(
        &self,
        ctx: &Ctx,
        volume: VolumeId,
        attachment: Option<&str>,
        caller: Caller,
    ) -> Result<Caller> {
        if caller != Caller::User {
            return Ok(caller);
        }
        let mut session = self.store.read().await?;
        let all = session.attachments_of(volume).await?;
        let meant = match (attachment, all.as_slice()) {
            (None, []) => return Ok(caller),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
            (Some(id), _) => match id.parse() {
                Ok(id) => session.find_attachment(id, None).await?,
                Err(_) => None,
            },
        };
        drop(session);
        match meant {
            Some(meant) if meant.volume_id == volume => self.consult(ctx, &meant, caller).await,
            Some(_) => Err(Error::invalid("Invalid input received: Mismatched volume and attachment")),
            None => Err(in_use("")),
        }
    }
}
