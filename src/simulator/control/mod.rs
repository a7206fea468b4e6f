//! The director's door: faults, node failures, writes, and the truth. Plain HTTP on an address
//! of its own; no fault ever touches it.

mod faults;
mod nodes;
mod objects;
mod truth;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::net::TcpListener;

use super::model::NodeState;
use super::refusal::Refusal;
use super::shared::Shared;

type Director = axum::extract::State<Arc<Shared>>;

/// What was asked of the control endpoint and cannot be.
struct Failed(StatusCode, String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(status, refusal.message)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

pub fn serve(shared: &Arc<Shared>, listener: TcpListener) {
    let router = Router::new()
        .route("/", get(truth::about))
        .route("/truth", get(truth::truth))
        .route("/stats", get(truth::stats).delete(truth::reset_stats))
        .route("/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/nodes", get(nodes::list))
        .route("/nodes/{index}/down", post(nodes::down))
        .route("/nodes/{index}/up", post(nodes::up))
        .route("/nodes/{index}/handshake", post(nodes::handshake).delete(nodes::no_handshake_fault))
        .route("/nodes/{index}/stale", post(nodes::stale).delete(nodes::fresh))
        .route("/nodes/{index}/read-only", post(nodes::read_only).delete(nodes::read_write))
        .route("/nodes/{index}/fill", post(nodes::fill))
        .route("/fill", post(nodes::fill_all))
        .route("/volumes/{uuid}/write", post(objects::write))
        .route("/volumes/{uuid}/migrate", post(objects::migrate))
        .with_state(Arc::clone(shared));
    let stop = shared.stop.clone();
    let tracker = shared.tasks.clone();
    tracker.spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        // Idle keep-alive connections are not waited for.
        if let Some(Err(error)) = stop.run_until_cancelled(serving.into_future()).await {
            tracing::error!(%error, "the control endpoint ended");
        }
    });
}

pub fn nodes_down(shared: &Shared) -> Vec<u16> {
    let world = shared.world();
    let nodes = world.tables().nodes.values();
    nodes.filter(|node| node.state == NodeState::Inactive).map(|node| node.index).collect()
}
