//! `/types/{id}/encryption`: a type has one at most, so the id in the path says nothing.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::time::Time;
use crate::domain::Result;
use crate::domain::encryption::{EncryptionFields, TypeEncryption};
use crate::service::types::no_encryption;

fn view(found: &TypeEncryption) -> Value {
    json!({
        "volume_type_id": found.volume_type_id,
        "encryption_id": found.encryption_id,
        "provider": found.provider,
        "cipher": found.cipher,
        "key_size": found.key_size,
        "control_location": found.control_location,
        "created_at": Time(found.created_at),
        "updated_at": found.updated_at.map(Time),
        "deleted": false,
        "deleted_at": null,
    })
}

/// An empty object for a type without encryption.
pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let found = call.edge.services.type_encryption(call.param("id")).await?;
    Ok(Reply::ok(&found.as_ref().map_or_else(|| json!({}), view)))
}

pub async fn item(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let (id, key) = (call.param("id"), call.param("key"));
    let found = call.edge.services.type_encryption(id).await?;
    let value = found.as_ref().map(view).and_then(|view| view.get(key).cloned());
    let value = value.ok_or_else(|| no_encryption(id))?;
    Ok(Reply::ok(&Map::from_iter([(key.to_owned(), value)])))
}

/// The reply is what was sent, and which encryption of which type it has become.
pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let id = call.param("id");
    let made = call.edge.services.create_type_encryption(&call.ctx, id, &fields(&call)).await?;
    let mut echo = echo(&call);
    if let Some(sent) = echo.get_mut("encryption").and_then(Value::as_object_mut) {
        sent.insert("volume_type_id".to_owned(), json!(made.volume_type_id));
        sent.insert("encryption_id".to_owned(), json!(made.encryption_id));
    }
    Ok(Reply::ok(&echo))
}

pub async fn update(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.edge.services.update_type_encryption(&call.ctx, call.param("id"), &fields(&call)).await?;
    Ok(Reply::ok(&echo(&call)))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.edge.services.delete_type_encryption(call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

fn fields(call: &Call) -> EncryptionFields {
    let sent: Fields<'_> = call.object("encryption");
    EncryptionFields {
        provider: sent.text("provider"),
        control_location: sent.text("control_location"),
        cipher: sent.get("cipher").map(|_| sent.text("cipher")),
        key_size: sent.get("key_size").map(|_| sent.integer("key_size")),
    }
}

/// A key size that came as text goes back as the number it is.
fn echo(call: &Call) -> Value {
    let mut echo = call.body.clone();
    let size = call.object("encryption").integer("key_size");
    if let (Some(size), Some(sent)) = (size, echo.pointer_mut("/encryption/key_size")) {
        *sent = size.into();
    }
    echo
}
