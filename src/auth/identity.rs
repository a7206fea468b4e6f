//! The caller as the authenticator established it, before policy has said anything.

use std::time::Duration;

use super::policy::{Policy, Target};
use crate::domain::ctx::ServiceCaller;
use crate::domain::{Clock, Ctx, Microversion, ProjectId, RequestId, UserId};

/// Where the answer to "is this an administrator" comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsAdmin {
    /// The policy rule `context_is_admin` decides.
    ByPolicy,
    /// No-auth: everybody is one.
    Always,
}

/// An authenticated caller. Role names are lower-cased, as oslo.policy compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub user_id: UserId,
    pub user_name: Option<String>,
    pub user_domain_id: Option<String>,
    /// `None` for a token scoped to a domain, to the system or to nothing.
    pub project_id: Option<ProjectId>,
    pub project_name: Option<String>,
    pub project_domain_id: Option<String>,
    pub domain_id: Option<String>,
    /// `all` for a system-scoped token.
    pub system_scope: Option<String>,
    pub roles: Vec<String>,
    pub is_admin_project: bool,
    pub service_roles: Vec<String>,
    pub service_caller: Option<ServiceCaller>,
    pub is_admin: IsAdmin,
}

/// What a request adds to the identity to make a `Ctx`.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    pub request_id: RequestId,
    pub global_request_id: Option<String>,
    pub microversion: Microversion,
    pub clock: Clock,
    pub patience: Duration,
}

impl Identity {
    /// The context every use case takes; `context_is_admin` is decided here, once a request.
    pub fn into_ctx(self, facts: RequestFacts, policy: &Policy) -> Ctx {
        let mut ctx = Ctx {
            request_id: facts.request_id,
            global_request_id: facts.global_request_id,
            user_id: self.user_id,
            project_id: self.project_id.unwrap_or_else(|| ProjectId::new("")),
            user_domain_id: self.user_domain_id,
            project_domain_id: self.project_domain_id,
            domain_id: self.domain_id,
            system_scope: self.system_scope,
            roles: self.roles,
            service_roles: self.service_roles,
            service_caller: self.service_caller,
            is_admin_project: self.is_admin_project,
            is_admin: false,
            microversion: facts.microversion,
            clock: facts.clock,
            patience: facts.patience,
        };
        ctx.is_admin = match self.is_admin {
            IsAdmin::Always => true,
            IsAdmin::ByPolicy => policy.check(&ctx, "context_is_admin", &Target::own(&ctx)),
        };
        ctx
    }
}
