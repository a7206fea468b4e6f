//! From a call to an answer: which endpoint, on which connection, how often.
//!
//! * Every new connection asks `GET /clusterinfo` first, and is closed when the UUID is not the
//!   expected one; only then may it carry anything else. A connection is replaced after
//!   `Timeouts::connection_age` and all of an endpoint's are dropped after any failure there, so
//!   that an address that changed hands is noticed before it is used.
//! * A read goes on to the next endpoint after any failure of connection and after 502–504 or a
//!   page that is not a cluster's. A write goes on only while it is certain that it has not left.
//! * One lap over the endpoints; trying again later is the caller's business.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use hyper::StatusCode;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use crate::domain::{Clock, ClusterId};

use super::answer::{self, Verdict, judge};
use super::call::Call;
use super::connection::{Broken, Connection, Reply};
use super::endpoints::Endpoints;
use super::error::{Refusal, SetupError, Trouble};
use super::settings::{Endpoint, Settings, Timeouts};
use super::token::{Freshness, Tokens};
use super::wire::{Fields, FromWire};
use super::{ClusterInfo, tls};

pub(super) struct Transport {
    tls: TlsConnector,
    timeouts: Timeouts,
    pub endpoints: Endpoints,
    pub tokens: Tokens,
    pools: Mutex<HashMap<Endpoint, Vec<Connection>>>,
    identity: OnceLock<ClusterId>,
}

/// A definite answer, yes or no.
pub(super) struct Answered {
    pub endpoint: Endpoint,
    pub status: StatusCode,
    pub result: Result<Map<String, Value>, Refusal>,
}

