//! Who calls, and what they may do (`lightbits-api` §1.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::domain::Timestamp;
use crate::simulator::options::AuthMode;
use crate::simulator::refusal::{Code, Refusal, Result};

/// What an operation asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Any valid role: the calls that tenants' drivers make on the cluster.
    AnyRole,
    ReadCluster,
    WriteCluster,
    /// Of the project that the request names.
    ReadProject,
    WriteProject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    Read,
    Write,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Role {
    /// None is the whole cluster.
    project: Option<String>,
    power: Power,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct Head {
    kid: String,
}

impl Caller {
    fn cluster_admin() -> Self {
        Self { roles: vec![Role { project: None, power: Power::Write }] }
    }

    /// Reads and checks the `Authorization` header; `key_of` gives the PEM of a credential by its
    /// scope and id.
    pub fn identify(
        mode: AuthMode,
        header: Option<&str>,
        now: Timestamp,
        key_of: impl FnOnce(&str, &str) -> Option<String>,
    ) -> Result<Self> {
        if mode == AuthMode::Open {
            return Ok(Self::cluster_admin());
        }
        let unknown =
            |why: &str| Refusal::new(Code::Unauthenticated, format!("authentication failed: {why}"));
        let scheme = |header: &str| header.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("bearer "));
        let token = header
            .filter(|it| scheme(it))
            .map(|it| it[7..].trim())
            .ok_or_else(|| unknown("no bearer token"))?;
        let head = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let head = head
            .and_then(|head| serde_json::from_slice::<Head>(&head).ok())
            .ok_or_else(|| unknown("no kid"))?;
        let (scope, id) = head.kid.split_once(':').ok_or_else(|| unknown("kid is not scope:id"))?;
        let pem = key_of(scope, id).ok_or_else(|| unknown("unknown key"))?;
        let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| unknown("unusable key"))?;
        let mut validation = Validation::new(Algorithm::RS256);
        // The times are checked below, against the simulator's own clock.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation);
        let claims = claims.map_err(|error| unknown(&error.to_string()))?.claims;
        let seconds = now.to_utc().timestamp();
        if claims.sub.is_empty() || claims.exp <= seconds || claims.nbf > seconds {
            return Err(unknown("token is expired, not valid yet, or has no subject"));
        }
        Ok(Self { roles: claims.roles.iter().filter_map(|role| Role::granted(role, scope)).collect() })
    }

    pub fn require(&self, need: Need, project: Option<&str>) -> Result<()> {
        let power = match need {
            Need::ReadCluster | Need::ReadProject | Need::AnyRole => Power::Read,
            Need::WriteCluster | Need::WriteProject => Power::Write,
        };
        let enough = |role: &&Role| power == Power::Read || role.power == Power::Write;
        let reaches = |role: &Role| match (&role.project, need) {
            (None, _) | (_, Need::AnyRole) => true,
            (Some(own), Need::ReadProject | Need::WriteProject) => project == Some(own),
            (Some(_), Need::ReadCluster | Need::WriteCluster) => false,
        };
        if self.roles.iter().filter(enough).any(reaches) {
            return Ok(());
        }
        let tenant = matches!(need, Need::ReadProject | Need::WriteProject) && !self.roles.is_empty();
        if tenant && project.is_none() {
            return Err(Refusal::invalid("projectName is required"));
        }
        Err(Refusal::new(Code::PermissionDenied, "permission denied: the role does not allow this"))
    }

    /// Sees the whole cluster.
    pub fn is_operator(&self) -> bool {
        self.roles.iter().any(|role| role.project.is_none())
    }
    pub fn sees_project(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role.project.as_deref().is_none_or(|own| own == name))
    }
}

impl Role {
    /// A key of a project cannot sign for more than that project.
    fn granted(text: &str, signer: &str) -> Option<Self> {
        let (scope, name) = text.split_once(':')?;
        let (project, power) = match (scope, name) {
            ("system", "cluster-admin") => (None, Power::Write),
            ("system", "cluster-viewer") => (None, Power::Read),
            (project, "admin") => (Some(project.to_owned()), Power::Write),
            (project, "viewer") => (Some(project.to_owned()), Power::Read),
            _ => return None,
        };
        (signer == "system" || signer == scope).then_some(Self { project, power })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(roles: &[&str], signer: &str) -> Caller {
        Caller { roles: roles.iter().filter_map(|role| Role::granted(role, signer)).collect() }
    }

    #[test]
    fn roles_reach_as_far_as_they_say() {
        let tenant = caller(&["a:admin", "b:viewer"], "system");
        assert!(tenant.require(Need::WriteProject, Some("a")).is_ok());
        assert!(tenant.require(Need::ReadProject, Some("b")).is_ok());
        assert_eq!(tenant.require(Need::WriteProject, Some("b")).unwrap_err().code, Code::PermissionDenied);
        assert_eq!(tenant.require(Need::ReadProject, Some("c")).unwrap_err().code, Code::PermissionDenied);
        assert_eq!(tenant.require(Need::ReadProject, None).unwrap_err().code, Code::InvalidArgument);
        assert!(tenant.require(Need::AnyRole, None).is_ok());
        assert_eq!(tenant.require(Need::ReadCluster, None).unwrap_err().code, Code::PermissionDenied);
        let viewer = caller(&["system:cluster-viewer"], "system");
        assert!(viewer.require(Need::ReadProject, None).is_ok());
        assert!(viewer.require(Need::WriteCluster, None).is_err());
        assert!(caller(&["system:nobody"], "system").require(Need::AnyRole, None).is_err());
    }

    #[test]
    fn a_tenants_key_does_not_sign_for_others() {
        assert!(caller(&["system:cluster-admin"], "a").roles.is_empty());
        assert!(caller(&["b:admin"], "a").roles.is_empty());
        assert_eq!(caller(&["a:admin"], "a").roles.len(), 1);
    }
}
