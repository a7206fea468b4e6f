//! The door: tokens in, identity out.

use super::identity::Identity;
use super::noauth;
use crate::domain::Error;

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
    NoAuth,
}

impl Authenticator {
    /// # Errors
    /// `Unauthenticated` (401) for a missing or refused token, `Unavailable` (503) when Keystone
    /// cannot be asked and does not answer from memory.
    pub async fn authenticate(&self, headers: AuthHeaders<'_>) -> Result<Identity, Error> {
        match self {
            Self::NoAuth => Ok(noauth::identify(headers.auth_token, headers.url_project)),
        }
    }

    /// The value of `WWW-Authenticate` that goes with every 401: `Keystone uri="…"`.
    pub fn www_authenticate(&self) -> Option<&str> {
        match self {
            Self::NoAuth => None,
        }
    }
}
