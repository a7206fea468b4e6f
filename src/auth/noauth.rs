//! No-auth, as Cinder's `auth_strategy = noauth` has it: the token is not a secret but a claim,
//! `user:project`, and every caller is an administrator. Only for a machine of one's own; the
//! server refuses to listen beyond loopback with it unless told so by name.

use super::identity::{Identity, IsAdmin};
use crate::domain::{ProjectId, UserId};

/// User and, when neither the token nor the URL names one, project of a caller without a token.
const NOBODY_IN_PARTICULAR: &str = "admin";

/// `user:project`; `user` alone is also its own project, and no token at all is the
/// administrator of the project in the URL.
pub(super) fn identify(auth_token: Option<&str>, url_project: Option<&str>) -> Identity {
    let (user, project) = match auth_token.map(str::trim).filter(|token| !token.is_empty()) {
        Some(token) => match token.split_once(':') {
            Some((user, project)) if !project.is_empty() => (user, project),
            Some((user, _)) => (user, user),
            None => (token, token),
        },
        None => (NOBODY_IN_PARTICULAR, url_project.unwrap_or(NOBODY_IN_PARTICULAR)),
    };
    Identity {
        user_id: UserId::new(user),
        user_name: Some(user.to_owned()),
        user_domain_id: None,
        project_id: Some(ProjectId::new(project)),
        project_name: None,
        project_domain_id: None,
        domain_id: None,
        system_scope: None,
        roles: vec!["admin".to_owned()],
        is_admin_project: true,
        service_roles: Vec::new(),
        service_caller: None,
        is_admin: IsAdmin::Always,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_a_claim() {
        for (token, url_project, user, project) in [
            (Some("alice:4711"), Some("beef"), "alice", "4711"),
            (Some("alice:a:b"), None, "alice", "a:b"),
            (Some("alice:"), Some("beef"), "alice", "alice"),
            (Some("alice"), Some("beef"), "alice", "alice"),
            (Some("  "), Some("beef"), "admin", "beef"),
            (None, Some("beef"), "admin", "beef"),
            (None, None, "admin", "admin"),
        ] {
            let who = identify(token, url_project);
            assert_eq!(who.user_id.as_str(), user, "{token:?}");
            assert_eq!(who.project_id, Some(ProjectId::new(project)), "{token:?}");
            assert_eq!(who.roles, ["admin"]);
            assert_eq!(who.is_admin, IsAdmin::Always);
        }
    }
}
