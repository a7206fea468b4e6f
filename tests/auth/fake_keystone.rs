//! A Keystone that does as the test says, on a loopback port of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

pub const PASSWORD: &str = "correct-horse-battery";

/// What it does instead of its work.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    #[default]
    Normal,
    Answers(u16, String),
    Silent,
}

#[derive(Default)]
pub struct Facts {
    /// Subject tokens and what they are.
    pub tokens: HashMap<String, Value>,
    /// Subject tokens known only with `allow_expired`.
    pub expired: HashSet<String>,
    /// Own tokens handed out and still good.
    pub sessions: HashSet<String>,
    pub session_expires_at: String,
    pub catalog: Value,
    pub logins: usize,
    /// Query and headers of each validation.
    pub validations: Vec<(String, HeaderMap)>,
    pub mood: Mood,
    /// Moods for the next validations, before `mood` holds again.
    pub passing: Vec<Mood>,
    pub pause: Duration,
}

#[derive(Clone)]
pub struct FakeKeystone {
    pub facts: Arc<Mutex<Facts>>,
    pub url: String,
    server: Arc<tokio::task::AbortHandle>,
}

impl FakeKeystone {
    pub async fn start() -> Self {
        let facts = Arc::new(Mutex::new(Facts {
            session_expires_at: "2099-01-01T00:00:00.000000Z".to_owned(),
            catalog: json!([]),
            ..Facts::default()
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router(facts.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { facts, url, server: Arc::new(server.abort_handle()) }
    }

    pub fn set<T>(&self, change: impl FnOnce(&mut Facts) -> T) -> T {
        change(&mut self.facts.lock().unwrap())
    }
    pub fn knows(&self, token: &str, body: Value) {
        self.set(|facts| facts.tokens.insert(token.to_owned(), body));
    }
    pub fn logins(&self) -> usize {
        self.set(|facts| facts.logins)
    }
    pub fn validations(&self) -> usize {
        self.set(|facts| facts.validations.len())
    }
    pub fn stop(&self) {
        self.server.abort();
    }
}

pub fn router(facts: Arc<Mutex<Facts>>) -> Router {
    let tokens = get(validate).post(login);
    Router::new()
        .route("/v3/auth/tokens", tokens.clone())
        .route("/internal/v3/auth/tokens", tokens)
        .with_state(facts)
}

/// A token of a project with roles.
pub fn token(user: &str, project: &str, roles: &[&str]) -> Value {
    token_until(user, project, roles, "2099-01-01T00:00:00.000000Z")
}

pub fn token_until(user: &str, project: &str, roles: &[&str], expires_at: &str) -> Value {
    let roles: Vec<Value> =
        roles.iter().map(|role| json!({"id": format!("id-{role}"), "name": role})).collect();
    json!({
        "methods": ["password"],
        "user": {"id": user, "name": format!("{user}-name"), "domain": {"id": "d-user", "name": "Default"},
                 "password_expires_at": null},
        "project": {"id": project, "name": format!("{project}-name"), "domain": {"id": "d-project", "name": "Default"}},
        "is_domain": false,
        "roles": roles,
        "audit_ids": ["VcxU2JYqT8OzfUVvrjEITQ"],
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": expires_at,
    })
}

pub async fn obey(mood: Mood) -> Option<Response> {
    match mood {
        Mood::Normal => None,
        Mood::Silent => {
            std::future::pending::<()>().await;
            None
        }
        Mood::Answers(status, body) => Some(
            (StatusCode::from_u16(status).unwrap(), [("location", "http://127.0.0.1:1/")], body)
                .into_response(),
        ),
    }
}

async fn login(State(facts): State<Arc<Mutex<Facts>>>, body: Bytes) -> Response {
    let mood = facts.lock().unwrap().mood.clone();
    if let Some(answer) = obey(mood).await {
        return answer;
    }
    let mut facts = facts.lock().unwrap();
    facts.logins += 1;
    let body: Value = serde_json::from_slice(&body).unwrap();
    let expected = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": "cinder", "domain": {"name": "Default"}, "password": PASSWORD}}},
        "scope": {"project": {"name": "service", "domain": {"name": "Default"}}},
    }});
    if body != expected {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let session = format!("session-{}", facts.logins);
    facts.sessions.insert(session.clone());
    let mut token = token_until("u-cinder", "p-service", &["service"], &facts.session_expires_at);
    token["catalog"] = facts.catalog.clone();
    (StatusCode::CREATED, [("x-subject-token", session)], json!({"token": token}).to_string()).into_response()
}

async fn validate(
    State(facts): State<Arc<Mutex<Facts>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let (mood, pause) = {
        let mut facts = facts.lock().unwrap();
        facts.validations.push((query.clone(), headers.clone()));
        let mood = if facts.passing.is_empty() { facts.mood.clone() } else { facts.passing.remove(0) };
        (mood, facts.pause)
    };
    tokio::time::sleep(pause).await;
    if let Some(answer) = obey(mood).await {
        return answer;
    }
    let facts = facts.lock().unwrap();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !facts.sessions.contains(text("x-auth-token")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let subject = text("x-subject-token");
    let is_visible = !facts.expired.contains(subject) || query.contains("allow_expired=1");
    match facts.tokens.get(subject).filter(|_| is_visible) {
        Some(token) => json!({"token": token}).to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
