//! The edges: Cinder v3 and the fleet API. axum lives only here.
//!
//! `routes` is the table everything is made from; `edge` is the way of one request; `fault` the
//! only place where an error becomes a status code; `v3` the handlers and views, resource by
//! resource.

mod accept;
mod access_log;
pub mod admin;
pub mod answers;
mod body;
mod bool_text;
mod call;
mod columns;
pub mod edge;
mod fault;
mod filters;
pub mod fleet;
mod incoming;
mod links;
pub mod openapi;
mod outside;
mod page;
mod parameters;
mod python;
mod query;
mod reply;
mod request_id;
mod respond;
mod router;
pub mod routes;
mod schema;
mod time;
mod v3;
mod version;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use edge::{Edge, Settings};
pub use links::ProxyHeaders;

/// Answers on `listener` until told to stop; then lets the requests under way finish.
///
/// # Errors
/// Those of the socket.
pub async fn listen(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    stop: tokio_util::sync::CancellationToken,
) -> std::io::Result<()> {
    use axum::serve::ListenerExt as _;
    // Small answers at once: a client that waits for one does not send the next.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await
}

/// The service that answers every request of the Cinder edge.
pub fn router(edge: Arc<Edge>) -> axum::Router {
    axum::Router::new().fallback(move |request| edge::serve(Arc::clone(&edge), request))
}
