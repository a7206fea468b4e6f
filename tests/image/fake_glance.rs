//! A Glance that does as the test says, on a loopback port of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use futures::StreamExt as _;
use hearth::domain::ImageId;
use hearth::image::{Glance, Settings};
use md5::Md5;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};

/// How an image is sent.
#[derive(Clone, Debug, Default)]
pub enum Sending {
    #[default]
    Whole,
    /// The connection dies after that many bytes.
    BreaksAfter(usize),
    /// The connection stays, and nothing more comes.
    SilentAfter(usize),
    /// It ends in good order, too early.
    EndsAfter(usize),
    /// More follows than there is.
    Longer(usize),
    Answers(u16, String),
}

#[derive(Default)]
pub struct Facts {
    pub images: BTreeMap<String, Value>,
    pub data: BTreeMap<String, Vec<u8>>,
    /// Images that only the caller with this token sees, beside administrators.
    pub private: BTreeMap<String, String>,
    /// How the next images are sent; whole, when there is no more.
    pub sending: Vec<Sending>,
    /// What is answered to anything but a download, instead.
    pub answers: Option<(u16, String)>,
    /// Bytes after which the next uploads are broken off.
    pub upload_breaks: Vec<usize>,
    /// What was asked: method, path, token.
    pub asked: Vec<(String, String, String)>,
    pub created: Vec<Value>,
}

#[derive(Clone)]
pub struct FakeGlance {
    facts: Arc<Mutex<Facts>>,
    pub url: String,
    server: Arc<Mutex<Option<tokio::task::AbortHandle>>>,
}

type Shared = State<Arc<Mutex<Facts>>>;

