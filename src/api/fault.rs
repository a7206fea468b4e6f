//! The only place where an error becomes a status code.
//!
//! Cinder has two bodies for errors: its own, one key that names the fault, and WebOb's, which
//! answers what never reached a controller (unknown route, body too large). A third one belongs
//! to the token filter (`cinder-behaviours` 1.1, 1.2, 2.2).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::ser::SerializeMap;

use super::accept::weight;
use super::reply::{Origin, Reply};
use crate::domain::{Error, ErrorKind};

/// The text of a 404 for a route, an id or a version that is not there.
pub const NOT_FOUND: &str = "The resource could not be found.";
/// What Cinder says where its own code fails over a value of another type.
pub const MALFORMED: &str =
    "The server could not comply with the request since it is either malformed or otherwise incorrect.";

/// The status of an error. Exhaustive on purpose: a new kind does not compile until it has one.
pub const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorKind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorKind::TooLarge | ErrorKind::OverQuota => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The one key of Cinder's body.
const fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "badRequest",
        ErrorKind::Unauthenticated => "unauthorized",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::NotFound => "itemNotFound",
        ErrorKind::MethodNotAllowed => "badMethod",
        ErrorKind::Conflict => "conflictingRequest",
        ErrorKind::TooLarge | ErrorKind::OverQuota => "overLimit",
        ErrorKind::UnsupportedMediaType => "badMediaType",
        ErrorKind::NotImplemented => "notImplemented",
        ErrorKind::Unavailable => "serviceUnavailable",
        ErrorKind::NotAcceptable | ErrorKind::PreconditionFailed | ErrorKind::Internal => "computeFault",
    }
}

#[derive(Serialize)]
struct Fault<'a> {
    code: u16,
    message: &'a str,
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    retry_after: Option<&'static str>,
}

struct Named<'a>(&'static str, Fault<'a>);

impl Serialize for Named<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

/// What the client is told. The detail stays here, in the log.
pub fn reply(error: &Error) -> Reply {
    let (kind, status) = (error.kind(), status(error.kind()));
    if let Some(detail) = error.detail() {
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), message = error.message(), detail, "request failed");
        } else {
            tracing::info!(status = status.as_u16(), message = error.message(), detail, "request refused");
        }
    }
    match kind {
        ErrorKind::TooLarge => webob(status, "Request Entity Too Large", error.message()),
        ErrorKind::PreconditionFailed => Reply::raw(status),
        _ => {
            let retry_after = (kind == ErrorKind::OverQuota).then_some("0");
            let fault = Fault { code: status.as_u16(), message: error.message(), retry_after };
            let mut reply = Reply::json(status, &Named(name(kind), fault));
            if kind == ErrorKind::OverQuota {
                reply = reply.header(header::RETRY_AFTER, HeaderValue::from_static("0"));
            }
            reply
        }
    }
}

/// The reply of the token filter; `challenge` is the value of `WWW-Authenticate`.
pub fn unauthorized(challenge: Option<&str>) -> Reply {
    #[derive(Serialize)]
    struct Body {
        error: Inner,
    }
    #[derive(Serialize)]
    struct Inner {
        code: u16,
        title: &'static str,
        message: &'static str,
    }
    let error = Inner {
        code: 401,
        title: "Unauthorized",
        message: "The request you have made requires authentication.",
    };
    let reply = Reply::json(StatusCode::UNAUTHORIZED, &Body { error }).from(Origin::Filter);
    match challenge.and_then(|challenge| HeaderValue::from_str(challenge).ok()) {
        Some(challenge) => reply.header(header::WWW_AUTHENTICATE, challenge),
        None => reply,
    }
}

/// What never reached a controller.
/// A page for whoever takes one (a browser, or a program that takes anything), JSON, or else plain text.
pub fn unknown_route(headers: &HeaderMap) -> Reply {
    let status = "404 Not Found";
    match preferred(headers.get(header::ACCEPT)) {
        Some(Form::Html) => {}
        Some(Form::Json) => return webob(StatusCode::NOT_FOUND, "Not Found", NOT_FOUND),
        None => return Reply::text(StatusCode::NOT_FOUND, format!("{status}\n\n{NOT_FOUND}\n\n   ")),
    }
    Reply::html(
        StatusCode::NOT_FOUND,
        format!(
            "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  \
             {NOT_FOUND}<br /><br />\n\n\n\n </body>\n</html>"
        ),
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Json,
}

/// Of HTML and JSON the one with the greater weight, HTML when they weigh the same, as `webob`
/// has it; neither for who does not say that it takes one.
fn preferred(accept: Option<&HeaderValue>) -> Option<Form> {
    let accept = accept.and_then(|value| value.to_str().ok())?;
    let (html, json) = (weight(accept, "text/html"), weight(accept, "application/json"));
    match html >= json {
        true => (html > 0.0).then_some(Form::Html),
        false => Some(Form::Json),
    }
}

fn webob(status: StatusCode, title: &str, explanation: &str) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        message: String,
        code: String,
        title: &'a str,
    }
    let body = Body {
        message: format!("{explanation}<br /><br />\n\n\n"),
        code: format!("{} {title}", status.as_u16()),
        title,
    };
    Reply::json(status, &body).from(Origin::Filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(reply: &Reply) -> serde_json::Value {
        serde_json::from_slice(reply.body()).unwrap()
    }

    #[test]
    fn every_kind_has_the_measured_key() {
        for (error, code, key) in [
            (Error::invalid("m"), 400, "badRequest"),
            (Error::forbidden("m"), 403, "forbidden"),
            (Error::not_found("m"), 404, "itemNotFound"),
            (Error::method_not_allowed("m"), 405, "badMethod"),
            (Error::not_acceptable("m"), 406, "computeFault"),
            (Error::conflict("m"), 409, "conflictingRequest"),
            (Error::unsupported_media_type("m"), 415, "badMediaType"),
            (Error::not_implemented("m"), 501, "notImplemented"),
            (Error::unavailable("m"), 503, "serviceUnavailable"),
        ] {
            let reply = reply(&error);
            assert_eq!(reply.status().as_u16(), code);
            assert_eq!(body(&reply), serde_json::json!({ key: {"code": code, "message": "m"} }));
        }
    }

    #[test]
    fn a_used_up_quota_says_retry_after_zero_as_text() {
        let reply = reply(&Error::over_quota("VolumeLimitExceeded: no"));
        assert_eq!(body(&reply)["overLimit"]["retryAfter"], "0");
        assert_eq!(reply.headers().get("retry-after").unwrap(), "0");
    }

    #[test]
    fn a_defect_tells_the_user_nothing() {
        let reply = reply(&Error::internal("the secret table is gone"));
        assert!(!String::from_utf8_lossy(reply.body()).contains("secret"));
        assert_eq!(reply.status(), 500);
    }

    #[test]
    fn a_failed_precondition_has_no_body() {
        let reply = reply(&Error::precondition_failed("etag"));
        assert_eq!((reply.status().as_u16(), reply.body().len()), (412, 0));
    }
}
