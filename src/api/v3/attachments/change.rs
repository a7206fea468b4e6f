//! Creating, connecting, completing and deleting attachments.

use axum::http::StatusCode;

use super::view::{List, One, Shape, View};
use super::{caller, connector, load_authorized};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::volumes;
use crate::domain::attachment::{Attachment, NewAttachment};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::{Error, Result};

pub async fn create(call: Call) -> Result<Reply> {
    let fields = call.object("attachment");
    let volume_id = fields.text("volume_uuid").unwrap_or_default();
    let details = volumes::load_by_rule(&call, &volume_id).await?;
    let target = volumes::target(&details);
    let shared = details.volume.multiattach && details.volume.status == VolumeStatus::InUse;
    if shared && details.volume.bootable {
        call.edge.policy.authorize(&call.ctx, "volume:multiattach_bootable_volume", &target)?;
    }
    let given = fields.get("connector").filter(|value| value.as_object().is_some_and(|map| !map.is_empty()));
    let instance_id = fields.text("instance_uuid");
    let mut new = NewAttachment { volume_id, instance_id, connector: None, mode: fields.text("mode") };
    match given.map(connector::read).transpose() {
        Ok(connector) => new.connector = connector,
        Err(wrong) => {
            call.edge.services.check_new_attachment(&call.ctx, &new).await?;
            return Err(wrong);
        }
    }
    let mut attachment = call.edge.services.create_attachment(&call.ctx, &new).await?;
    // The same where the host was let in at once: the reply is of the reservation.
    attachment.status = AttachStatus::Reserved;
    Ok(Reply::ok(&One { attachment: View { attachment: &attachment, shape: Shape::Detail } }))
}

pub async fn update(call: Call) -> Result<Reply> {
    let fields = call.object("attachment");
    let given = fields.get("connector").filter(|value| value.as_object().is_some_and(|map| !map.is_empty()));
    let given = given.ok_or_else(|| {
        Error::invalid("Invalid input for field/attribute connector. Value: {}. {} should be non-empty")
    })?;
    let before = load_authorized(&call).await?;
    let connector = connector::read(given)?;
    let id = call.param("attachment_id");
    let connected = call.edge.services.update_attachment(&call.ctx, id, &connector).await?;
    // The reply is of the reservation, with how to connect.
    let attachment = Attachment { connection_info: connected.connection_info, ..before };
    Ok(Reply::ok(&One { attachment: View { attachment: &attachment, shape: Shape::Detail } }))
}

pub async fn complete(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.complete_attachment(&call.ctx, call.param("attachment_id")).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub async fn delete(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    let who = caller(&call);
    let left = call.edge.services.delete_attachment(&call.ctx, call.param("attachment_id"), who).await?;
    let attachments = left.iter().map(|attachment| View { attachment, shape: Shape::Summary }).collect();
    Ok(Reply::ok(&List { attachments }))
}
