//! A cluster on free ports with a clock that stands still, and the calls that tests make on it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hearth::domain::{Clock, Timestamp};
use hearth::simulator::{self, Options, Running, Timings};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const NOON: Timestamp = Timestamp(1_790_000_000_000_000);

pub struct Cluster {
    pub dir: TempDir,
    pub running: Running,
    pub clock: Clock,
    pub http: Client,
    pub jwt: String,
}

/// Status and body; a body that is not JSON is a string.
pub type Reply = (u16, Value);

/// Options on a fresh folder. The names of a three-node cluster are `127.0.9.1` and so on.
pub fn options(dir: &Path) -> Options {
    Options {
        ip_base: std::net::Ipv4Addr::new(127, 0, 9, 0),
        clock: Clock::manual(NOON),
        ..Options::new(dir)
    }
}

pub async fn cluster() -> Cluster {
    with(|_| {}).await
}

/// One whose operations take ten seconds of its clock.
pub async fn slow() -> Cluster {
    with(|options| options.timings = Timings::all(Duration::from_secs(10))).await
}

pub async fn with(change: impl FnOnce(&mut Options)) -> Cluster {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    change(&mut options);
    open(dir, options).await
}

pub async fn open(dir: TempDir, options: Options) -> Cluster {
    let clock = options.clock.clone();
    let running = simulator::start(options).await.unwrap();
    let http = client(&running, Duration::from_secs(20));
    let jwt = fs::read_to_string(&running.keys().system_jwt).unwrap();
    Cluster { dir, running, clock, http, jwt }
}

pub fn client(running: &Running, timeout: Duration) -> Client {
    let ca = reqwest::Certificate::from_pem(&fs::read(running.ca()).unwrap()).unwrap();
    Client::builder().tls_certs_only([ca]).timeout(timeout).build().unwrap()
}

impl Cluster {
    pub fn url(&self, node: usize, path: &str) -> String {
        format!("https://{}/api/v2/{path}", self.running.endpoints()[node])
    }
    pub async fn on(&self, node: usize, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.http.request(method, self.url(node, path)).bearer_auth(&self.jwt);
        if let Some(body) = body {
            request = request.json(&body);
        }
        reply(request.send().await.unwrap()).await
    }
    pub async fn get(&self, path: &str) -> Reply {
        self.on(0, Method::GET, path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.on(0, Method::POST, path, Some(body)).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.on(0, Method::PUT, path, Some(body)).await
    }
    pub async fn put_if(&self, path: &str, etag: &str, body: Value) -> Reply {
        let request = self.http.put(self.url(0, path)).bearer_auth(&self.jwt).header("If-Match", etag);
        reply(request.json(&body).send().await.unwrap()).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.on(0, Method::DELETE, path, None).await
    }

    /// Creates a volume of 1 GiB and three replicas, settled.
    pub async fn volume(&self, name: &str) -> String {
        let (status, created) = self.post(VOLUMES, volume(name)).await;
        assert_eq!(status, 200, "{created}");
        self.pass(60);
        uuid(&created)
    }
    /// Creates a snapshot, settled.
    pub async fn snapshot(&self, name: &str, source: &str) -> String {
        let (status, created) = self.post(SNAPSHOTS, json!({"name": name, "sourceVolumeUUID": source})).await;
        assert_eq!(status, 200, "{created}");
        self.pass(60);
        uuid(&created)
    }
    pub async fn show(&self, uuid: &str) -> Value {
        let (status, volume) = self.get(&format!("{VOLUMES}/{uuid}")).await;
        assert_eq!(status, 200, "{volume}");
        volume
    }
    /// Lets the cluster's clock go on.
    pub fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn direct(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.http.request(method, format!("http://{}/{path}", self.running.control()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        reply(request.send().await.unwrap()).await
    }
    /// A control call that must work.
    pub async fn order(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.direct(Method::POST, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {value}");
        value
    }
    pub async fn truth(&self) -> Value {
        self.direct(Method::GET, "truth", None).await.1
    }
    /// The same folder after a stop and a start.
    pub async fn restart(self) -> Self {
        let Self { dir, running, clock, .. } = self;
        running.stop().await;
        let options = Options { clock, ..options(dir.path()) };
        open(dir, options).await
    }
}

pub async fn reply(response: reqwest::Response) -> Reply {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

pub const VOLUMES: &str = "projects/default/volumes";
pub const SNAPSHOTS: &str = "projects/default/snapshots";

pub fn volume(name: &str) -> Value {
    json!({"name": name, "size": "1 gib", "replicaCount": 3, "acl": {"values": ["ALLOW_NONE"]}})
}

/// `base` with other fields changed.
pub fn but(mut base: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

pub fn uuid(object: &Value) -> String {
    object["UUID"].as_str().unwrap().to_owned()
}

/// The refusal's status and gRPC code; its text must be there twice.
pub fn refused((status, body): Reply) -> (u16, u64) {
    assert_eq!(body["error"], body["message"], "{body}");
    assert!(!body["error"].as_str().unwrap().is_empty());
    (status, body["code"].as_u64().unwrap())
}
