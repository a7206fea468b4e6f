//! `/snapshots/{id}/metadata`. No `ETag` here.

use axum::http::StatusCode;

use super::load_authorized;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::meta::{All, Item, one_of_url};
use crate::domain::{Error, Result};
use crate::service::volumes::MapChange;

pub async fn list(call: Call) -> Result<Reply> {
    let snapshot = load_authorized(&call).await?;
    Ok(Reply::ok(&All { metadata: snapshot.metadata }))
}

pub async fn show(call: Call) -> Result<Reply> {
    let snapshot = load_authorized(&call).await?;
    let key = call.param("key");
    let value = snapshot.metadata.get(key).ok_or_else(|| missing(call.param("id"), key))?;
    Ok(Reply::ok(&Item::of(key, value)))
}

pub async fn create(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    change(&call, &MapChange::Merge(call.object("metadata").all())).await
}

pub async fn replace(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    change(&call, &MapChange::Replace(call.object("metadata").all())).await
}

async fn change(call: &Call, change: &MapChange) -> Result<Reply> {
    let metadata = call.edge.services.change_snapshot_metadata(&call.ctx, call.param("id"), change).await?;
    Ok(Reply::ok(&All { metadata }))
}

pub async fn update(call: Call) -> Result<Reply> {
    let meta = call.object("meta").all();
    let (key, value) = one_of_url(&meta, call.param("key"))?;
    load_authorized(&call).await?;
    let change = MapChange::Merge(meta.clone());
    call.edge.services.change_snapshot_metadata(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::ok(&Item::of(key, value)))
}

pub async fn delete(call: Call) -> Result<Reply> {
    let (id, key) = (call.param("id"), call.param("key"));
    let snapshot = call.edge.services.get_snapshot(&call.ctx, id).await?;
    if !snapshot.metadata.contains_key(key) {
        return Err(missing(id, key));
    }
    load_authorized(&call).await?;
    call.edge.services.change_snapshot_metadata(&call.ctx, id, &MapChange::Remove(key.to_owned())).await?;
    Ok(Reply::raw(StatusCode::OK))
}

fn missing(id: &str, key: &str) -> Error {
    Error::not_found(format!("Snapshot {id} has no metadata with key {key}."))
}
