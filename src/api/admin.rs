//! The admin listener: is it alive, is it ready, and its figures. Not for the public, no tokens.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::service::Services;

/// Renders the metrics; the recorder behind it belongs to the composition root.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
struct Admin {
    services: Services,
    render: Render,
}

/// `GET /healthz` (the process), `GET /readyz` (the database answers), `GET /metrics`
/// (Prometheus text).
pub fn router(services: Services, render: Render) -> Router {
    Router::new()
        .route("/healthz", get(async || "OK"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Admin { services, render })
}

async fn ready(State(admin): State<Admin>) -> Response {
    match admin.services.store.ping().await {
        Ok(()) => "OK".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, (admin.render)()).into_response()
}
