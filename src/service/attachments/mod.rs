//! Attachments, in the way Nova, Glance and Ironic use them since 3.27.
//!
//! Statuses follow `cinder-behaviours` §6. What concerns a cluster (letting a host in, taking it
//! off) is an operation like any other; the request waits for its end, because Cinder answers
//! with the outcome.

mod caller;
mod create;
mod delete;
mod mark_attached;
mod old_style;
mod read;
mod swap;
mod update;

use crate::domain::attachment::{Attachment, Connector};
use crate::domain::operation::{Operation, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{AttachmentId, Ctx, Error, Result, VolumeId};
use crate::service::{Services, confined_to};
use crate::store::{Dispatch, Tx};

pub use caller::Caller;
pub use mark_attached::OldAttach;

fn not_found(id: &str) -> Error {
    Error::not_found(format!("Volume attachment could not be found with filter: attachment_id = {id}."))
}

fn parse_id(id: &str) -> Result<AttachmentId> {
    id.parse().map_err(|_| not_found(id))
}

async fn visible(tx: &mut Tx, ctx: &Ctx, id: AttachmentId) -> Result<Attachment> {
    let found = tx.find_attachment(id, confined_to(ctx)).await?;
    found.ok_or_else(|| not_found(&id.to_string()))
}

fn invalid(message: String) -> Error {
    Error::invalid(format!("Invalid volume: {message}"))
}

fn is_failed(volume: &Volume) -> bool {
    volume.status.as_str().contains("error")
}

/// The volume while a host is being let in.
fn attaching(volume: &mut Volume) {
    volume.attach_to(VolumeStatus::Attaching, AttachStatus::Attaching);
}

impl Services {
    /// Starts taking a host off a volume when no attachment stands for it any more.
    async fn take_off(&self, tx: &mut Tx, ctx: &Ctx, volume: VolumeId, host: Connector) -> Result<Operation> {
        let operation = Dispatch::plan(ctx, Work::Disconnect { volume, attachment: None, connector: host });
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok(operation)
    }
}