impl FakeGlance {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let glance = Self { facts: Arc::default(), url, server: Arc::default() };
        glance.serve(listener);
        glance
    }

    fn serve(&self, listener: tokio::net::TcpListener) {
        let router = Router::new()
            .route("/v2/images", get(list).post(create))
            .route("/v2/images/{id}", get(show).delete(delete))
            .route("/v2/images/{id}/file", put(take).get(send))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(self.facts.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        *self.server.lock().unwrap() = Some(server.abort_handle());
    }

    /// Nobody answers there any more.
    pub fn stop(&self) {
        self.server.lock().unwrap().take().unwrap().abort();
    }

    /// At the same address.
    pub async fn come_back(&self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        let listener = loop {
            match tokio::net::TcpListener::bind(&address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        self.serve(listener);
    }

    pub fn set<T>(&self, change: impl FnOnce(&mut Facts) -> T) -> T {
        change(&mut self.facts.lock().unwrap())
    }

    /// An active image of these bytes; `change` what it says of itself.
    pub fn keeps(&self, data: Vec<u8>, change: Value) -> ImageId {
        let id = ImageId::random();
        let mut image = json!({
            "id": id, "name": "an image", "status": "active", "visibility": "public", "protected": false,
            "os_hidden": false, "owner": "p", "size": data.len(), "virtual_size": null, "disk_format": "raw",
            "container_format": "bare", "min_disk": 0, "min_ram": 0, "tags": [], "self": "/v2/images/x",
            "file": "/v2/images/x/file", "schema": "/v2/schemas/image", "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z"});
        digest(&mut image, &data);
        image.as_object_mut().unwrap().extend(change.as_object().cloned().unwrap_or_default());
        self.set(|facts| {
            facts.images.insert(id.to_string(), image);
            facts.data.insert(id.to_string(), data);
        });
        id
    }

    pub fn image(&self, id: ImageId) -> Option<Value> {
        self.set(|facts| facts.images.get(&id.to_string()).cloned())
    }

    pub fn data(&self, id: ImageId) -> Option<Vec<u8>> {
        self.set(|facts| facts.data.get(&id.to_string()).cloned())
    }

    pub fn downloads(&self) -> usize {
        self.set(|facts| {
            let all = facts.asked.iter();
            all.filter(|(method, path, _)| method == "GET" && path.ends_with("/file")).count()
        })
    }

    /// As a gateway without a Keystone has it.
    pub fn client(&self, settings: Settings) -> Glance {
        Glance::direct(self.url.parse().unwrap(), settings).unwrap()
    }

    /// As Keystone's catalogue has it.
    pub fn entry(&self) -> Value {
        json!({"type": "image", "name": "glance", "id": "s-glance", "endpoints": [
            {"id": "e-3", "interface": "public", "region": "here", "region_id": "here", "url": self.url}]})
    }
}

/// Short of patience.
pub fn settings() -> Settings {
    Settings { patience: Duration::from_millis(500), retries: 3, ..Settings::default() }
}

fn digest(image: &mut Value, data: &[u8]) {
    image["checksum"] = json!(hex::encode(Md5::digest(data)));
    image["os_hash_algo"] = json!("sha512");
    image["os_hash_value"] = json!(hex::encode(Sha512::digest(data)));
}

fn note(facts: &mut Facts, method: &str, path: &str, headers: &HeaderMap) -> String {
    let token = headers.get("x-auth-token").map(|token| token.to_str().unwrap()).unwrap_or_default();
    facts.asked.push((method.to_owned(), path.to_owned(), token.to_owned()));
    token.to_owned()
}

fn page(status: u16, text: &str) -> Response {
    let body = format!(
        "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  {text}<br /><br />\n </body>\n</html>"
    );
    (StatusCode::from_u16(status).unwrap(), [("content-type", "text/html")], body).into_response()
}

fn visible(facts: &Facts, id: &str, token: &str) -> bool {
    facts.images.contains_key(id)
        && facts.private.get(id).is_none_or(|owner| owner == token || token.starts_with("session-"))
}

fn answer(facts: &Facts) -> Option<Response> {
    let (status, body) = facts.answers.clone()?;
    Some((StatusCode::from_u16(status).unwrap(), body).into_response())
}

async fn show(State(facts): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let mut facts = facts.lock().unwrap();
    let token = note(&mut facts, "GET", &id, &headers);
    if let Some(answer) = answer(&facts) {
        return answer;
    }
    if !visible(&facts, &id, &token) {
        return page(404, &format!("No image found with ID {id}"));
    }
    Json(facts.images[&id].clone()).into_response()
}

async fn list(
    State(facts): Shared,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut facts = facts.lock().unwrap();
    let token = note(&mut facts, "GET", "", &headers);
    if let Some(answer) = answer(&facts) {
        return answer;
    }
    let named = |image: &&Value| image["name"] == query["name"];
    let seen = facts.images.iter().filter(|(id, _)| visible(&facts, id, &token));
    let found: Vec<&Value> = seen.map(|(_, image)| image).filter(named).collect();
    Json(json!({"images": found, "schema": "/v2/schemas/images", "first": "/v2/images"})).into_response()
}

async fn create(State(facts): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut facts = facts.lock().unwrap();
    note(&mut facts, "POST", "", &headers);
    if let Some(answer) = answer(&facts) {
        return answer;
    }
    facts.created.push(body.clone());
    let id = ImageId::random();
    let mut image = json!({"visibility": "shared", "protected": false, "min_disk": 0, "min_ram": 0, "size": null,
        "virtual_size": null, "checksum": null, "os_hash_algo": null, "os_hash_value": null, "tags": []});
    let fields: Map<String, Value> = body.as_object().unwrap().clone();
    image.as_object_mut().unwrap().extend(fields);
    image["id"] = json!(id);
    image["status"] = json!("queued");
    facts.images.insert(id.to_string(), image.clone());
    (StatusCode::CREATED, Json(image)).into_response()
}

async fn delete(State(facts): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let mut facts = facts.lock().unwrap();
    note(&mut facts, "DELETE", &id, &headers);
    match facts.images.remove(&id) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => page(404, "gone"),
    }
}

async fn send(State(facts): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (data, sending) = {
        let mut facts = facts.lock().unwrap();
        note(&mut facts, "GET", &format!("{id}/file"), &headers);
        let sending = if facts.sending.is_empty() { Sending::Whole } else { facts.sending.remove(0) };
        let Some(data) = facts.data.get(&id).cloned() else { return page(404, "no data") };
        (data, sending)
    };
    if data.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let broken = || Err(io::Error::other("broken"));
    let mut chunks: Vec<io::Result<Bytes>> = Vec::new();
    let mut put = |data: &[u8]| {
        chunks.extend(data.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))));
    };
    let mut silent = false;
    match sending {
        Sending::Whole => put(&data),
        Sending::EndsAfter(bytes) => put(&data[..bytes]),
        Sending::Longer(bytes) => put(&[data, vec![1; bytes]].concat()),
        Sending::Answers(status, text) => return page(status, &text),
        Sending::BreaksAfter(bytes) => {
            put(&data[..bytes]);
            chunks.push(broken());
        }
        Sending::SilentAfter(bytes) => {
            put(&data[..bytes]);
            silent = true;
        }
    }
    let rest = futures::stream::pending::<io::Result<Bytes>>().take(usize::from(silent));
    Body::from_stream(futures::stream::iter(chunks).chain(rest)).into_response()
}

async fn take(State(facts): Shared, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let most = {
        let mut facts = facts.lock().unwrap();
        note(&mut facts, "PUT", &format!("{id}/file"), &headers);
        let most = if facts.upload_breaks.is_empty() { usize::MAX } else { facts.upload_breaks.remove(0) };
        match facts.images.get_mut(&id) {
            Some(image) if image["status"] == "queued" => image["status"] = json!("saving"),
            Some(_) => return page(409, "it has data"),
            None => return page(404, "gone"),
        }
        most
    };
    // Zeroes at the end are counted and not kept: a volume has many.
    let (mut data, mut length) = (Vec::new(), 0);
    let mut body = body.into_data_stream();
    let mut whole = true;
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) if length + chunk.len() <= most => {
                if chunk[..] != vec![0; chunk.len()] {
                    data.resize(length, 0);
                    data.extend_from_slice(&chunk);
                }
                length += chunk.len();
            }
            _ => {
                whole = false;
                break;
            }
        }
    }
    let mut facts = facts.lock().unwrap();
    let Some(image) = facts.images.get_mut(&id) else { return page(410, "deleted meanwhile") };
    if !whole {
        image["status"] = json!("queued");
        return page(500, "broken off");
    }
    image["status"] = json!("active");
    image["size"] = json!(length);
    facts.data.insert(id, data);
    StatusCode::NO_CONTENT.into_response()
}
