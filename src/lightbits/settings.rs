//! What has to be known to talk to one cluster.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use crate::domain::{ClusterId, ClusterName};

/// The port of the management API (`lightbits-api` §1.1).
const DEFAULT_PORT: u16 = 443;

/// Everything `Cluster::new` needs. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    pub name: ClusterName,
    /// Where to begin; the cluster's own `apiEndpoints` are learnt and added. At least one.
    pub endpoints: Vec<Endpoint>,
    /// The UUID the cluster must have. With `None` the first cluster that answers is taken, and
    /// from then on only that one.
    pub expected_uuid: Option<ClusterId>,
    pub credentials: Credentials,
    pub tls: TlsTrust,
    pub timeouts: Timeouts,
    pub lanes: LaneLimits,
}

impl Settings {
    /// Platform roots, no credentials, the default limits.
    pub fn new(name: ClusterName, endpoints: Vec<Endpoint>) -> Self {
        Self {
            name,
            endpoints,
            expected_uuid: None,
            credentials: Credentials::None,
            tls: TlsTrust::PlatformRoots,
            timeouts: Timeouts::default(),
            lanes: LaneLimits::default(),
        }
    }
}

/// Who vouches for the cluster's certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TlsTrust {
    /// The certificate authorities of the operating system.
    #[default]
    PlatformRoots,
    /// Only the certificates in this PEM file: authorities, or the servers' own self-signed
    /// certificates, which are then accepted whatever name they carry.
    File(PathBuf),
    /// Any certificate. Whoever can intercept the connection gets the credentials; a warning is
    /// logged each time a client is made.
    InsecureSkipVerify,
}

/// How requests are authenticated.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// The cluster was installed without multi-tenancy.
    #[default]
    None,
    StaticJwt(SecretString),
    /// A file that holds one JWT; read again whenever it changes.
    JwtFile(PathBuf),
    /// An RSA private key (PEM) from which short-lived JWTs are minted.
    RsaKey(RsaKey),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaKey {
    pub path: PathBuf,
    /// `<scope>:<credential id>`, e.g. `system:hearth`.
    pub kid: String,
    pub subject: String,
    /// `<scope>:<role>`, e.g. `system:cluster-admin`.
    pub roles: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP connect and TLS handshake of one endpoint.
    pub connect: Duration,
    /// One attempt of a read while other endpoints are left to be asked.
    pub attempt: Duration,
    /// A whole call: waiting for its lane, all attempts, the body.
    pub call: Duration,
    /// A connection is replaced, and so verified again, after this long.
    pub connection_age: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(10),
            call: Duration::from_secs(30),
            connection_age: Duration::from_secs(300),
        }
    }
}

/// Calls in flight at once, per lane; 0 is taken as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneLimits {
    pub user: usize,
    pub background: usize,
}

impl Default for LaneLimits {
    fn default() -> Self {
        Self { user: 32, background: 8 }
    }
}

/// `host:port` of a management API server; IPv6 literals in brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
    /// Without brackets, also for IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The text is not `host`, `host:port`, an IPv6 literal or `[IPv6]:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an endpoint; write host:port, e.g. 10.0.0.1:443 or [fd00::1]:443")]
pub struct NotAnEndpoint(String);

impl FromStr for Endpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, NotAnEndpoint> {
        parse(text.trim()).ok_or_else(|| NotAnEndpoint(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Endpoint> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        let port = if rest.is_empty() { DEFAULT_PORT } else { rest.strip_prefix(':')?.parse().ok()? };
        return valid_port(host, port);
    }
    if text.parse::<std::net::Ipv6Addr>().is_ok() {
        return valid_port(text, DEFAULT_PORT);
    }
    match text.split_once(':') {
        None => valid_port(valid_host(text)?, DEFAULT_PORT),
        Some((host, port)) => valid_port(valid_host(host)?, port.parse().ok()?),
    }
}

fn valid_port(host: &str, port: u16) -> Option<Endpoint> {
    (port != 0).then(|| Endpoint::new(host, port))
}

fn valid_host(host: &str) -> Option<&str> {
    let fits = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    fits.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_in_every_usual_spelling() {
        for (text, shown) in [
            ("10.0.0.1", "10.0.0.1:443"),
            ("10.0.0.1:8443", "10.0.0.1:8443"),
            (" lb-0.example:443 ", "lb-0.example:443"),
            ("[fd00::1]:443", "[fd00::1]:443"),
            ("[fd00::1]", "[fd00::1]:443"),
            ("fd00::1", "[fd00::1]:443"),
        ] {
            assert_eq!(text.parse::<Endpoint>().map(|e| e.to_string()), Ok(shown.to_owned()));
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in
            ["", ":443", "host:", "host:0", "host:99999", "https://host", "a b", "[::1", "[x]:1", "h/p"]
        {
            assert!(text.parse::<Endpoint>().is_err(), "{text:?}");
        }
    }
}
