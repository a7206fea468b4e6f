//! One line and two figures for every request.

use std::time::Duration;

use axum::http::{Method, StatusCode, Uri};
use metrics::{counter, histogram};

use crate::telemetry::metrics::{HTTP_REQUESTS, HTTP_SECONDS};

/// What became of a request.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub bytes: usize,
    pub took: Duration,
}

/// Logs and counts. `operation` is the row's id, empty for what is in no table.
pub fn record(method: &Method, uri: &Uri, operation: &'static str, answered: &Answered) {
    tracing::info!(
        target: "hearth::access",
        %method,
        path = uri.path(),
        query = uri.query(),
        status = answered.status.as_u16(),
        bytes = answered.bytes,
        operation,
        micros = u64::try_from(answered.took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    count(method, operation, answered);
}

/// One label value a method, whatever a client makes up.
fn count(method: &Method, operation: &'static str, answered: &Answered) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let status = answered.status.as_u16().to_string();
    counter!(HTTP_REQUESTS, "method" => method, "route" => operation, "status" => status).increment(1);
    histogram!(HTTP_SECONDS, "method" => method, "route" => operation).record(answered.took.as_secs_f64());
}
