//! What lies outside `/v3`: the version document at the root and the healthcheck. No token.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use super::edge::Edge;
use super::links::Links;
use super::reply::{Origin, Reply};
use super::{fault, version};
use crate::domain::Microversion;

/// `/`, `/healthcheck`, or nothing.
pub fn serve(edge: &Edge, path: &str, parts: &Parts, links: &Links, echo: &mut Option<HeaderValue>) -> Reply {
    match path {
        "/healthcheck" if matches!(parts.method, Method::GET | Method::HEAD) => healthcheck(edge, parts),
        // Any method: clients probe with whatever they have.
        "/" | "" => match version::negotiate(&parts.headers) {
            Ok(asked) => {
                *echo = version::echo(asked).or_else(|| version::echo(Microversion::MIN));
                version::document(StatusCode::MULTIPLE_CHOICES, links.root())
            }
            Err(refusal) => {
                *echo = refusal.echo;
                fault::reply(&refusal.error)
            }
        },
        _ => fault::unknown_route(&parts.headers),
    }
}

/// `/v3` → `/v3/`.
pub fn redirect(links: &Links, headers: &HeaderMap) -> Reply {
    let reply = Reply::raw(StatusCode::FOUND).from(Origin::Filter);
    let reply = reply.header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf8"));
    match HeaderValue::from_str(&format!("{}/v3/", links.root())) {
        Ok(location) => reply.header(header::LOCATION, location),
        Err(_) => fault::unknown_route(headers),
    }
}

fn healthcheck(edge: &Edge, parts: &Parts) -> Reply {
    #[derive(Serialize)]
    struct Body {
        detailed: bool,
        reasons: [&'static str; 1],
    }
    let disabled = edge.settings.healthcheck_disable_file.as_ref().is_some_and(|file| file.exists());
    let (status, reason) =
        if disabled { (StatusCode::SERVICE_UNAVAILABLE, "DISABLED BY FILE") } else { (StatusCode::OK, "OK") };
    let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") {
        Reply::json(status, &Body { detailed: false, reasons: [reason] }).from(Origin::Filter)
    } else {
        Reply::text(status, reason)
    }
}
