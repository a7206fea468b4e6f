//! The Glance properties a volume carries, read and changed by three actions.

use axum::http::StatusCode;

use super::{load_authorized, load_by_rule};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::meta::All;
use crate::domain::{Error, Result};
use crate::service::volumes::MapChange;

pub async fn set(call: Call) -> Result<Reply> {
    load_by_rule(&call, call.param("id")).await?;
    let metadata = call.object("os-set_image_metadata").metadata("metadata").unwrap_or_default();
    let change = MapChange::Merge(metadata);
    let metadata = call.edge.services.change_image_metadata(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::ok(&All { metadata }))
}

pub async fn show(call: Call) -> Result<Reply> {
    let details = load_authorized(&call).await?;
    let metadata = details.volume.image_metadata.clone();
    if metadata.is_empty() {
        return Err(missing(call.param("id")));
    }
    Ok(Reply::ok(&All { metadata }))
}

pub async fn unset(call: Call) -> Result<Reply> {
    let details = load_by_rule(&call, call.param("id")).await?;
    let key = call.object("os-unset_image_metadata").text("key").unwrap_or_default();
    if !details.volume.image_metadata.contains_key(&key) {
        return Err(missing(call.param("id")));
    }
    let change = MapChange::Remove(key);
    call.edge.services.change_image_metadata(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::raw(StatusCode::OK))
}

fn missing(id: &str) -> Error {
    Error::not_found(format!("Glance metadata for volume/snapshot {id} cannot be found."))
}
