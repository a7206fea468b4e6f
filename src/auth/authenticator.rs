//! The door: tokens in, identity out.

use std::sync::Arc;

use super::access_rules;
use super::identity::{Identity, IsAdmin};
use super::keystone::{Expired, KeystoneClient, KeystoneSettings, ServiceRoles, Token, Unavailable, Verdict};
use super::noauth;
use super::token_cache::TokenCache;
use crate::domain::ctx::ServiceCaller;
use crate::domain::{Clock, Error, ProjectId, UserId};

/// What a request says about its caller. `method` and `path` are looked at only for application
/// credentials that are restricted by access rules; left empty, those are turned away.
#[derive(Clone, Copy, Default)]
pub struct AuthHeaders<'a> {
    /// `X-Auth-Token`
    pub auth_token: Option<&'a str>,
    /// `X-Service-Token`
    pub service_token: Option<&'a str>,
    /// The project in the URL, if its form has one.
    pub url_project: Option<&'a str>,
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Path of the URL as sent, without the query.
    pub path: &'a str,
}

/// How callers are known.
#[derive(Debug)]
pub enum Authenticator {
    Keystone(Box<Keystone>),
    NoAuth,
}

/// A Keystone, and what it said lately.
#[derive(Debug)]
pub struct Keystone {
    client: Arc<KeystoneClient>,
    cache: TokenCache,
    www_authenticate: String,
}

impl Authenticator {
    /// # Errors
    /// `Invalid` for settings that cannot work. Keystone itself is first asked when it is needed:
    /// it may come up after us.
    pub fn keystone(settings: KeystoneSettings, clock: Clock) -> Result<Self, Error> {
        let told = settings.www_authenticate_uri.as_deref().unwrap_or(&settings.auth_url);
        let www_authenticate = format!("Keystone uri=\"{told}\"");
        let fits_a_header = told.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        if !fits_a_header {
            return Err(Error::invalid("keystone.www_authenticate_uri is not a URL"));
        }
        let cache = TokenCache::new(settings.cache_ttl, clock.clone());
        let client = Arc::new(KeystoneClient::new(settings, clock)?);
        Ok(Self::Keystone(Box::new(Keystone { client, cache, www_authenticate })))
    }

    /// The client with the gateway's own account, for calls to other services.
    pub fn own_account(&self) -> Option<Arc<KeystoneClient>> {
        match self {
            Self::Keystone(keystone) => Some(keystone.client.clone()),
            Self::NoAuth => None,
        }
    }

    /// No-auth: nobody has to prove who he is, a service neither.
    pub const fn believes_everybody(&self) -> bool {
        matches!(self, Self::NoAuth)
    }

    /// # Errors
    /// `Unauthenticated` (401) for a missing or refused token, `Unavailable` (503) when Keystone
    /// cannot be asked and the answer is not remembered.
    pub async fn authenticate(&self, headers: AuthHeaders<'_>) -> Result<Identity, Error> {
        match self {
            Self::Keystone(keystone) => keystone.authenticate(headers).await,
            Self::NoAuth => Ok(noauth::identify(headers.auth_token, headers.url_project)),
        }
    }

    /// The value of `WWW-Authenticate` that goes with every 401: `Keystone uri="…"`.
    pub fn www_authenticate(&self) -> Option<&str> {
        match self {
            Self::Keystone(keystone) => Some(&keystone.www_authenticate),
            Self::NoAuth => None,
        }
    }
}

impl Keystone {
    async fn authenticate(&self, headers: AuthHeaders<'_>) -> Result<Identity, Error> {
        let user_token = present(headers.auth_token).ok_or_else(unauthenticated)?;
        let service = match present(headers.service_token) {
            Some(token) => Some(self.service(token).await?),
            None => None,
        };
        let expired = match &service {
            Some(service) if self.has_service_role(service) => Expired::Allowed,
            _ => Expired::Refused,
        };
        let user = self.validated(user_token, expired).await?;
        let is_relayed = expired == Expired::Allowed;
        if let Some(rules) = &user.access_rules {
            // A service works on behalf of a request that was itself held to the rules.
            let types = &self.client.settings().service_types;
            if !is_relayed && !access_rules::allow(rules, types, headers.method, headers.path) {
                return Err(unauthenticated());
            }
        }
        Ok(identity(&user, service.as_deref()))
    }

    /// The token of a service. One without a service role is as good as a forged one.
    async fn service(&self, token: &str) -> Result<Arc<Token>, Error> {
        let service = self.validated(token, Expired::Refused).await?;
        match self.client.settings().service_roles {
            ServiceRoles::Required if !self.has_service_role(&service) => Err(unauthenticated()),
            ServiceRoles::Required | ServiceRoles::Optional => Ok(service),
        }
    }

    fn has_service_role(&self, token: &Token) -> bool {
        let wanted = &self.client.settings().service_token_roles;
        token.roles.iter().any(|role| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(role)))
    }

    async fn validated(&self, token: &str, expired: Expired) -> Result<Arc<Token>, Error> {
        // Boxed when polled, which a remembered token never comes to: the way through the cache
        // stays small for every future that contains it.
        let ask = async { self.client.validate_boxed(token, expired).await };
        match self.cache.verdict(token, expired, ask).await {
            Ok(Verdict::Valid(token)) => Ok(token),
            Ok(Verdict::Invalid) => Err(unauthenticated()),
            Err(error) => Err(Error::unavailable("The Keystone service is temporarily unavailable.")
                .because(Unavailable::clone(&error))),
        }
    }
}

fn present(header: Option<&str>) -> Option<&str> {
    header.map(str::trim).filter(|token| !token.is_empty())
}

fn unauthenticated() -> Error {
    Error::unauthenticated("The request you have made requires authentication.")
}

fn identity(user: &Token, service: Option<&Token>) -> Identity {
    Identity {
        user_id: UserId::new(&user.user_id),
        user_name: user.user_name.clone(),
        user_domain_id: user.user_domain_id.clone(),
        project_id: user.project_id.as_ref().map(ProjectId::new),
        project_name: user.project_name.clone(),
        project_domain_id: user.project_domain_id.clone(),
        domain_id: user.domain_id.clone(),
        system_scope: user.system_scope.clone(),
        roles: user.roles.clone(),
        is_admin_project: user.is_admin_project,
        service_roles: service.map(|service| service.roles.clone()).unwrap_or_default(),
        service_caller: service.map(|service| ServiceCaller {
            user_id: UserId::new(&service.user_id),
            user_domain_id: service.user_domain_id.clone(),
            project_id: ProjectId::new(service.project_id.as_deref().unwrap_or_default()),
            project_domain_id: service.project_domain_id.clone(),
        }),
        is_admin: IsAdmin::ByPolicy,
    }
}
