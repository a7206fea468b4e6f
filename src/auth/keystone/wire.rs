//! What goes over the wire to Keystone v3 and back.

use serde::{Deserialize, Serialize};

use super::{Domain, Interface, KeystoneSettings};
use crate::domain::Timestamp;

/// A validated token: who, where, with which roles, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub user_id: String,
    pub user_name: Option<String>,
    pub user_domain_id: Option<String>,
    pub project_id: Option<String>,
    pub project_name: Option<String>,
    pub project_domain_id: Option<String>,
    /// Of a domain-scoped token.
    pub domain_id: Option<String>,
    /// `all` of a system-scoped token.
    pub system_scope: Option<String>,
    /// Lower-cased.
    pub roles: Vec<String>,
    pub is_admin_project: bool,
    pub expires_at: Timestamp,
    /// Of a restricted application credential: the only requests it may be used for.
    pub access_rules: Option<Vec<AccessRule>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AccessRule {
    pub service: String,
    pub method: String,
    /// With `*`, `**` and `{name}` in it.
    pub path: String,
}

#[derive(Deserialize)]
struct Answer {
    token: Body,
}

#[derive(Deserialize)]
struct Body {
    expires_at: String,
    user: User,
    project: Option<Project>,
    domain: Option<Named>,
    system: Option<System>,
    #[serde(default)]
    roles: Vec<Role>,
    is_admin_project: Option<bool>,
    application_credential: Option<ApplicationCredential>,
    /// Services as they stand there: one that makes no sense must not cost us the token.
    catalog: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
    name: Option<String>,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct ApplicationCredential {
    access_rules: Option<Vec<AccessRule>>,
}

#[derive(Debug, Deserialize)]
struct Service {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
struct Endpoint {
    interface: String,
    region_id: Option<String>,
    region: Option<String>,
    url: String,
}

/// The catalogue that came with a token.
#[derive(Debug, Default)]
pub(super) struct Catalogue(Vec<Service>);

impl Catalogue {
    /// Whether the cloud has a service of this type anywhere.
    pub(super) fn knows(&self, kind: &str) -> bool {
        self.0.iter().any(|service| service.kind == kind && !service.endpoints.is_empty())
    }

    pub(super) fn find(&self, kind: &str, interface: Interface, region: Option<&str>) -> Option<&str> {
        let interface = match interface {
            Interface::Public => "public",
            Interface::Internal => "internal",
            Interface::Admin => "admin",
        };
        self.0
            .iter()
            .filter(|service| service.kind == kind)
            .flat_map(|service| &service.endpoints)
            .find(|endpoint| {
                endpoint.interface == interface && region.is_none_or(|region| endpoint.is_in(region))
            })
            .map(|endpoint| endpoint.url.as_str())
    }
}

impl Endpoint {
    fn is_in(&self, region: &str) -> bool {
        [&self.region_id, &self.region].into_iter().any(|known| known.as_deref() == Some(region))
    }
}

/// Reads the body of a `GET` or `POST` of `/v3/auth/tokens`. The error says where it stopped
/// making sense, and quotes nothing.
pub(super) fn read(body: &[u8]) -> Result<(Token, Catalogue), String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let answer: Answer = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| format!("it is not a token: at {}", error.path()))?;
    let body = answer.token;
    let expires_at = chrono::DateTime::parse_from_rfc3339(&body.expires_at)
        .map_err(|_| "it is not a token: at token.expires_at".to_owned())?;
    let (project_id, project_name, project_domain_id) = body
        .project
        .map_or((None, None, None), |p| (Some(p.id), p.name, p.domain.and_then(|domain| domain.id)));
    let token = Token {
        user_id: body.user.id,
        user_name: body.user.name,
        user_domain_id: body.user.domain.and_then(|domain| domain.id),
        project_id,
        project_name,
        project_domain_id,
        domain_id: body.domain.and_then(|domain| domain.id),
        system_scope: body.system.filter(|system| system.all).map(|_| "all".to_owned()),
        roles: body.roles.into_iter().map(|role| role.name.to_lowercase()).collect(),
        // Absent unless Keystone was told which project is the admin project.
        is_admin_project: body.is_admin_project.unwrap_or(true),
        expires_at: Timestamp(expires_at.timestamp_micros()),
        access_rules: body.application_credential.and_then(|credential| credential.access_rules),
    };
    let services =
        body.catalog.into_iter().flatten().filter_map(|service| serde_json::from_value(service).ok());
    Ok((token, Catalogue(services.collect())))
}

/// The body that asks for the gateway's own token. It holds the password: no `Debug`.
#[derive(Serialize)]
pub(super) struct Login<'a> {
    auth: Auth<'a>,
}

#[derive(Serialize)]
struct Auth<'a> {
    identity: LoginIdentity<'a>,
    scope: Scope<'a>,
}

#[derive(Serialize)]
struct LoginIdentity<'a> {
    methods: [&'static str; 1],
    password: Password<'a>,
}

#[derive(Serialize)]
struct Password<'a> {
    user: LoginUser<'a>,
}

#[derive(Serialize)]
struct LoginUser<'a> {
    name: &'a str,
    domain: DomainRef<'a>,
    password: &'a str,
}

#[derive(Serialize)]
struct Scope<'a> {
    project: ScopeProject<'a>,
}

#[derive(Serialize)]
struct ScopeProject<'a> {
    name: &'a str,
    domain: DomainRef<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum DomainRef<'a> {
    Id(&'a str),
    Name(&'a str),
}

impl<'a> From<&'a Domain> for DomainRef<'a> {
    fn from(domain: &'a Domain) -> Self {
        match domain {
            Domain::Id(id) => Self::Id(id),
            Domain::Name(name) => Self::Name(name),
        }
    }
}

impl<'a> Login<'a> {
    pub(super) fn new(settings: &'a KeystoneSettings) -> Self {
        use secrecy::ExposeSecret;
        let user = LoginUser {
            name: &settings.username,
            domain: (&settings.user_domain).into(),
            password: settings.password.expose_secret(),
        };
        let project =
            ScopeProject { name: &settings.project_name, domain: (&settings.project_domain).into() };
        let identity = LoginIdentity { methods: ["password"], password: Password { user } };
        Self { auth: Auth { identity, scope: Scope { project } } }
    }
}
