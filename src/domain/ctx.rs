//! Who asks, for what, since when, until when. Every use case takes a `&Ctx` first, whoever
//! called: a request, the worker, the CLI or a test.

use std::time::Duration;

use super::{Clock, Microversion, ProjectId, RequestId, UserId};

/// How long a request that must answer synchronously waits for its operation before it is told
/// to come back (503); the operation itself goes on.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

/// The OpenStack service that relays a user's request (Nova, Glance) with a token of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCaller {
    pub user_id: UserId,
    pub user_domain_id: Option<String>,
    pub project_id: ProjectId,
    pub project_domain_id: Option<String>,
}

/// The caller of one request or background step.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Made here for each request; `x-openstack-request-id` of the reply.
    pub request_id: RequestId,
    /// The caller's own request id, when it sent a well-formed one. Only logged.
    pub global_request_id: Option<String>,
    pub user_id: UserId,
    /// Empty for a token without project scope.
    pub project_id: ProjectId,
    pub user_domain_id: Option<String>,
    pub project_domain_id: Option<String>,
    /// Only for a token scoped to a domain instead of a project.
    pub domain_id: Option<String>,
    /// `all` for a system-scoped token.
    pub system_scope: Option<String>,
    /// Role names of the user's token, lower-cased as oslo.policy compares them.
    pub roles: Vec<String>,
    /// Role names of a valid service token sent beside it (empty without one).
    pub service_roles: Vec<String>,
    /// Who sent that service token.
    pub service_caller: Option<ServiceCaller>,
    /// False only when Keystone knows an admin project and this is another one.
    pub is_admin_project: bool,
    /// Outcome of the policy rule `context_is_admin` for this caller.
    pub is_admin: bool,
    pub microversion: Microversion,
    pub clock: Clock,
    pub patience: Duration,
}

impl Ctx {
    /// An administrator without a user: background work and the local CLI.
    pub fn internal(clock: Clock) -> Self {
        Self {
            request_id: RequestId::mint(),
            global_request_id: None,
            user_id: UserId::new(""),
            project_id: ProjectId::new(""),
            user_domain_id: None,
            project_domain_id: None,
            domain_id: None,
            system_scope: None,
            roles: vec!["admin".to_owned()],
            service_roles: Vec::new(),
            service_caller: None,
            is_admin_project: true,
            is_admin: true,
            microversion: Microversion::MAX,
            clock,
            patience: DEFAULT_PATIENCE,
        }
    }
}
