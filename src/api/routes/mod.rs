//! THE table. The router, the policy coverage test, the OpenAPI document and the actions are all
//! made from these rows; what is not here is not served.
//!
//! A path is written without `/v3` and without the project: every row answers in both forms
//! (`cinder-api-surface`, "How to read").

mod attachments;
mod backups;
mod copying;
mod general;
mod groups;
mod manageable;
mod qos;
mod quotas;
mod services;
mod snapshots;
mod transfers;
mod types;
pub mod unserved;
mod volumes;

use axum::http::{Method, StatusCode};
use futures::future::BoxFuture;

use super::answers::{self, Answer};
use super::call::Call;
use super::filters::Rules;
use super::parameters::Parameter;
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
    /// What a successful answer carries.
    pub answer: &'static Answer,
    /// How a list is filtered, and since which minor version it is.
    pub list: Option<(&'static Rules, u16)>,
    /// What else the query may say.
    pub query: &'static [&'static [Parameter]],
    /// Statuses of refusals besides those that every operation has.
    pub refusals: &'static [StatusCode],
    pub handler: Handler,
}

/// Something else has the name, or stands in the way.
pub const CONFLICT: &[StatusCode] = &[StatusCode::CONFLICT];
/// `If-Match` names another state.
pub const PRECONDITION: &[StatusCode] = &[StatusCode::PRECONDITION_FAILED];

impl Row {
    pub const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        rule: &'static str,
        handler: Handler,
    ) -> Self {
        Self {
            id,
            method,
            path,
            action: None,
            since: 0,
            rule,
            body: None,
            success: StatusCode::OK,
            answer: &answers::NOTHING,
            list: None,
            query: &[],
            refusals: &[],
            handler,
        }
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

    #[must_use]
    pub const fn gives(mut self, answer: &'static Answer) -> Self {
        self.answer = answer;
        self
    }

    #[must_use]
    pub const fn lists(mut self, rules: &'static Rules, since: u16) -> Self {
        self.list = Some((rules, since));
        self
    }

    #[must_use]
    pub const fn query(mut self, parameters: &'static [&'static [Parameter]]) -> Self {
        self.query = parameters;
        self
    }

    #[must_use]
    pub const fn refuses(mut self, statuses: &'static [StatusCode]) -> Self {
        self.refusals = statuses;
        self
    }

    /// Every status an answer may have, the successful one first. A 500 is a defect and never
    /// among them.
    pub fn statuses(&self) -> Vec<StatusCode> {
        let mut all = vec![
            self.success,
            StatusCode::BAD_REQUEST,
            StatusCode::UNAUTHORIZED,
            StatusCode::NOT_FOUND,
            StatusCode::NOT_ACCEPTABLE,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        if !self.rule.is_empty() {
            all.push(StatusCode::FORBIDDEN);
        }
        if self.method != Method::GET && self.method != Method::DELETE {
            all.push(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        all.extend(self.refusals);
        all
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
    quotas::LIMITS,
    volumes::VOLUMES,
    volumes::ACTIONS,
    copying::ACTIONS,
    attachments::OLD_STYLE,
    volumes::METADATA,
    snapshots::SNAPSHOTS,
    snapshots::ACTIONS,
    snapshots::METADATA,
    types::TYPES,
    types::EXTRA_SPECS,
    types::ACCESS,
    types::TYPE_ENCRYPTION,
    types::DEFAULT_TYPES,
    attachments::ATTACHMENTS,
    manageable::VOLUMES,
    manageable::SNAPSHOTS,
    manageable::RELEASE,
    transfers::OLD,
    transfers::NEW,
    groups::GROUPS,
    groups::ACTIONS,
    groups::TYPES,
    groups::SPECS,
    backups::BACKUPS,
    backups::ACTIONS,
    groups::SNAPSHOTS,
    groups::CONSISTENCY_GROUPS,
    groups::CGSNAPSHOTS,
    quotas::SETS,
    quotas::CLASSES,
    services::SERVICES,
    services::FLEET,
    services::CLUSTERS,
    qos::QOS_SPECS,
    general::MESSAGES,
    general::RESOURCE_FILTERS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Policy, Target};
    use crate::domain::{Clock, Ctx};

    /// A rule that no default defines would lock everybody out, administrators too.
    #[test]
    fn every_row_names_a_rule_there_is() {
        let policy = Policy::defaults().unwrap();
        let admin = Ctx::internal(Clock::System);
        for row in TABLE.iter().copied().flatten() {
            let known = row.rule.is_empty() || policy.check(&admin, row.rule, &Target::own(&admin));
            assert!(known, "{}: {}", row.id, row.rule);
        }
    }

    /// Cinder 29 has 213 operations; four of them (versions, health) are answered outside the
    /// table. What is missing is listed with its reason.
    #[test]
    fn what_is_not_served_is_listed_with_its_reason() {
        let list = include_str!("../../../tests/conformance/not-served.txt");
        let rows = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let mut missing = std::collections::HashSet::new();
        for row in rows {
            let (id, reason) = row.split_once(' ').unwrap();
            assert!(!reason.trim().is_empty(), "{id}: no reason");
            assert!(missing.insert(id), "{id} is listed twice");
            assert!(TABLE.iter().copied().flatten().all(|row| row.id != id), "{id} is served: strike it");
        }
        let served = TABLE.iter().copied().flatten().count();
        assert_eq!(served + missing.len() + 4, 213);
    }

    #[test]
    fn ids_are_unique_and_actions_have_bodies() {
        let mut ids = std::collections::HashSet::new();
        for row in TABLE.iter().copied().flatten() {
            assert!(ids.insert(row.id), "{}", row.id);
            assert_eq!(row.path.ends_with("/action"), row.action.is_some(), "{}", row.id);
            assert!(row.action.is_none() || row.body.is_some(), "{}", row.id);
        }
    }
}
