//! One request as the client speaks of it, before it is bytes.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, IF_MATCH};
use hyper::{Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Endpoint;
use super::connection::Message;
use super::error::{Reason, Refusal};

const BASE: &str = "/api/v2";
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The longest name a cluster knows.
const MAX_SEGMENT: usize = 253;

/// What a call does, as far as the meaning of its answers depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// May be asked again and anywhere.
    Read,
    Create,
    /// As create; and a 400 may be transient even without a code (`lightbits-api` §3.2).
    CreateSnapshot,
    /// Update, rollback, delete: 503 is documented to mean "not in this state, not now".
    Change,
}

/// A request that has not met an endpoint yet.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub name: &'static str,
    pub kind: Kind,
    method: Method,
    path: String,
    body: Option<Bytes>,
    if_match: Option<String>,
    /// It cannot be expressed as a request, so it is refused without asking.
    refused: Option<String>,
}

impl Call {
    pub fn new(name: &'static str, kind: Kind, method: Method, segments: &[&str]) -> Self {
        let mut path = BASE.to_owned();
        let mut refused = None;
        for segment in segments {
            if segment.is_empty() || segment.len() > MAX_SEGMENT || matches!(*segment, "." | "..") {
                refused = Some(format!("{segment:?} cannot be a name on a cluster"));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, ESCAPED));
        }
        Self { name, kind, method, path, body: None, if_match: None, refused }
    }

    pub fn get(name: &'static str, segments: &[&str]) -> Self {
        Self::new(name, Kind::Read, Method::GET, segments)
    }

    /// `…/?key=value`: the get-one handler with an empty UUID, which is how an object is asked for
    /// by name (`lightbits-api` §1.5).
    pub fn by_name(mut self, key: &str, value: &str) -> Self {
        if value.is_empty() {
            self.refused = Some("the name is empty".to_owned());
        }
        self.path.push('/');
        self.query(key, value)
    }

    pub fn query(mut self, key: &str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(key);
        self.path.push('=');
        self.path.extend(utf8_percent_encode(value, ESCAPED));
        self
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(Bytes::from(body.to_string()));
        self
    }

    /// The raw ETag: the cluster wants no quotes around it.
    pub fn if_match(mut self, etag: Option<&str>) -> Self {
        self.if_match = etag.filter(|etag| !etag.is_empty()).map(str::to_owned);
        self
    }

    pub const fn is_conditional(&self) -> bool {
        self.if_match.is_some()
    }

    pub fn is_read(&self) -> bool {
        self.kind == Kind::Read
    }

    /// The refusal of a request that would mean something else on the wire.
    pub fn local_refusal(&self) -> Option<Refusal> {
        let message = self.refused.clone()?;
        Some(Refusal { reason: Reason::Invalid, status: 400, message })
    }

    /// The request itself. `Err` says which part cannot be sent.
    pub fn message(&self, endpoint: &Endpoint, token: Option<&HeaderValue>) -> Result<Message, String> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header(HOST, endpoint.to_string())
            .header(ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        if let Some(etag) = &self.if_match {
            request = request.header(IF_MATCH, etag);
        }
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(self.body.clone().unwrap_or_default())).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_dots_do_not_climb() {
        let call = Call::get("x", &["projects", "a b/../c", "volumes"]).by_name("name", "n&x=1#");
        assert_eq!(call.path, "/api/v2/projects/a%20b%2F..%2Fc/volumes/?name=n%26x%3D1%23");
        assert!(call.local_refusal().is_none());
        for bad in ["", ".", ".."] {
            assert!(Call::get("x", &["projects", bad, "volumes"]).local_refusal().is_some(), "{bad:?}");
        }
    }
}
