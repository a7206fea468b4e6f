//! What comes in: the size of a body, its type, its JSON, and the row it is for.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;

use super::fault;
use super::respond::VENDOR_TYPE;
use super::router::{Matched, malformed};
use super::routes::Row;
use crate::domain::{Error, Microversion, Result};

/// Largest body read, in bytes (`[oslo_middleware] max_request_body_size` of Cinder).
pub const MAX_BODY: usize = 114_688;

/// How long a client may take to send one.
const MAX_BODY_TIME: Duration = Duration::from_secs(60);

/// The size limiter stands before everything else.
pub fn declared_size(headers: &HeaderMap) -> Result<()> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match declared.and_then(|text| text.parse::<u64>().ok()) {
        Some(size) if size > MAX_BODY as u64 => Err(too_large()),
        _ => Ok(()),
    }
}

fn too_large() -> Error {
    Error::too_large("Request is too large.")
}

/// The bytes of a body that counts: one without a content type is no body.
pub async fn read_body(method: &Method, headers: &HeaderMap, body: Body) -> Result<Option<Bytes>> {
    if matches!(*method, Method::GET | Method::DELETE) {
        return Ok(None);
    }
    let whole = Limited::new(body, MAX_BODY).collect();
    let bytes = match tokio::time::timeout(MAX_BODY_TIME, whole).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
        Ok(Err(error)) => return Err(malformed().because(error)),
        Err(elapsed) => return Err(malformed().because(elapsed)),
    };
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else { return Ok(None) };
    if bytes.is_empty() {
        return Ok(None);
    }
    let essence = content_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" | VENDOR_TYPE => Ok(Some(bytes)),
        _ => Err(Error::unsupported_media_type("Unsupported Content-Type")),
    }
}

/// What an older version does not have is not found.
pub fn known(row: &Row, version: Microversion) -> Result<()> {
    if version.at_least(row.since) { Ok(()) } else { Err(Error::not_found(fault::NOT_FOUND)) }
}

/// Finds the row, by the body for an action, and reads the body if the row wants one.
pub fn row_and_body(matched: &Matched<'_>, body: Option<Bytes>) -> Result<(&'static Row, Value)> {
    let parse = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).map_err(|e| malformed().because(e));
    if matched.is_action() {
        let body = body.as_ref().map(parse).transpose()?;
        let row = matched.action(body.as_ref())?;
        return Ok((row, body.unwrap_or_default()));
    }
    let row = matched.plain().ok_or_else(|| Error::not_found(fault::NOT_FOUND))?;
    let body = match body {
        Some(bytes) => parse(&bytes)?,
        None => Value::Null,
    };
    Ok((row, body))
}
