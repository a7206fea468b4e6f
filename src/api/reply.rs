//! What a handler gives back: status, body and the few headers that are its own. The headers
//! every reply has are added in one place, `edge`, by the reply's origin.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use serde::Serialize;

/// Who made the reply upstream; some headers depend on it (`cinder-behaviours` 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Made by the framework from a controller's result: also has `x-compute-request-id`.
    Controller,
    /// A controller's hand-made empty reply: `text/html`, without `x-compute-request-id`.
    Raw,
    /// Never reached a controller: no version headers either.
    Filter,
}

#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    origin: Origin,
    body: Bytes,
    headers: HeaderMap,
}

impl Reply {
    /// A JSON body.
    pub fn json<T: Serialize + ?Sized>(status: StatusCode, body: &T) -> Self {
        Self::json_sized(status, body, 512)
    }

    /// A JSON body of about so many bytes; a good guess saves copying a long list.
    pub fn json_sized<T: Serialize + ?Sized>(status: StatusCode, body: &T, size: usize) -> Self {
        let mut buffer = Vec::with_capacity(size);
        match serde_json::to_writer(&mut buffer, body) {
            Ok(()) => {
                Self { status, origin: Origin::Controller, body: buffer.into(), headers: HeaderMap::new() }
            }
            // Views hold strings, numbers and maps with string keys: this cannot be reached by
            // any stored value, but a defect must not look like success.
            Err(error) => {
                tracing::error!(%error, "a reply could not be serialised");
                Self::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    pub fn ok<T: Serialize + ?Sized>(body: &T) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub fn accepted<T: Serialize + ?Sized>(body: &T) -> Self {
        Self::json(StatusCode::ACCEPTED, body)
    }

    /// Empty, made by the framework.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, origin: Origin::Controller, body: Bytes::new(), headers: HeaderMap::new() }
    }

    /// Empty, made by hand upstream.
    pub fn raw(status: StatusCode) -> Self {
        Self::empty(status).from(Origin::Raw)
    }

    /// A value without anything around it, as upstream gives a string from a controller.
    pub fn bare(text: &str) -> Self {
        let mut reply = Self::raw(StatusCode::OK);
        reply.body = Bytes::copy_from_slice(text.as_bytes());
        reply
    }

    /// Plain text, of what is no controller.
    pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        let reply = Self::empty(status).from(Origin::Filter);
        let mut reply = reply
            .header(axum::http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=UTF-8"));
        reply.body = text.into();
        reply
    }

    /// A page.
    pub fn html(status: StatusCode, page: String) -> Self {
        let reply = Self::empty(status).from(Origin::Filter);
        let mut reply = reply
            .header(axum::http::header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
        reply.body = page.into();
        reply
    }

    #[must_use]
    pub const fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub const fn status(&self) -> StatusCode {
        self.status
    }
    pub const fn origin(&self) -> Origin {
        self.origin
    }
    pub const fn body(&self) -> &Bytes {
        &self.body
    }
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub fn into_parts(self) -> (StatusCode, HeaderMap, Bytes) {
        (self.status, self.headers, self.body)
    }
}
