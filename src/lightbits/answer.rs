//! What an answer proves. The one table from call and status to outcome.
//!
//! | status | body | reads and writes alike, unless said |
//! |---|---|---|
//! | 2xx | JSON object or nothing | done |
//! | 400 | error JSON, code 9; without a code also: to `If-Match`, to a snapshot create | refused: `Busy` |
//! | 400 | error JSON | refused: `Invalid` |
//! | 401, 403 | anything but HTML | refused: `Unauthenticated`, `PermissionDenied` |
//! | 404 | error JSON | refused: `NotFound` |
//! | 404 | the gateway's plain `Not Found`: no such path | refused: `Unsupported` |
//! | 405, 501 | anything but HTML | refused: `Unsupported` |
//! | 409 | error JSON | create: `AlreadyExists`, else and with code 10: `Busy` |
//! | 412 | error JSON | refused: `Busy` |
//! | 429 | anything but HTML | refused: `Exhausted` |
//! | 503 | error JSON | update, rollback, delete: `Busy`; else no proof |
//! | 500, 502, 504, 408, others | | no proof: `Failed` |
//! | any | HTML, not JSON, cut short, too large, a redirect | no proof: `Garbled` |
//!
//! 500 is what clusters answer to transient trouble and, on older releases, to almost any failed
//! delete (`lightbits-api` §1.8), so it proves nothing. A 503 is documented for changes of an
//! object that is `Creating` or `Updating`; `Busy` in any case means "read it again, then decide".

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::Endpoint;
use super::call::{Call, Kind};
use super::connection::Reply;
use super::error::{Reason, Refusal, Trouble};

/// gRPC codes as they appear in an error body.
const FAILED_PRECONDITION: u64 = 9;
const ABORTED: u64 = 10;
/// The cluster's words are quoted up to this many characters.
const MAX_QUOTE: usize = 300;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// The call was accepted; `Null` stands for an empty body.
    Success(Map<String, Value>),
    Refused(Refusal),
    NoProof(Trouble),
}

pub(super) fn judge(endpoint: &Endpoint, call: &Call, reply: &Reply) -> Verdict {
    let status = reply.status;
    let garbled = |what: &str| {
        Verdict::NoProof(Trouble::Garbled {
            endpoint: endpoint.clone(),
            status: status.as_u16(),
            what: what.to_owned(),
        })
    };
    if is_html(reply) {
        return garbled("an HTML page; is this a Lightbits cluster?");
    }
    if status.is_redirection() {
        return garbled("a redirect, which is not followed");
    }
    if status.is_success() {
        return match parse(reply) {
            Some(object) => Verdict::Success(object),
            None => garbled("a body that is not a JSON object"),
        };
    }
    let error = ErrorBody::read(reply);
    match reason(call, status, &error) {
        Some(reason) => Verdict::Refused(Refusal { reason, status: status.as_u16(), message: error.message }),
        None if status.is_client_error() && !error.is_json && status != StatusCode::REQUEST_TIMEOUT => {
            garbled("a body that is not a Lightbits error")
        }
        None => Verdict::NoProof(Trouble::Failed {
            endpoint: endpoint.clone(),
            status: status.as_u16(),
            message: error.message,
        }),
    }
}

fn reason(call: &Call, status: StatusCode, error: &ErrorBody) -> Option<Reason> {
    let json = error.is_json;
    match status.as_u16() {
        400 if json => Some(match error.code {
            Some(FAILED_PRECONDITION) => Reason::Busy,
            None if call.is_conditional() || call.kind == Kind::CreateSnapshot => Reason::Busy,
            _ => Reason::Invalid,
        }),
        401 => Some(Reason::Unauthenticated),
        403 => Some(Reason::PermissionDenied),
        404 if json => Some(Reason::NotFound),
        404 if error.message == "Not Found" => Some(Reason::Unsupported),
        405 | 501 => Some(Reason::Unsupported),
        409 if json => Some(match call.kind {
            Kind::Create | Kind::CreateSnapshot if error.code != Some(ABORTED) => Reason::AlreadyExists,
            _ => Reason::Busy,
        }),
        412 if json => Some(Reason::Busy),
        429 => Some(Reason::Exhausted),
        503 if json && call.kind == Kind::Change => Some(Reason::Busy),
        _ => None,
    }
}

/// Another API server of the cluster may do better: this one, or what stands before it, is
/// ill. A 500 is about the request and is not asked again elsewhere.
pub(super) fn is_sick(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::NoProof(Trouble::Failed { status, .. }) => matches!(status, 502..=504),
        Verdict::NoProof(Trouble::Garbled { .. }) => true,
        _ => false,
    }
}

fn is_html(reply: &Reply) -> bool {
    let announced = reply.content_type.as_deref().is_some_and(|t| t.to_ascii_lowercase().contains("html"));
    announced || reply.body.trim_ascii_start().starts_with(b"<")
}

