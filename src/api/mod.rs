//! The edges: Cinder v3 and the fleet API. axum lives only here.
//!
//! `routes` is the table everything is made from; `edge` is the way of one request; `fault` the
//! only place where an error becomes a status code; `v3` the handlers and views, resource by
//! resource.

#![allow(dead_code, reason = "the handlers that use it all come with the services")]

mod body;
mod bool_text;
mod call;
pub mod edge;
mod fault;
mod filters;
mod links;
pub mod openapi;
mod outside;
mod page;
mod python;
mod query;
mod reply;
mod request_id;
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

/// The service that answers every request of the Cinder edge.
pub fn router(edge: Arc<Edge>) -> axum::Router {
    axum::Router::new().fallback(move |request| edge::serve(Arc::clone(&edge), request))
}
