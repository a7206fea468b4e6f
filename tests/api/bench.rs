//! A client of an edge in this process.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use hearth::api::answers::exchange::Exchange;
use hearth::api::{Edge, Settings, router};
use hearth::auth::{Authenticator, Policy};
use hearth::compute::Compute;
use hearth::domain::cluster::PlacementTraits;
use hearth::domain::message::Message;
use hearth::domain::operation::Operation;
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::Location;
use hearth::domain::{
    Clock, ClusterId, ClusterName, LightosProject, MessageId, ProjectId, RequestId, Timestamp,
};
use hearth::image::Glance;
use hearth::service::Services;
use hearth::store::{Dispatch, Store};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tower::ServiceExt as _;

/// Where Cinder has no sentence of its own.
pub const MALFORMED: &str =
    "The server could not comply with the request since it is either malformed or otherwise incorrect.";
/// The project of every request that does not say another.
pub const PROJECT: &str = "0af0";

pub struct Bench {
    router: axum::Router,
    pub services: Services,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    /// The body of a reply that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The message of a fault that must have this status.
    #[track_caller]
    pub fn fault(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        let fault = body.as_object().unwrap().values().next().unwrap();
        assert_eq!(fault["code"], status);
        fault["message"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// One request being put together.
pub struct Ask<'b> {
    bench: &'b Bench,
    method: Method,
    path: String,
    version: String,
    token: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Ask<'_> {
    pub fn at(mut self, minor: u16) -> Self {
        self.version = format!("volume 3.{minor}");
        self
    }
    pub fn project(self, project: &str) -> Self {
        self.token(&format!("user:{project}"))
    }
    pub fn token(mut self, token: &str) -> Self {
        self.token = token.to_owned();
        self
    }
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub async fn send(self) -> Answer {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header("host", "hearth:8776")
            .header("accept", "application/json")
            .header("x-auth-token", self.token)
            .header("openstack-api-version", self.version);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let body = match &self.body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.bench.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, text };
        let exchange = Exchange {
            method: &self.method,
            path: &self.path,
            request: self.body.as_ref(),
            version: answer.header("openstack-api-version"),
            status: answer.status,
            body: &answer.text,
        };
        // Every answer any test sees is one the API reference describes.
        if let Err(why) = exchange.check() {
            panic!("not as the API reference has it: {why}");
        }
        answer
    }
}

impl Bench {
    pub async fn new() -> Self {
        Self::behind(Authenticator::NoAuth).await
    }

    pub async fn behind(authenticator: Authenticator) -> Self {
        Self::with(authenticator, |edge| edge).await
    }

    pub async fn with(authenticator: Authenticator, change: impl FnOnce(Edge) -> Edge) -> Self {
        let (bench, operations) = Self::made_of(authenticator, None, change).await;
        // Nobody works here; the queue only has to stay open.
        std::mem::forget(operations);
        bench
    }

    /// An empty database.
    pub async fn store() -> Store {
        let store = Store::connect("sqlite::memory:", 1).await.unwrap();
        store.migrate(&Clock::System).await.unwrap();
        store
    }

    /// One gateway of several on a database.
    pub fn on(store: Store, change: impl FnOnce(Edge) -> Edge) -> Self {
        let (bench, operations) = Self::over(store, Authenticator::NoAuth, |services| services, change);
        std::mem::forget(operations);
        bench
    }

    /// With a Nova to ask.
    pub async fn beside(authenticator: Authenticator, nova: Compute) -> Self {
        let (bench, operations) = Self::made_of(authenticator, Some(nova), |edge| edge).await;
        std::mem::forget(operations);
        bench
    }

    /// With a Glance to ask.
    pub async fn with_images(authenticator: Authenticator, images: Glance) -> Self {
        let store = Self::store().await;
        let services = |services| Services { images: Some(images), ..services };
        let (bench, operations) = Self::over(store, authenticator, services, |edge| edge);
        std::mem::forget(operations);
        bench
    }

    /// With a worker that calls everything done without doing it, so that nobody has to wait.
    pub async fn with_an_idler(authenticator: Authenticator) -> Self {
        let (bench, mut operations) = Self::made_of(authenticator, None, |edge| edge).await;
        let dispatch = bench.services.dispatch.clone();
        tokio::spawn(async move {
            while let Some(operation) = operations.recv().await {
                dispatch.ended(operation.id, None);
            }
        });
        bench
    }

