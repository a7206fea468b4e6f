//! What a check may look at: the caller (`Ctx`) and the thing it wants to touch (`Target`), both
//! by the names that policy files use for them.

use crate::domain::{Ctx, ProjectId, UserId};

/// The object of an operation; what `%(project_id)s` in a rule refers to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    pub project_id: Option<&'a str>,
    pub user_id: Option<&'a str>,
    /// Further attributes an operator may refer to, such as `host` or `volume_type_id`.
    pub attributes: &'a [(&'a str, &'a str)],
}

impl<'a> Target<'a> {
    /// The caller's own project: for lists, creates and whatever belongs to nobody.
    pub fn own(ctx: &'a Ctx) -> Self {
        Self::of(&ctx.project_id, &ctx.user_id)
    }
    /// A resource with an owner.
    pub fn of(project_id: &'a ProjectId, user_id: &'a UserId) -> Self {
        Self { project_id: Some(project_id.as_str()), user_id: Some(user_id.as_str()), attributes: &[] }
    }
    /// Something of a project, by nobody in particular (quotas).
    pub fn project(project_id: &'a ProjectId) -> Self {
        Self { project_id: Some(project_id.as_str()), ..Self::default() }
    }
    #[must_use]
    pub const fn with(self, attributes: &'a [(&'a str, &'a str)]) -> Self {
        Self { attributes, ..self }
    }

    /// An attribute by name. Empty ids are absent: a token without a project must not match a
    /// resource without one.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        match name {
            "project_id" => self.project_id.filter(|id| !id.is_empty()),
            "user_id" => self.user_id.filter(|id| !id.is_empty()),
            _ => self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value),
        }
    }
}

/// An attribute of the caller.
pub(super) enum Attribute<'a> {
    Absent,
    One(&'a str),
    Many(&'a [String]),
}

/// The caller's attributes by the names oslo.context gives them. Truth values read as Python
/// prints them.
pub(super) fn credential<'a>(ctx: &'a Ctx, name: &str) -> Attribute<'a> {
    let service = ctx.service_caller.as_ref();
    let one = match name {
        "roles" => return Attribute::Many(&ctx.roles),
        "service_roles" => return Attribute::Many(&ctx.service_roles),
        "is_admin" => Some(python_bool(ctx.is_admin)),
        "is_admin_project" => Some(python_bool(ctx.is_admin_project)),
        "project_id" => Some(ctx.project_id.as_str()),
        "user_id" => Some(ctx.user_id.as_str()),
        "user_domain_id" => ctx.user_domain_id.as_deref(),
        "project_domain_id" => ctx.project_domain_id.as_deref(),
        "domain_id" => ctx.domain_id.as_deref(),
        "system_scope" | "system" => ctx.system_scope.as_deref(),
        "service_user_id" => service.map(|caller| caller.user_id.as_str()),
        "service_project_id" => service.map(|caller| caller.project_id.as_str()),
        "service_user_domain_id" => service.and_then(|caller| caller.user_domain_id.as_deref()),
        "service_project_domain_id" => service.and_then(|caller| caller.project_domain_id.as_deref()),
        _ => None,
    };
    one.filter(|value| !value.is_empty()).map_or(Attribute::Absent, Attribute::One)
}

const fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
