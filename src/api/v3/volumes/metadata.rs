//! `/volumes/{id}/metadata`. Since 3.15 the list has an `ETag`, and the two PUTs honour
//! `If-Match`.

use axum::http::{HeaderValue, StatusCode, header};
use md5::{Digest as _, Md5};
use serde::Serialize;

use super::{load, load_authorized};
use crate::api::call::Call;
use crate::api::reply::{Origin, Reply};
use crate::api::v3::meta::{All, Item, one_of_url};
use crate::domain::volume::VolumeDetails;
use crate::domain::{Error, Metadata, Result};
use crate::service::volumes::MapChange;

#[derive(Serialize)]
struct Whole<'a> {
    metadata: &'a Metadata,
}

pub async fn list(call: Call) -> Result<Reply> {
    let details = load_authorized(&call).await?;
    let reply = Reply::ok(&Whole { metadata: &details.volume.metadata });
    if !call.version().at_least(15) {
        return Ok(reply);
    }
    // Upstream makes this reply by hand: it lacks the second request id, and JSON is called HTML.
    let tag = etag(reply.body());
    let reply = reply.from(Origin::Raw);
    let reply = reply.header(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    Ok(match HeaderValue::from_str(&tag) {
        Ok(tag) => reply.header(header::ETAG, tag),
        Err(_) => reply,
    })
}

pub async fn show(call: Call) -> Result<Reply> {
    let details = load_authorized(&call).await?;
    let key = call.param("key");
    let value = details.volume.metadata.get(key).ok_or_else(|| missing(call.param("id"), key))?;
    Ok(Reply::ok(&Item::of(key, value)))
}

pub async fn create(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    change(&call, &MapChange::Merge(call.object("metadata").all())).await
}

pub async fn replace(call: Call) -> Result<Reply> {
    check_etag(&call, load_authorized(&call).await?.as_ref())?;
    change(&call, &MapChange::Replace(call.object("metadata").all())).await
}

async fn change(call: &Call, change: &MapChange) -> Result<Reply> {
    let metadata = call.edge.services.change_volume_metadata(&call.ctx, call.param("id"), change).await?;
    Ok(Reply::ok(&All { metadata }))
}

pub async fn update(call: Call) -> Result<Reply> {
    let meta = call.object("meta").all();
    let (key, value) = one_of_url(&meta, call.param("key"))?;
    check_etag(&call, load_authorized(&call).await?.as_ref())?;
    let change = MapChange::Merge(meta.clone());
    call.edge.services.change_volume_metadata(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::ok(&Item::of(key, value)))
}

pub async fn delete(call: Call) -> Result<Reply> {
    let (id, key) = (call.param("id"), call.param("key"));
    let details = load(&call).await?;
    if !details.volume.metadata.contains_key(key) {
        return Err(missing(id, key));
    }
    load_authorized(&call).await?;
    let change = MapChange::Remove(key.to_owned());
    call.edge.services.change_volume_metadata(&call.ctx, id, &change).await?;
    Ok(Reply::raw(StatusCode::OK))
}

fn missing(id: &str, key: &str) -> Error {
    Error::not_found(format!("Volume {id} has no metadata with key {key}."))
}

/// Of the document exactly as it is sent.
fn etag(body: &[u8]) -> String {
    hex::encode(Md5::digest(body))
}

fn check_etag(call: &Call, details: &VolumeDetails) -> Result<()> {
    let asked = call.header(&header::IF_MATCH).filter(|_| call.version().at_least(15));
    let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty() && *asked != "*") else {
        return Ok(());
    };
    let reply = Reply::ok(&Whole { metadata: &details.volume.metadata });
    let now = etag(reply.body());
    let matches = asked.split(',').any(|tag| tag.trim().trim_matches('"') == now);
    if matches { Ok(()) } else { Err(Error::precondition_failed("The metadata has changed meanwhile.")) }
}