impl Transport {
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        let identity = OnceLock::new();
        if let Some(uuid) = settings.expected_uuid {
            let _ = identity.set(uuid);
        }
        Ok(Self {
            tls: tls::connector(&settings.tls)?,
            timeouts: settings.timeouts,
            endpoints: Endpoints::new(settings.endpoints),
            tokens: Tokens::new(settings.credentials, clock),
            pools: Mutex::default(),
            identity,
        })
    }

    /// The UUID every connection must show: the expected one, or that of the first contact.
    pub fn identity(&self) -> Option<ClusterId> {
        self.identity.get().copied()
    }

    pub async fn send(&self, call: &Call, by: Instant) -> Result<Answered, Trouble> {
        let candidates = self.endpoints.candidates();
        let mut worst = None;
        for (left, endpoint) in candidates.iter().enumerate().map(|(i, e)| (candidates.len() - 1 - i, e)) {
            let attempt_by =
                if call.is_read() && left > 0 { by.min(Instant::now() + self.timeouts.attempt) } else { by };
            let trouble = match self.ask(endpoint, call, attempt_by).await {
                Ok((status, verdict)) => {
                    if !answer::is_sick(&verdict) {
                        self.endpoints.good(endpoint);
                    }
                    match verdict {
                        Verdict::Success(object) => return Ok(answered(endpoint, status, Ok(object))),
                        Verdict::Refused(refusal) => return Ok(answered(endpoint, status, Err(refusal))),
                        verdict @ Verdict::NoProof(_) if !call.is_read() || !answer::is_sick(&verdict) => {
                            let Verdict::NoProof(trouble) = verdict else { continue };
                            return Err(trouble);
                        }
                        Verdict::NoProof(trouble) => trouble,
                    }
                }
                Err(trouble @ Trouble::Credentials(_)) => return Err(trouble),
                Err(trouble) => trouble,
            };
            self.give_up(endpoint, &trouble);
            if !call.is_read() && !trouble.is_unsent() {
                return Err(trouble);
            }
            worst = Some(worse(worst, trouble));
            if Instant::now() >= by {
                break;
            }
        }
        Err(worst.unwrap_or_else(|| Trouble::Unreachable { tried: "there is no endpoint".to_owned() }))
    }

    /// One endpoint: first on a connection at hand, then on a new one.
    async fn ask(
        &self,
        endpoint: &Endpoint,
        call: &Call,
        by: Instant,
    ) -> Result<(StatusCode, Verdict), Trouble> {
        if let Some(mut connection) = self.checkout(endpoint) {
            match self.exchange(&mut connection, endpoint, call, by).await? {
                Ok(reply) => return Ok(self.finish(endpoint, call, connection, &reply)),
                // The server closed it while it was idle; that says nothing about the endpoint.
                Err(Broken::Unsent(_)) => self.forget(endpoint),
                Err(Broken::Interrupted(_)) if call.is_read() => self.forget(endpoint),
                Err(broken) => return Err(trouble(endpoint, broken)),
            }
        }
        let mut connection = self.open(endpoint, by).await?;
        match self.exchange(&mut connection, endpoint, call, by).await? {
            Ok(reply) => Ok(self.finish(endpoint, call, connection, &reply)),
            Err(broken) => Err(trouble(endpoint, broken)),
        }
    }

    fn finish(
        &self,
        endpoint: &Endpoint,
        call: &Call,
        connection: Connection,
        reply: &Reply,
    ) -> (StatusCode, Verdict) {
        self.checkin(endpoint, connection);
        (reply.status, judge(endpoint, call, reply))
    }

    /// Sends with the token; a 401 to a token that may have been rotated is asked once more with
    /// a new one. That is safe for writes too: the cluster has refused the first.
    async fn exchange(
        &self,
        connection: &mut Connection,
        endpoint: &Endpoint,
        call: &Call,
        by: Instant,
    ) -> Result<Result<Reply, Broken>, Trouble> {
        let token = self.tokens.authorization(Freshness::Cached).await?;
        let message = |token| call.message(endpoint, token).map_err(Trouble::Credentials);
        let first = connection.exchange(message(token.as_ref())?, by).await;
        let refused = matches!(&first, Ok(reply) if reply.status == StatusCode::UNAUTHORIZED);
        if !refused || !self.tokens.can_renew() {
            return Ok(first);
        }
        let renewed = self.tokens.authorization(Freshness::Renewed).await?;
        if renewed == token {
            return Ok(first);
        }
        // The server may close after a 401; then the first answer stands.
        match connection.exchange(message(renewed.as_ref())?, by).await {
            Err(Broken::Unsent(_)) => Ok(first),
            second => Ok(second),
        }
    }

    /// A new connection to the cluster we mean, or none.
    async fn open(&self, endpoint: &Endpoint, by: Instant) -> Result<Connection, Trouble> {
        let unreachable = |why: String| Trouble::Unreachable { tried: format!("{endpoint}: {why}") };
        let connect_by = by.min(Instant::now() + self.timeouts.connect);
        let mut connection = Connection::open(endpoint, &self.tls, connect_by).await.map_err(unreachable)?;
        let question = Call::get("clusterinfo", &["clusterinfo"]);
        let ask_by = by.min(Instant::now() + self.timeouts.attempt);
        let reply = match self.exchange(&mut connection, endpoint, &question, ask_by).await? {
            Ok(reply) => reply,
            Err(broken) => return Err(unreachable(trouble(endpoint, broken).to_string())),
        };
        let object = match judge(endpoint, &question, &reply) {
            Verdict::Success(object) => object,
            Verdict::Refused(refusal) => {
                return Err(Trouble::Unverified { endpoint: endpoint.clone(), refusal });
            }
            Verdict::NoProof(trouble) => return Err(unreachable(trouble.to_string())),
        };
        let info = ClusterInfo::from_wire(Fields::new(&object))
            .map_err(|what| unreachable(format!("clusterinfo: {what}")))?;
        let expected = *self.identity.get_or_init(|| info.uuid);
        if info.uuid != expected {
            return Err(Trouble::WrongCluster { endpoint: endpoint.clone(), found: info.uuid, expected });
        }
        self.endpoints.learn(info.api_endpoints);
        connection.rest();
        Ok(connection)
    }

    fn pools(&self) -> std::sync::MutexGuard<'_, HashMap<Endpoint, Vec<Connection>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checkout(&self, endpoint: &Endpoint) -> Option<Connection> {
        let mut pools = self.pools();
        let pool = pools.get_mut(endpoint)?;
        pool.retain(|connection| connection.is_fit(self.timeouts.connection_age));
        pool.pop()
    }

    fn checkin(&self, endpoint: &Endpoint, mut connection: Connection) {
        connection.rest();
        self.pools().entry(endpoint.clone()).or_default().push(connection);
    }

    fn forget(&self, endpoint: &Endpoint) {
        self.pools().remove(endpoint);
    }

    fn give_up(&self, endpoint: &Endpoint, trouble: &Trouble) {
        self.forget(endpoint);
        if let Trouble::WrongCluster { .. } = trouble {
            tracing::error!(%trouble, "an endpoint belongs to another cluster; nothing was sent there");
        }
        self.endpoints.bad(endpoint, trouble.to_string());
    }
}

fn answered(
    endpoint: &Endpoint,
    status: StatusCode,
    result: Result<Map<String, Value>, Refusal>,
) -> Answered {
    Answered { endpoint: endpoint.clone(), status, result }
}

fn trouble(endpoint: &Endpoint, broken: Broken) -> Trouble {
    let endpoint = endpoint.clone();
    match broken {
        Broken::Unsent(why) => Trouble::Unreachable { tried: format!("{endpoint}: {why}") },
        Broken::Interrupted(why) => Trouble::Interrupted { endpoint, why },
        Broken::Deadline => Trouble::Deadline { endpoint },
        Broken::Unreadable { status, what } => Trouble::Garbled { endpoint, status: status.as_u16(), what },
    }
}

/// The one of two troubles that explains more.
fn worse(kept: Option<Trouble>, new: Trouble) -> Trouble {
    const fn weight(trouble: &Trouble) -> u8 {
        match trouble {
            Trouble::WrongCluster { .. } => 3,
            Trouble::Unverified { .. } => 2,
            Trouble::Unreachable { .. } => 0,
            _ => 1,
        }
    }
    match (kept, new) {
        (None, new) => new,
        (Some(Trouble::Unreachable { tried }), Trouble::Unreachable { tried: also }) => {
            Trouble::Unreachable { tried: format!("{tried}; {also}") }
        }
        (Some(kept), new) if weight(&new) > weight(&kept) => new,
        (Some(kept), _) => kept,
    }
}