fn parse(reply: &Reply) -> Option<Map<String, Value>> {
    if reply.body.trim_ascii().is_empty() {
        return Some(Map::new());
    }
    match serde_json::from_slice(&reply.body) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

struct ErrorBody {
    is_json: bool,
    code: Option<u64>,
    message: String,
}

impl ErrorBody {
    fn read(reply: &Reply) -> Self {
        let object = match serde_json::from_slice(&reply.body) {
            Ok(Value::Object(object)) => object,
            _ => {
                let message = quote(&String::from_utf8_lossy(&reply.body));
                return Self { is_json: false, code: None, message };
            }
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let code = object.get("code").and_then(|c| c.as_u64().or_else(|| c.as_str()?.parse().ok()));
        let is_json = code.is_some() || object.contains_key("message") || object.contains_key("error");
        let message = text("message").or_else(|| text("error")).unwrap_or_default();
        Self { is_json, code, message: quote(message) }
    }
}

/// Bounded, on one line, and without anything that looks like a token.
fn quote(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut quoted = String::new();
    for word in words {
        if quoted.len() > MAX_QUOTE {
            break;
        }
        if !quoted.is_empty() {
            quoted.push(' ');
        }
        // A JWT is the base64 of `{"…`.
        if word.contains("eyJ") {
            quoted.push_str("[token]")
        } else {
            quoted.extend(word.chars().take(MAX_QUOTE))
        }
    }
    quoted.chars().take(MAX_QUOTE).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::Method;

    use super::*;

    fn outcome(kind: Kind, status: u16, body: &str) -> Result<Reason, &'static str> {
        let call = Call::new("x", kind, Method::POST, &["x"]);
        verdict(&call, status, body)
    }

    fn verdict(call: &Call, status: u16, body: &str) -> Result<Reason, &'static str> {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        match judge(&Endpoint::new("h", 1), call, &reply) {
            Verdict::Success(_) => Err("done"),
            Verdict::Refused(refusal) => Ok(refusal.reason),
            Verdict::NoProof(trouble) => Err(trouble.label()),
        }
    }

    #[test]
    fn each_status_means_what_the_table_says() {
        use Kind::*;
        let all = [Read, Create, CreateSnapshot, Change];
        let error = r#"{"error":"e","message":"e","code":3}"#;
        for kind in all {
            assert_eq!(outcome(kind, 200, "{}"), Err("done"));
            assert_eq!(outcome(kind, 201, ""), Err("done"));
            assert_eq!(outcome(kind, 400, error), Ok(Reason::Invalid));
            assert_eq!(outcome(kind, 400, r#"{"message":"e","code":9}"#), Ok(Reason::Busy));
            assert_eq!(outcome(kind, 401, ""), Ok(Reason::Unauthenticated));
            assert_eq!(outcome(kind, 403, "denied"), Ok(Reason::PermissionDenied));
            assert_eq!(outcome(kind, 404, error), Ok(Reason::NotFound));
            assert_eq!(outcome(kind, 404, "Not Found\n"), Ok(Reason::Unsupported));
            assert_eq!(outcome(kind, 404, "nginx"), Err("garbled"));
            assert_eq!(outcome(kind, 405, "Method Not Allowed\n"), Ok(Reason::Unsupported));
            assert_eq!(outcome(kind, 409, r#"{"code":10}"#), Ok(Reason::Busy));
            assert_eq!(outcome(kind, 412, error), Ok(Reason::Busy));
            assert_eq!(outcome(kind, 429, error), Ok(Reason::Exhausted));
            assert_eq!(outcome(kind, 501, error), Ok(Reason::Unsupported));
            for status in [408, 500, 502, 504, 599] {
                assert_eq!(outcome(kind, status, error), Err("failed"), "{status}");
            }
            for status in [200, 400, 401, 404, 409, 500, 503] {
                assert_eq!(outcome(kind, status, "<html>x</html>"), Err("garbled"), "{status}");
            }
            for status in [301, 302, 307, 308] {
                assert_eq!(outcome(kind, status, "{}"), Err("garbled"), "{status}");
            }
            assert_eq!(outcome(kind, 200, "[]"), Err("garbled"));
            assert_eq!(outcome(kind, 200, r#"{"UUID":"#), Err("garbled"));
        }
        assert_eq!(outcome(Create, 409, error), Ok(Reason::AlreadyExists));
        assert_eq!(outcome(CreateSnapshot, 409, r#"{"message":"e"}"#), Ok(Reason::AlreadyExists));
        assert_eq!(outcome(Change, 409, error), Ok(Reason::Busy));
        assert_eq!(outcome(Change, 503, error), Ok(Reason::Busy));
        for kind in [Read, Create, CreateSnapshot] {
            assert_eq!(outcome(kind, 503, error), Err("failed"), "a create may have happened");
        }
    }

    #[test]
    fn a_bare_400_to_an_etag_or_a_snapshot_is_taken_as_busy() {
        let bare = r#"{"message":"ETag mismatch"}"#;
        assert_eq!(outcome(Kind::Change, 400, bare), Ok(Reason::Invalid));
        assert_eq!(outcome(Kind::CreateSnapshot, 400, bare), Ok(Reason::Busy));
        let call = Call::new("x", Kind::Change, Method::PUT, &["x"]).if_match(Some("7"));
        assert_eq!(verdict(&call, 400, bare), Ok(Reason::Busy));
    }

    #[test]
    fn quotes_are_bounded_and_show_no_token() {
        let text = format!("bad token eyJhbGciOi.eyJz.sig\n\u{1b}[31m{}", "x ".repeat(10_000));
        let quoted = quote(&text);
        assert!(quoted.starts_with("bad token [token] [31mx x"), "{quoted}");
        assert!(quoted.chars().count() <= MAX_QUOTE);
    }
}