    async fn made_of(
        authenticator: Authenticator,
        compute: Option<Compute>,
        change: impl FnOnce(Edge) -> Edge,
    ) -> (Self, UnboundedReceiver<Operation>) {
        let services = |services| Services { compute, ..services };
        Self::over(Self::store().await, authenticator, services, change)
    }

    fn over(
        store: Store,
        authenticator: Authenticator,
        beside: impl FnOnce(Services) -> Services,
        change: impl FnOnce(Edge) -> Edge,
    ) -> (Self, UnboundedReceiver<Operation>) {
        let (dispatch, operations) = Dispatch::new();
        let services = beside(Services {
            store,
            dispatch,
            settings: Arc::default(),
            clock: Clock::System,
            compute: None,
            images: None,
        });
        let policy = Arc::new(Policy::defaults().unwrap());
        let settings = Settings { service_token_roles: vec!["service".to_owned()], ..Settings::default() };
        let edge = Edge::new(settings, services.clone(), Arc::new(authenticator), policy).unwrap();
        (Self { router: router(Arc::new(change(edge))), services }, operations)
    }

    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            bench: self,
            method,
            path: format!("/v3{path}"),
            version: "volume 3.71".to_owned(),
            token: format!("user:{PROJECT}"),
            headers: Vec::new(),
            body: None,
        }
    }
    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }
    pub fn post(&self, path: &str, body: Value) -> Ask<'_> {
        self.ask(Method::POST, path).body(body)
    }
    pub fn put(&self, path: &str, body: Value) -> Ask<'_> {
        self.ask(Method::PUT, path).body(body)
    }
    pub fn delete(&self, path: &str) -> Ask<'_> {
        self.ask(Method::DELETE, path)
    }

    /// Creates a volume; its id.
    pub async fn volume(&self, fields: Value) -> String {
        let created = self.post("/volumes", json!({"volume": fields})).send().await.expect(202);
        created["volume"]["id"].as_str().unwrap().to_owned()
    }

    /// Creates a volume that is `available`.
    pub async fn available(&self, fields: Value) -> String {
        let id = self.volume(fields).await;
        self.reset(&id, "available").await;
        id
    }

    pub async fn reset(&self, volume: &str, status: &str) {
        let body = json!({"os-reset_status": {"status": status}});
        self.post(&format!("/volumes/{volume}/action"), body).send().await.expect(202);
    }

    /// Registers a cluster.
    pub async fn cluster(&self, name: &str, zone: &str) -> ClusterId {
        let id = ClusterId::random();
        let traits = PlacementTraits { availability_zone: zone.to_owned(), ..PlacementTraits::default() };
        let (name, traits) = (&ClusterName::new(name), &traits);
        let put = self
            .services
            .store
            .write("test", |tx, _| Box::pin(tx.put_cluster(id, name, traits, Timestamp(1))));
        put.await.unwrap();
        id
    }

    /// Puts a volume on a cluster, where it is `available`, as the worker does.
    pub async fn place(&self, volume: &str, cluster: ClusterId) {
        let id = volume.parse().unwrap();
        let place = self.services.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut volume = tx.get_volume(id).await?;
                volume.status = VolumeStatus::Available;
                volume.location = Some(Location {
                    cluster_id: cluster,
                    project: LightosProject::new("default"),
                    replicas: 3,
                    uuid: None,
                    name_id: None,
                    name: None,
                });
                tx.update_volume(&volume).await
            })
        });
        place.await.unwrap();
    }

    /// Stores a user message, as the worker does; its id.
    pub async fn message(&self, text: &str) -> String {
        let message = Message {
            id: MessageId::random(),
            project_id: ProjectId::new(PROJECT),
            request_id: RequestId::new("req-1"),
            resource_type: Some("VOLUME".to_owned()),
            resource_uuid: None,
            event_id: "VOLUME_VOLUME_001_003".to_owned(),
            level: "ERROR".to_owned(),
            text: text.to_owned(),
            created_at: Timestamp(1_000_000),
            expires_at: Timestamp(2_000_000),
        };
        let row = &message;
        self.services.store.write("test", |tx, _| Box::pin(tx.insert_message(row))).await.unwrap();
        message.id.to_string()
    }
}
