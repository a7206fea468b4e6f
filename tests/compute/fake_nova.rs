//! A Nova that does as the test says, on a loopback port of its own, found in the catalogue of
//! a fake Keystone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hearth::auth::KeystoneSettings;
use hearth::auth::keystone::{Interface, KeystoneClient, Peer};
use hearth::compute::Compute;
use hearth::domain::Clock;
use serde_json::{Value, json};

use super::fake_keystone::{FakeKeystone, Mood, PASSWORD, obey};

#[derive(Default)]
pub struct Facts {
    /// Attachment's id by server and volume.
    pub holds: HashMap<(String, String), Value>,
    /// Servers, and the volumes they are to take for others: server, old, new.
    pub swaps: Vec<[String; 3]>,
    /// Events taken.
    pub events: Vec<Value>,
    /// Headers of every call.
    pub asked: Vec<HeaderMap>,
    pub mood: Mood,
    /// Moods for the next calls, before `mood` holds again.
    pub passing: Vec<Mood>,
}

#[derive(Clone)]
pub struct FakeNova {
    facts: Arc<Mutex<Facts>>,
    pub url: String,
    server: Arc<tokio::task::AbortHandle>,
}

impl FakeNova {
    pub async fn start() -> Self {
        let facts = Arc::<Mutex<Facts>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v2.1", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v2.1/servers/{server}/os-volume_attachments/{volume}", get(show).put(swap))
            .route("/v2.1/os-server-external-events", post(take))
            .with_state(facts.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { facts, url, server: Arc::new(server.abort_handle()) }
    }

    pub fn set<T>(&self, change: impl FnOnce(&mut Facts) -> T) -> T {
        change(&mut self.facts.lock().unwrap())
    }

    pub fn holds(&self, server: &str, volume: &str, attachment: &str) {
        self.set(|facts| facts.holds.insert((server.to_owned(), volume.to_owned()), attachment.into()));
    }

    pub fn asked(&self) -> usize {
        self.set(|facts| facts.asked.len())
    }

    pub fn events(&self) -> Vec<Value> {
        self.set(|facts| facts.events.clone())
    }

    pub fn stop(&self) {
        self.server.abort();
    }

    /// As Keystone's catalogue has it.
    pub fn entry(&self, region: &str) -> Value {
        json!({"type": "compute", "name": "nova", "id": "s-nova", "endpoints": [
            {"id": "e-1", "interface": "internal", "region": region, "region_id": region, "url": "http://127.0.0.1:1"},
            {"id": "e-2", "interface": "public", "region": region, "region_id": region, "url": self.url}]})
    }

    /// Into the catalogue, between entries of which one makes no sense.
    pub fn enrol(&self, keystone: &FakeKeystone, region: &str) {
        let catalog = json!([{"type": 7}, {"type": "image", "endpoints": []}, self.entry(region)]);
        keystone.set(|facts| facts.catalog = catalog);
    }
}

/// Short of patience.
pub fn peer() -> Peer {
    Peer {
        service_type: "compute",
        interface: Interface::Public,
        region: Some("here".to_owned()),
        endpoint: None,
        timeout: Duration::from_millis(500),
    }
}

pub fn compute(keystone: &str) -> Compute {
    let settings = KeystoneSettings::new(keystone, "cinder", PASSWORD.into(), "service");
    Compute::new(Arc::new(KeystoneClient::new(settings, Clock::System).unwrap()), peer())
}

async fn enter(facts: &Mutex<Facts>, headers: HeaderMap) -> Option<Response> {
    let is_ours = headers.get("x-auth-token").is_some_and(|token| token.as_bytes().starts_with(b"session-"));
    let mood = {
        let mut facts = facts.lock().unwrap();
        facts.asked.push(headers);
        if facts.passing.is_empty() { facts.mood.clone() } else { facts.passing.remove(0) }
    };
    match obey(mood).await {
        None if !is_ours => Some(StatusCode::UNAUTHORIZED.into_response()),
        answer => answer,
    }
}

async fn show(
    State(facts): State<Arc<Mutex<Facts>>>,
    Path((server, volume)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(headers["openstack-api-version"], "compute 2.89");
    if let Some(answer) = enter(&facts, headers).await {
        return answer;
    }
    match facts.lock().unwrap().holds.get(&(server.clone(), volume.clone())) {
        Some(attachment) => Json(json!({"volumeAttachment": {"serverId": server, "volumeId": volume,
            "device": "/dev/vdb", "attachment_id": attachment, "delete_on_termination": false}}))
        .into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"itemNotFound": {"code": 404, "message": "none"}})))
            .into_response(),
    }
}

async fn swap(
    State(facts): State<Arc<Mutex<Facts>>>,
    Path((server, old)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if let Some(answer) = enter(&facts, headers).await {
        return answer;
    }
    let new = body["volumeAttachment"]["volumeId"].as_str().unwrap().to_owned();
    facts.lock().unwrap().swaps.push([server, old, new]);
    StatusCode::ACCEPTED.into_response()
}

async fn take(
    State(facts): State<Arc<Mutex<Facts>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    assert_eq!(headers["openstack-api-version"], "compute 2.51");
    if let Some(answer) = enter(&facts, headers).await {
        return answer;
    }
    let mut events = body["events"].as_array().unwrap().clone();
    facts.lock().unwrap().events.extend(events.clone());
    for event in &mut events {
        event["code"] = 200.into();
        event["status"] = "completed".into();
    }
    Json(json!({"events": events})).into_response()
}
