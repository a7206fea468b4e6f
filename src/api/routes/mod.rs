//! THE table. The router, the policy coverage test, the OpenAPI document and the actions are all
//! made from these rows; what is not here is not served.
//!
//! A path is written without `/v3` and without the project: every row answers in both forms
//! (`cinder-api-surface`, "How to read").

mod general;
mod snapshots;
mod volumes;

use axum::http::{Method, StatusCode};
use futures::future::BoxFuture;

use super::call::Call;
use super::reply::Reply;
use super::schema::Schema;
use crate::domain::Result;

/// What serves a row.
pub type Handler = fn(Call) -> BoxFuture<'static, Result<Reply>>;

/// One operation.
#[derive(Debug)]
pub struct Row {
    /// As in the facts and the API reference, e.g. `volumes.create`.
    pub id: &'static str,
    pub method: Method,
    pub path: &'static str,
    /// The one key of the body, for `…/action`.
    pub action: Option<&'static str>,
    /// First minor version that has it; below it is not found.
    pub since: u16,
    /// The policy rule; empty where any valid token will do.
    pub rule: &'static str,
    pub body: Option<&'static Schema>,
    pub success: StatusCode,
    pub handler: Handler,
}

impl Row {
    pub const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        rule: &'static str,
        handler: Handler,
    ) -> Self {
        Self { id, method, path, action: None, since: 0, rule, body: None, success: StatusCode::OK, handler }
    }

    #[must_use]
    pub const fn since(mut self, minor: u16) -> Self {
        self.since = minor;
        self
    }

    #[must_use]
    pub const fn body(mut self, schema: &'static Schema) -> Self {
        self.body = Some(schema);
        self
    }

    #[must_use]
    pub const fn action(mut self, key: &'static str) -> Self {
        self.action = Some(key);
        self
    }

    #[must_use]
    pub const fn success(mut self, status: StatusCode) -> Self {
        self.success = status;
        self
    }
}

/// Turns an `async fn(Call) -> Result<Reply>` into a `Handler`.
macro_rules! to {
    ($handler:path) => {
        |call| Box::pin($handler(call))
    };
}
pub(super) use to;

/// All rows, group by group in the order of the API reference.
pub static TABLE: &[&[Row]] = &[
    general::EXTENSIONS,
    volumes::VOLUMES,
    volumes::ACTIONS,
    volumes::METADATA,
    snapshots::SNAPSHOTS,
    snapshots::ACTIONS,
    snapshots::METADATA,
    general::RESOURCE_FILTERS,
];
