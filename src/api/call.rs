//! One request on its way to a handler: who asks, for what, with which body, already checked
//! against the table's row.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::edge::Edge;
use super::links::Links;
use super::query::Query;
use super::routes::Row;
use crate::auth::Target;
use crate::domain::{Ctx, Error, Microversion, Result};

/// See the module documentation.
pub struct Call {
    pub edge: Arc<Edge>,
    pub row: &'static Row,
    pub ctx: Ctx,
    /// Values of the path's `{…}`, decoded.
    pub params: Vec<(String, String)>,
    pub query: Query,
    /// Valid by the row's schema; null where the row takes no body.
    pub body: Value,
    pub links: Links,
    pub headers: HeaderMap,
}

impl Call {
    /// A parameter of the path. The table's tests see to it that handlers ask for those there are.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// May the caller do this row's operation to that target?
    pub fn authorize(&self, target: &Target<'_>) -> Result<()> {
        self.edge.policy.authorize(&self.ctx, self.row.rule, target)
    }

    /// The same for something of the caller's own project: lists and creates.
    pub fn authorize_own(&self) -> Result<()> {
        self.authorize(&Target::own(&self.ctx))
    }

    /// Whether a further rule holds, e.g. one that shows an attribute.
    pub fn may(&self, rule: &str, target: &Target<'_>) -> bool {
        self.edge.policy.check(&self.ctx, rule, target)
    }

    /// For what is to belong to the caller's project: a token of the system or a domain has none.
    pub fn require_project(&self) -> Result<()> {
        if self.ctx.project_id.as_str().is_empty() {
            return Err(Error::invalid(
                "Invalid input received: The token has no project to own the resource.",
            ));
        }
        Ok(())
    }

    pub const fn version(&self) -> Microversion {
        self.ctx.microversion
    }

    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The object under the body's one key, e.g. `volume`. An empty one when it is not an object.
    pub fn object(&self, key: &str) -> super::body::Fields<'_> {
        super::body::Fields::of(self.body.get(key))
    }

    /// The body itself, where it has no key around it.
    pub fn whole(&self) -> super::body::Fields<'_> {
        super::body::Fields::of(Some(&self.body))
    }
}
