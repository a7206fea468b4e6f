//! One request from its routing to its answer, with the faults in between.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Response, StatusCode, header};
use serde_json::{Value, json};

use super::faults::{Action, Plan, Seen};
use super::refusal::{Refusal, Result};
use super::rest::{self, Body, Call, Caller, Handler, Matched, Route};
use super::rules::{Fate, protection};
use super::shared::Shared;

/// A request, read to its end.
#[derive(Debug)]
pub struct Asked {
    pub node: u16,
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub if_match: Option<String>,
    pub body: Result<Bytes>,
}

pub enum Outcome {
    Answer(Box<Response<Full<Bytes>>>),
    Close,
    Reset,
}

pub async fn run(shared: Arc<Shared>, asked: Asked) -> Outcome {
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let matched = rest::resolve(&asked.method, &asked.path);
    let operation = match &matched {
        Matched::Found(route, _) => route.operation,
        Matched::WrongMethod | Matched::Unknown => "unknown",
    };
    count_call(&shared, operation, asked.node);
    let seen = Seen { operation, method: &asked.method, path: &asked.path, node: asked.node };
    let plan = shared.faults().plan(seen);
    let outcome = faulty(&shared, asked, matched, plan).await;
    let status = match &outcome {
        Outcome::Answer(answer) => answer.status().as_u16().to_string(),
        Outcome::Close | Outcome::Reset => "none".to_owned(),
    };
    *shared.counters().answers.entry(operation.to_owned()).or_default().entry(status).or_default() += 1;
    outcome
}

fn count_call(shared: &Shared, operation: &str, node: u16) {
    let mut counters = shared.counters();
    *counters.calls.entry(operation.to_owned()).or_default() += 1;
    *counters.nodes.entry(node).or_default() += 1;
}

async fn faulty(shared: &Arc<Shared>, asked: Asked, matched: Matched, plan: Plan) -> Outcome {
    for action in &plan.before {
        if let Some(outcome) = suffer(shared, action).await {
            return outcome;
        }
    }
    let fate = if plan.doomed { Fate::Doomed } else { Fate::Good };
    let answer = match matched {
        Matched::Found(route, params) => {
            let node = asked.node;
            let call = decode(shared, route, params, asked);
            respond(call.and_then(|call| perform(shared, route, node, fate, &call)))
        }
        Matched::WrongMethod => plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n"),
        Matched::Unknown => plain(StatusCode::NOT_FOUND, "Not Found\n"),
    };
    for action in &plan.after {
        if let Some(outcome) = suffer(shared, action).await {
            return outcome;
        }
    }
    Outcome::Answer(Box::new(answer))
}

/// What an action makes of the request; none when it goes on.
async fn suffer(shared: &Shared, action: &Action) -> Option<Outcome> {
    match action {
        Action::Delay { ms, .. } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            None
        }
        Action::Drop { .. } => Some(Outcome::Close),
        Action::Reset { .. } => Some(Outcome::Reset),
        Action::BlackHole { ms, .. } => {
            let end = Duration::from_millis(ms.unwrap_or(u64::MAX / 2));
            shared.stop.run_until_cancelled(tokio::time::sleep(end)).await;
            Some(Outcome::Close)
        }
        Action::Status { code, body, content_type, .. } => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let answer = match body {
                Some(body) => {
                    response(status, content_type.as_deref().unwrap_or("application/json"), body.clone())
                }
                None => error(status, 13, "injected fault"),
            };
            Some(Outcome::Answer(Box::new(answer)))
        }
        Action::Fail => None,
    }
}

/// Decodes the way the gateway does: the body first, then the caller is looked at.
fn decode(
    shared: &Shared,
    route: &Route,
    params: std::collections::HashMap<&'static str, String>,
    asked: Asked,
) -> Result<Call> {
    let has_body = matches!(route.method, "POST" | "PUT");
    let bytes = asked.body?;
    let body = if has_body { Body::parse(&bytes)? } else { Body::default() };
    let query = match has_body {
        true => Vec::new(),
        false => url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect(),
    };
    let now = shared.options.clock.now();
    // The lock is held to find the key, not to check the signature with it.
    let key_of = |scope: &str, id: &str| shared.world().tables().signing_key(scope, id);
    let caller = Caller::identify(shared.options.auth, asked.authorization.as_deref(), now, key_of)?;
    let call = Call { caller, params, query, body, if_match: asked.if_match };
    call.caller.require(route.need, call.project(route.method)?.as_deref())?;
    Ok(call)
}

fn perform(shared: &Shared, route: &Route, node: u16, fate: Fate, call: &Call) -> Result<Value> {
    if !shared.world().read(None, protection::has_quorum)? {
        return Err(Refusal::unavailable("the cluster has no quorum"));
    }
    match route.handler {
        Handler::Read(read) => shared.world().read(Some(node), |at| read(at, call))?,
        Handler::Write(write) => shared.world().write(fate, |at| write(at, call)),
    }
}

fn respond(result: Result<Value>) -> Response<Full<Bytes>> {
    match result {
        Ok(value) => response(StatusCode::OK, "application/json", value.to_string()),
        Err(Refusal { code, ref message, .. }) => {
            let status = result.as_ref().err().map_or(500, Refusal::status);
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            error(status, code as u32, message)
        }
    }
}

/// The error body of a v1 gateway says its text twice.
fn error(status: StatusCode, code: u32, message: &str) -> Response<Full<Bytes>> {
    response(
        status,
        "application/json",
        json!({"error": message, "message": message, "code": code}).to_string(),
    )
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", text.to_owned())
}

fn response(status: StatusCode, content_type: &str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    let content_type = header::HeaderValue::from_str(content_type).unwrap_or(json);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    let grpc = header::HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("grpc-metadata-content-type", grpc);
    response
}
