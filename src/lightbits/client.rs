//! `Cluster`: the handle everybody holds, and the calls about the cluster itself.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::operation::Lane;
use crate::domain::{Clock, ClusterId, ClusterName, LightosProject, Timestamp};

use super::call::{Call, Kind};
use super::endpoints::EndpointStatus;
use super::error::{Outcome, Reason, Refusal, SetupError, Trouble};
use super::lanes::Lanes;
use super::metrics::Measured;
use super::settings::{Endpoint, Settings, TlsTrust};
use super::transport::{Answered, Transport};
use super::wire::{Fields, FromWire};
use super::{ClusterInfo, ClusterStatus, Node, Project, Server};

/// The client of one cluster. Cloning is cheap and shares connections, lanes and token.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
    call_timeout: Duration,
}

struct Inner {
    name: ClusterName,
    transport: Transport,
    lanes: Lanes,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Reads the CA file; contacts nobody.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        if settings.endpoints.is_empty() {
            return Err(SetupError::NoEndpoint(settings.name.to_string()));
        }
        if settings.tls == TlsTrust::InsecureSkipVerify {
            tracing::warn!(
                cluster = %settings.name,
                "TLS certificates of this cluster are NOT verified: anyone in between can read its credentials"
            );
        }
        let call_timeout = settings.timeouts.call;
        let inner = Inner {
            name: settings.name.clone(),
            lanes: Lanes::new(settings.lanes),
            transport: Transport::new(settings, clock)?,
        };
        Ok(Self { inner: Arc::new(inner), call_timeout })
    }

    pub fn name(&self) -> &ClusterName {
        &self.inner.name
    }

    /// The UUID every connection must show. `None` until first contact when none was expected.
    pub fn uuid(&self) -> Option<ClusterId> {
        self.inner.transport.identity()
    }

    /// The same client with another deadline for each whole call.
    #[must_use]
    pub fn within(&self, call_timeout: Duration) -> Self {
        Self { inner: self.inner.clone(), call_timeout }
    }

    /// What is known of each endpoint, configured and learnt.
    pub fn endpoints(&self) -> Vec<EndpointStatus> {
        self.inner.transport.endpoints.status()
    }

    /// When the token that we were given expires (its `exp`, not verified).
    pub async fn credential_expiry(&self) -> Result<Option<Timestamp>, Trouble> {
        self.inner.transport.tokens.expiry().await
    }

    /// `apiVersion`, e.g. `v2.0`. It does not move with releases.
    pub async fn version(&self, lane: Lane) -> Result<Option<String>, Trouble> {
        let answer = self.read(lane, Call::get("version", &["version"])).await?;
        Ok(answer.fields().text("apiVersion"))
    }

    pub async fn cluster_info(&self, lane: Lane) -> Result<ClusterInfo, Trouble> {
        let info: ClusterInfo =
            self.read(lane, Call::get("clusterinfo", &["clusterinfo"])).await?.decode()?;
        self.inner.transport.endpoints.learn(info.api_endpoints.clone());
        Ok(info)
    }

    /// Statistics, health and release. A project's token is refused (`PermissionDenied`).
    pub async fn cluster_status(&self, lane: Lane) -> Result<ClusterStatus, Trouble> {
        let status: ClusterStatus = self.read(lane, Call::get("cluster", &["cluster"])).await?.decode()?;
        self.inner.transport.endpoints.learn(status.info.api_endpoints.clone());
        Ok(status)
    }

    pub async fn nodes(&self, lane: Lane) -> Result<Vec<Node>, Trouble> {
        self.read(lane, Call::get("list_nodes", &["nodes"])).await?.list("nodes")
    }

    pub async fn node(&self, lane: Lane, uuid: Uuid) -> Result<Option<Node>, Trouble> {
        self.find(lane, Call::get("get_node", &["nodes", &uuid.to_string()])).await
    }

    pub async fn servers(&self, lane: Lane) -> Result<Vec<Server>, Trouble> {
        self.read(lane, Call::get("list_servers", &["servers"])).await?.list("servers")
    }

    pub async fn projects(&self, lane: Lane) -> Result<Vec<Project>, Trouble> {
        self.read(lane, Call::get("list_projects", &["projects"])).await?.list("projects")
    }

    pub async fn project(&self, lane: Lane, name: &LightosProject) -> Result<Option<Project>, Trouble> {
        self.find(lane, Call::get("get_project", &["projects", name.as_str()])).await
    }

    /// `Refused(AlreadyExists)` is as good as done.
    pub async fn create_project(
        &self,
        lane: Lane,
        name: &LightosProject,
        description: &str,
    ) -> Outcome<Project> {
        let body = json!({"name": name.as_str(), "description": description});
        let call = Call::new("create_project", Kind::Create, Method::POST, &["projects"]);
        let fallback = Project { uuid: None, name: name.to_string(), description: None, default_qos: None };
        self.write(lane, call.json(&body)).await.map(|answer| answer.decode().unwrap_or(fallback))
    }

    /// A read that must find something to be of use.
    pub(super) async fn read(&self, lane: Lane, call: Call) -> Result<Answer, Trouble> {
        self.send(lane, &call).await?.map_err(Trouble::Refused)
    }

    /// A read of one object, which may not be there.
    pub(super) async fn find<T: FromWire>(&self, lane: Lane, call: Call) -> Result<Option<T>, Trouble> {
        match self.send(lane, &call).await? {
            Ok(answer) => answer.decode().map(Some),
            Err(refusal) if refusal.reason == Reason::NotFound => Ok(None),
            Err(refusal) => Err(Trouble::Refused(refusal)),
        }
    }

    pub(super) async fn write(&self, lane: Lane, call: Call) -> Outcome<Answer> {
        match self.send(lane, &call).await {
            Ok(Ok(answer)) => Outcome::Done(answer),
            Ok(Err(refusal)) => Outcome::Refused(refusal),
            Err(trouble) => Outcome::Unknown(trouble),
        }
    }

    /// A create answers the object. One that was accepted but cannot be read is of unknown
    /// outcome: it is found again by its name.
    pub(super) async fn create<T: FromWire>(&self, lane: Lane, call: Call) -> Outcome<T> {
        match self.write(lane, call).await {
            Outcome::Done(answer) => answer.decode().map_or_else(Outcome::Unknown, Outcome::Done),
            Outcome::Refused(refusal) => Outcome::Refused(refusal),
            Outcome::Unknown(trouble) => Outcome::Unknown(trouble),
        }
    }

    async fn send(&self, lane: Lane, call: &Call) -> Result<Result<Answer, Refusal>, Trouble> {
        if let Some(refusal) = call.local_refusal() {
            return Ok(Err(refusal));
        }
        let measured = Measured::start(&self.inner.name, call.name);
        let by = Instant::now() + self.call_timeout;
        let result = self.send_within(lane, call, by).await;
        measured.finish(&result);
        let Answered { endpoint, status, result } = result?;
        Ok(result.map(|object| Answer { endpoint, status, object }))
    }

    async fn send_within(&self, lane: Lane, call: &Call, by: Instant) -> Result<Answered, Trouble> {
        let _permit = self.inner.lanes.enter(lane, by).await?;
        Box::pin(self.inner.transport.send(call, by)).await
    }
}

/// A successful answer with where it came from, so that what cannot be read can be reported.
pub(super) struct Answer {
    endpoint: Endpoint,
    status: StatusCode,
    object: Map<String, Value>,
}

impl Answer {
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.object)
    }
    pub fn decode<T: FromWire>(&self) -> Result<T, Trouble> {
        T::from_wire(self.fields()).map_err(|what| self.garbled(what))
    }
    pub fn list<T: FromWire>(&self, key: &str) -> Result<Vec<T>, Trouble> {
        self.fields().list(key).map_err(|what| self.garbled(what))
    }
    pub fn garbled(&self, what: String) -> Trouble {
        Trouble::Garbled { endpoint: self.endpoint.clone(), status: self.status.as_u16(), what }
    }
}
