//! `/volumes/{id}/encryption`: what Nova asks before it opens an encrypted volume.

use serde_json::{Map, Value, json};

use super::load_by_rule;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::{Error, Result};

/// No volume has a key, since none is made of an encrypted type.
async fn metadata(call: &Call) -> Result<Map<String, Value>> {
    let details = load_by_rule(call, call.param("id")).await?;
    let mut told = Map::from_iter([("encryption_key_id".to_owned(), Value::Null)]);
    if let Some(found) = call.edge.services.volume_encryption(details.volume.id).await? {
        told.insert("control_location".to_owned(), json!(found.control_location));
        told.insert("cipher".to_owned(), json!(found.cipher));
        told.insert("key_size".to_owned(), json!(found.key_size));
        told.insert("provider".to_owned(), json!(found.provider));
    }
    Ok(told)
}

pub async fn list(call: Call) -> Result<Reply> {
    Ok(Reply::ok(&metadata(&call).await?))
}

/// One bare value; nothing at all for null.
pub async fn show(call: Call) -> Result<Reply> {
    let key = call.param("key");
    let told = metadata(&call).await?;
    match told.get(key) {
        None => Err(Error::not_found(format!("Volume encryption metadata has no key {key}."))),
        Some(Value::Null) => Ok(Reply::empty(axum::http::StatusCode::OK)),
        Some(Value::String(text)) => Ok(Reply::bare(text)),
        Some(other) => Ok(Reply::bare(&other.to_string())),
    }
}
