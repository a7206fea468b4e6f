//! Offering a volume, taking it, and taking the offer back.

use axum::http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::view::{COLLECTION, One, Shape, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::volumes;
use crate::domain::transfer::{NewTransfer, SnapshotsOf};
use crate::domain::{Error, ErrorKind, Result};

pub async fn create(call: Call) -> Result<Reply> {
    let fields = call.object("transfer");
    let volume_id = fields.text("volume_id").unwrap_or_default();
    let details = call.edge.services.get_volume(&call.ctx, &volume_id).await?;
    call.authorize(&volumes::target(&details))?;
    let new = NewTransfer {
        volume_id,
        name: fields.stripped(["name", "name"]).flatten(),
        snapshots: match fields.boolean("no_snapshots") {
            Some(true) => SnapshotsOf::StayBehind,
            _ => SnapshotsOf::GoAlong,
        },
    };
    let (transfer, key) = call.edge.services.create_transfer(&call.ctx, &new).await?;
    let shape = Shape::Created(call.version(), key.expose_secret());
    let links = call.links.of(COLLECTION);
    Ok(Reply::accepted(&One { transfer: View { transfer: &transfer, shape, links: &links } }))
}

pub async fn accept(call: Call) -> Result<Reply> {
    let key = match call.object("accept").get("auth_key") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    call.authorize_own()?;
    call.require_project()?;
    let key = SecretString::from(key);
    let accepted = call.edge.services.accept_transfer(&call.ctx, call.param("id"), &key).await;
    let transfer = accepted.map_err(without_class)?;
    let links = call.links.of(COLLECTION);
    let view = View { transfer: &transfer, shape: Shape::Summary, links: &links };
    Ok(Reply::accepted(&One { transfer: view }))
}

/// Of the errors that elsewhere begin with their class, upstream catches this one here.
fn without_class(error: Error) -> Error {
    match error.message().strip_prefix("VolumeSizeExceedsAvailableQuota: ") {
        Some(message) if error.kind() == ErrorKind::OverQuota => Error::over_quota(message),
        _ => error,
    }
}

pub async fn delete(call: Call) -> Result<Reply> {
    let transfer = call.edge.services.get_transfer(&call.ctx, call.param("id")).await?;
    let volume = transfer.volume_id.to_string();
    let details = call.edge.services.get_volume(&call.ctx, &volume).await?;
    call.authorize(&volumes::target(&details))?;
    call.edge.services.delete_transfer(&call.ctx, call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
