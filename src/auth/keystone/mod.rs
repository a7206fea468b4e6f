//! Keystone, as far as a service needs it: get a token for the gateway's own account, keep it
//! fresh, and ask with it whose token a request carries.

mod client;
mod own_token;
mod peer;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

pub use client::KeystoneClient;
pub use peer::{Caller, Missed, Peer, PeerCall, Prepared, Stamp};
pub use wire::{AccessRule, Token};

use secrecy::SecretString;

/// A domain in the gateway's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    Id(String),
    Name(String),
}

/// Which of an endpoint's addresses the catalogue is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    Public,
    Internal,
    Admin,
}

/// Whether Keystone has to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVerification {
    Verified,
    /// Any certificate will do. Said loudly at start.
    Insecure,
}

/// What a valid `X-Service-Token` without a service role is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceRoles {
    /// Nothing: the request is refused (401).
    Required,
    /// It passes, as in old deployments, but never revives an expired user token.
    Optional,
}

/// The settings of keystonemiddleware's `[keystone_authtoken]` that mean something here.
#[derive(Debug, Clone)]
pub struct KeystoneSettings {
    /// With or without `/v3` at its end.
    pub auth_url: String,
    pub username: String,
    pub password: SecretString,
    pub project_name: String,
    pub user_domain: Domain,
    pub project_domain: Domain,
    /// Where tokens are validated: this interface of the identity service in the catalogue, or,
    /// when `None`, `auth_url` itself.
    pub interface: Option<Interface>,
    /// Region of that endpoint, where the catalogue has several.
    pub region: Option<String>,
    /// PEM bundle that replaces the system's authorities.
    pub cafile: Option<PathBuf>,
    pub tls: TlsVerification,
    pub connect_timeout: Duration,
    /// For one validation as a whole, renewing the gateway's own token included.
    pub request_timeout: Duration,
    /// What 401 answers tell clients, when `auth_url` is not for them.
    pub www_authenticate_uri: Option<String>,
    pub service_token_roles: Vec<String>,
    pub service_roles: ServiceRoles,
    /// Our types in the catalogue; access rules of application credentials name one of them.
    pub service_types: Vec<String>,
    /// How long a validated token is believed without asking again; shorter where it expires
    /// sooner. Bounds how long a revoked token lives.
    pub cache_ttl: Duration,
}

impl KeystoneSettings {
    /// Everything else as keystonemiddleware has it by default.
    pub fn new(auth_url: &str, username: &str, password: SecretString, project_name: &str) -> Self {
        Self {
            auth_url: auth_url.to_owned(),
            username: username.to_owned(),
            password,
            project_name: project_name.to_owned(),
            user_domain: Domain::Name("Default".to_owned()),
            project_domain: Domain::Name("Default".to_owned()),
            interface: None,
            region: None,
            cafile: None,
            tls: TlsVerification::Verified,
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(10),
            www_authenticate_uri: None,
            service_token_roles: vec!["service".to_owned()],
            service_roles: ServiceRoles::Required,
            service_types: vec!["volumev3".to_owned(), "block-storage".to_owned()],
            cache_ttl: Duration::from_secs(300),
        }
    }
}

/// May Keystone vouch for tokens that have already expired? Only when a service token comes
/// with them: long operations of Nova outlive the user's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expired {
    Refused,
    Allowed,
}

/// What Keystone said of a token.
#[derive(Debug, Clone)]
pub enum Verdict {
    Valid(std::sync::Arc<Token>),
    Invalid,
}

/// Keystone (or a service found through it) could not be asked, or did not answer like itself. The text is for the log and
/// has no secret in it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);
