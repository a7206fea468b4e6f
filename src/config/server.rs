use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Period, Problem};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port of the API.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Address and port of health and metrics; not for the public.
    #[schemars(with = "String")]
    pub admin_listen: SocketAddr,
    /// URL under which clients reach the API (links and version documents); without it the
    /// request's own `Host` and `X-Forwarded-Proto` are used.
    pub public_endpoint: Option<String>,
    /// Threads that serve requests; without it one for each core.
    pub workers: Option<usize>,
    /// Largest request body in bytes (Cinder: `osapi_max_request_body_size`).
    pub max_body: u64,
    /// Largest page of a list (Cinder: `osapi_max_limit`).
    pub max_page: u32,
    /// How long a call that must answer with its result waits for it before it says 503; the
    /// operation itself goes on.
    pub patience: Period,
    /// How long requests under way may take to finish when hearth is told to stop.
    pub shutdown_grace: Period,
}

impl Default for Server {
    fn default() -> Self {
        let loopback = |port| SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        Self {
            listen: loopback(8776),
            admin_listen: loopback(8777),
            public_endpoint: None,
            workers: None,
            max_body: 114_688,
            max_page: 1000,
            patience: Period::seconds(60),
            shutdown_grace: Period::seconds(30),
        }
    }
}

impl Server {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.listen == self.admin_listen && self.listen.port() != 0 {
            problems.push(Problem::of("server.admin_listen", "is the same address as server.listen"));
        }
        if let Some(endpoint) = &self.public_endpoint {
            let web = url::Url::parse(endpoint).is_ok_and(|u| matches!(u.scheme(), "http" | "https"));
            if !web {
                problems.push(Problem::of("server.public_endpoint", "must be an http or https URL"));
            }
        }
        if self.workers == Some(0) {
            problems.push(Problem::of("server.workers", "must be at least 1"));
        }
        if self.max_page == 0 {
            problems.push(Problem::of("server.max_page", "must be at least 1"));
        }
    }
}
