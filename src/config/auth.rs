use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Period, Problem, Server, anchor, read_secret, secret};

/// As Cinder's `auth_strategy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    #[default]
    Keystone,
    /// Everybody is who they say; for trying things out.
    Noauth,
}

/// Whether the certificate of a server is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    #[default]
    Verify,
    /// Anybody may pretend to be the server.
    Insecure,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// `keystone`, or `noauth` for trying things out.
    pub strategy: Strategy,
    /// Allow `noauth` on an address other than loopback: whoever reaches the port is an
    /// administrator.
    pub noauth_beyond_loopback: bool,
    /// How long a validated token is believed without asking again.
    pub token_cache_time: Period,
    /// Roles one of which a service token must have.
    pub service_token_roles: Vec<String>,
    /// Refuse a service token without such a role (otherwise it is just not a service token).
    pub service_token_roles_required: bool,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            noauth_beyond_loopback: false,
            token_cache_time: Period::seconds(300),
            service_token_roles: vec!["service".to_owned()],
            service_token_roles_required: true,
        }
    }
}

impl Auth {
    pub(super) fn check(&self, keystone: Option<&Keystone>, server: &Server, problems: &mut Vec<Problem>) {
        match self.strategy {
            Strategy::Keystone => match keystone {
                Some(keystone) => keystone.check(problems),
                None => problems.push(Problem::of(
                    "keystone",
                    "is missing: auth.strategy is keystone (set auth.strategy = \"noauth\" to try things out)",
                )),
            },
            Strategy::Noauth => {
                if !server.listen.ip().is_loopback() && !self.noauth_beyond_loopback {
                    problems.push(Problem::of(
                        "server.listen",
                        "is not loopback, and with noauth whoever reaches it is an administrator; \
                         set auth.noauth_beyond_loopback = true if that is meant",
                    ));
                }
            }
        }
    }
}

/// hearth's own account, with which it asks Keystone about the tokens of others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keystone {
    /// URL of Keystone, with or without `/v3`.
    pub auth_url: String,
    /// URL told to callers without a token (`WWW-Authenticate`); without it `auth_url`.
    #[serde(default)]
    pub www_authenticate_uri: Option<String>,
    /// Name of hearth's service user.
    #[serde(default = "cinder")]
    pub username: String,
    /// Its password; better kept in `password_file`.
    #[serde(default, serialize_with = "secret::redacted")]
    #[schemars(with = "Option<String>")]
    pub password: Option<SecretString>,
    /// File that holds the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Domain of the service user.
    #[serde(default = "default_domain")]
    pub user_domain_name: String,
    /// Project the service user is scoped to.
    #[serde(default = "service")]
    pub project_name: String,
    /// Domain of that project.
    #[serde(default = "default_domain")]
    pub project_domain_name: String,
    /// CA certificates (PEM) that sign Keystone's certificate; without it the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// `verify`, or `insecure` to accept any certificate.
    #[serde(default)]
    pub tls: Tls,
    /// How long one call may take.
    #[serde(default = "ten_seconds")]
    pub timeout: Period,
}

fn cinder() -> String {
    "cinder".to_owned()
}
fn default_domain() -> String {
    "Default".to_owned()
}
fn service() -> String {
    "service".to_owned()
}
const fn ten_seconds() -> Period {
    Period::seconds(10)
}

impl Keystone {
    /// The password, wherever it is kept.
    ///
    /// # Errors
    /// There is none, or its file cannot be read or is open to everybody.
    pub fn resolve_password(&self) -> Result<SecretString, Problem> {
        match (&self.password, &self.password_file) {
            (Some(password), _) => Ok(password.clone()),
            (None, Some(file)) => {
                read_secret(file).map_err(|message| Problem::of("keystone.password_file", message))
            }
            (None, None) => Err(Problem::of("keystone.password_file", "is missing (or keystone.password)")),
        }
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        let web = url::Url::parse(&self.auth_url).is_ok_and(|u| matches!(u.scheme(), "http" | "https"));
        if !web {
            problems.push(Problem::of("keystone.auth_url", "must be an http or https URL"));
        }
        if self.password.is_some() && self.password_file.is_some() {
            problems.push(Problem::of("keystone.password_file", "stands beside keystone.password; keep one"));
        }
        if let Err(problem) = self.resolve_password() {
            problems.push(problem);
        }
        if let Some(ca) = self.ca_file.as_ref().filter(|ca| !ca.is_file()) {
            problems.push(Problem::of("keystone.ca_file", format!("{} is not a file", ca.display())));
        }
    }

    pub(super) fn anchor(&mut self, folder: &Path) {
        for file in [&mut self.password_file, &mut self.ca_file].into_iter().flatten() {
            anchor(file, folder);
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// `policy.yaml` whose rules replace the defaults of the same name; need not exist.
    pub file: Option<PathBuf>,
    /// Folders whose files, in the order of their names, replace rules in their turn; they need not
    /// exist. As oslo.policy's `policy_dirs`.
    pub folders: Vec<PathBuf>,
    /// Only the defaults for administrators, members and readers hold. `false` lets the former
    /// ones hold beside them: then whoever is in a project may act there, whatever the role.
    pub enforce_new_defaults: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { file: None, folders: vec![PathBuf::from("/etc/hearth/policy.d")], enforce_new_defaults: true }
    }
}

impl Policy {
    pub(super) fn anchor(&mut self, folder: &Path) {
        for path in self.file.iter_mut().chain(&mut self.folders) {
            anchor(path, folder);
        }
    }
}
