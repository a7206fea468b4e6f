//! What goes out: the headers every reply has, by its origin (`cinder-behaviours` 2.1).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::accept::weight;
use super::reply::{Origin, Reply};
use super::version;
use crate::domain::RequestId;

/// Cinder's own name of JSON.
pub const VENDOR_TYPE: &str = "application/vnd.openstack.volume+json";

/// JSON whatever the client accepts; its own name for it only when that is wanted more.
pub fn content_type(headers: &HeaderMap) -> HeaderValue {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wants_ours = weight(accept, VENDOR_TYPE) > weight(accept, "application/json");
    HeaderValue::from_static(if wants_ours { VENDOR_TYPE } else { "application/json" })
}

/// Puts request ids, version headers and the content type on a reply.
pub fn finish(
    reply: Reply,
    request_id: &RequestId,
    version: Option<&HeaderValue>,
    accept: HeaderValue,
) -> Response {
    let origin = reply.origin();
    let (status, mut headers, body) = reply.into_parts();
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        if origin == Origin::Controller {
            headers.insert("x-compute-request-id", id.clone());
        }
        headers.insert("x-openstack-request-id", id);
    }
    if origin != Origin::Filter
        && let Some(version) = version
    {
        headers.insert(version::HEADER, version.clone());
        headers.insert(header::VARY, HeaderValue::from_static("OpenStack-API-Version"));
    }
    let kind =
        if origin == Origin::Raw { HeaderValue::from_static("text/html; charset=UTF-8") } else { accept };
    headers.entry(header::CONTENT_TYPE).or_insert(kind);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
