//! The frame, with a table of dummies: what happens to a request before and after its handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::call::Call;
use super::edge::{Edge, Settings, serve};
use super::incoming::MAX_BODY;
use super::reply::Reply;
use super::router::Router;
use super::routes::{Row, to};
use super::schema::{Null, Schema, closed, required, text};
use crate::auth::{Authenticator, Policy};
use crate::domain::{Error, Result};
use crate::service::Services;

static NAME: Schema = text(1, 5, Null::Refused);
static BODY: Schema = closed(&[required("thing", &closed(&[required("name", &NAME)]))]);
static GROW: Schema = closed(&[required("grow", &Schema::Any)]);

static WRITES: AtomicUsize = AtomicUsize::new(0);
static GATE: Notify = Notify::const_new();

async fn show(call: Call) -> Result<Reply> {
    Ok(Reply::ok(&json!({"id": call.param("id"), "version": call.version().to_string()})))
}
async fn create(call: Call) -> Result<Reply> {
    Ok(Reply::accepted(&call.body))
}
async fn slow(_: Call) -> Result<Reply> {
    GATE.notified().await;
    WRITES.fetch_add(1, Ordering::SeqCst);
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
async fn panics(_: Call) -> Result<Reply> {
    panic!("a defect")
}
async fn missing(_: Call) -> Result<Reply> {
    Err(Error::not_found("Thing x could not be found."))
}
async fn forbidden(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    Ok(Reply::empty(StatusCode::OK))
}

static ROWS: &[Row] = &[
    Row::new("t.show", Method::GET, "/things/{id}", "", to!(show)),
    Row::new("t.late", Method::GET, "/late/{id}", "", to!(show)).since(33),
    Row::new("t.create", Method::POST, "/things", "", to!(create)).body(&BODY),
    Row::new("t.slow", Method::POST, "/slow", "", to!(slow)),
    Row::new("t.panic", Method::GET, "/panic", "", to!(panics)),
    Row::new("t.panic-write", Method::PUT, "/panic", "", to!(panics)),
    Row::new("t.missing", Method::GET, "/missing", "", to!(missing)),
    Row::new("t.forbidden", Method::GET, "/forbidden", "nobody:may", to!(forbidden)),
    Row::new("t.grow", Method::POST, "/things/{id}/action", "", to!(create))
        .action("grow")
        .body(&GROW)
        .since(40),
];

async fn edge() -> Arc<Edge> {
    let policy = Policy::defaults().unwrap();
    let services = Services::in_memory().await;
    let authenticator = Arc::new(Authenticator::NoAuth);
    let mut edge = Edge::new(Settings::default(), services, authenticator, Arc::new(policy)).unwrap();
    edge.router = Router::new(&[ROWS]).unwrap();
    Arc::new(edge)
}

struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn send(request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
    let request = request.header("host", "h:8776").header("x-auth-token", "u:0af");
    let response = super::router(edge().await).oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn get(path: &str) -> Answer {
    send(Request::get(path), Body::empty()).await
}

async fn post(path: &str, body: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    send(request.header("openstack-api-version", "volume 3.60"), body.to_owned()).await
}

#[tokio::test]
async fn the_root_offers_choices_without_a_token() {
    let answer = get("/").await;
    assert_eq!(answer.status, 300);
    let document = &answer.json()["versions"][0];
    assert_eq!(document["version"], "3.71");
    assert_eq!(document["min_version"], "3.0");
    assert_eq!(document["links"][1]["href"], "http://h:8776/v3/");
    assert_eq!(answer.header("openstack-api-version"), Some("volume 3.0"));
    assert_eq!(get("/v3/").await.status, 200);
    let redirect = get("/v3").await;
    assert_eq!((redirect.status, redirect.header("location")), (302, Some("http://h:8776/v3/")));
    for nothing in ["/v2/", "/v3x", "/favicon.ico", "/v4/volumes"] {
        assert_eq!(get(nothing).await.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn a_reply_has_the_measured_headers() {
    let request = Request::get("/v3/0af/things/7").header("Openstack-Api-Version", "volume 3.55");
    let answer = send(request, Body::empty()).await;
    assert_eq!(answer.json(), json!({"id": "7", "version": "3.55"}));
    assert_eq!(answer.header("openstack-api-version"), Some("volume 3.55"));
    assert_eq!(answer.header("vary"), Some("OpenStack-API-Version"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let id = answer.header("x-openstack-request-id").unwrap();
    assert!(id.starts_with("req-") && answer.header("x-compute-request-id") == Some(id));
}

#[tokio::test]
async fn unknown_routes_answer_in_webobs_shape() {
    for (method, path) in [
        (Method::GET, "/v3/nowhere"),
        (Method::GET, "/v3/things/7/"),
        (Method::DELETE, "/v3/things/7"),
        (Method::HEAD, "/v3/things/7"),
        (Method::GET, "/v3/0af"),
        (Method::GET, "/v3/UPPER/things/7"),
    ] {
        let asked = |accept| Request::builder().method(method.clone()).uri(path).header("accept", accept);
        let answer = send(asked("application/json"), Body::empty()).await;
        assert_eq!(answer.status, 404, "{path}");
        if method != Method::HEAD {
            assert_eq!(answer.json()["code"], "404 Not Found", "{path}");
        }
        for (accept, kind) in [
            ("*/*", "text/html; charset=UTF-8"),
            ("text/html;q=0.5, application/json", "application/json"),
            ("application/*;q=0.5, */*;q=0.1", "application/json"),
            ("text/*", "text/html; charset=UTF-8"),
            ("application/xml", "text/plain; charset=UTF-8"),
        ] {
            let page = send(asked(accept), Body::empty()).await;
            assert_eq!((page.status, page.header("content-type")), (404, Some(kind)), "{path} {accept}");
        }
        assert_eq!(answer.header("openstack-api-version"), None, "{path}");
        assert_eq!(answer.header("x-compute-request-id"), None, "{path}");
        assert!(answer.header("x-openstack-request-id").is_some(), "{path}");
    }
    assert_eq!(send(Request::options("/v3/things"), Body::empty()).await.status, 200);
}

#[tokio::test]
async fn versions_are_negotiated_before_anything_else_is_looked_at() {
    for (header, status, echo) in [
        ("volume 3.72", 406, Some("volume 3.72")),
        ("volume 2.0", 406, None),
        ("volume x", 400, None),
        ("compute 2.1", 400, None),
    ] {
        let request = Request::get("/v3/beef/things/7").header("openstack-api-version", header);
        let answer = send(request, Body::empty()).await;
        assert_eq!((answer.status, answer.header("openstack-api-version")), (status, echo), "{header}");
    }
    let answer = get("/v3/late/7").await;
    assert_eq!(answer.json()["itemNotFound"]["message"], "The resource could not be found.");
    assert_eq!(answer.header("openstack-api-version"), Some("volume 3.0"));
    let request = Request::get("/v3/late/7.json").header("openstack-api-version", "volume 3.33");
    assert_eq!(send(request, Body::empty()).await.json()["id"], "7");
}

#[tokio::test]
async fn another_project_in_the_url_is_malformed() {
    let answer = get("/v3/beef/things/7").await;
    assert_eq!(answer.json(), json!({"badRequest": {"code": 400, "message": "Malformed request url"}}));
    assert_eq!(get("/v3/things/7").await.status, 200);
}

#[tokio::test]
async fn bad_bodies_are_told_from_one_another() {
    let name = |value: Value| json!({"thing": {"name": value}}).to_string();
    for (body, reason) in [
        ("{".to_owned(), "Malformed request body"),
        ("[1]".to_owned(), "[1] is not of type 'object'"),
        ("{}".to_owned(), "'thing' is a required property"),
        (String::new(), "None is not of type 'object'"),
        (
            r#"{"thing": {"name": "a"}, "x": 1, "y": 2}"#.to_owned(),
            "Additional properties are not allowed ('x', 'y' were unexpected)",
        ),
        (
            r#"{"thing": {"name": "a", "x": null}}"#.to_owned(),
            "Invalid input for field/attribute thing. Value: {'name': 'a', 'x': None}. Additional properties \
             are not allowed ('x' was unexpected)",
        ),
        (name(json!(5)), "Invalid input for field/attribute name. Value: 5. 5 is not of type 'string'"),
        (name(json!("")), "Invalid input for field/attribute name. Value: . '' should be non-empty"),
        (
            name(json!("toolong")),
            "Invalid input for field/attribute name. Value: toolong. 'toolong' is too long",
        ),
        (format!("{}1{}", "[".repeat(5000), "]".repeat(5000)), "Malformed request body"),
    ] {
        let answer = post("/v3/things", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["badRequest"]["message"], reason, "{body}");
    }
    assert_eq!(post("/v3/things", &name(json!("名前"))).await.status, 202);
    let request = Request::post("/v3/things").header("content-type", "application/json");
    assert_eq!(send(request, b"{\"thing\": {\"name\": \"\xff\"}}".to_vec()).await.status, 400);
}

#[tokio::test]
async fn content_types_and_sizes_are_checked() {
    let body = r#"{"thing": {"name": "a"}}"#;
    for (kind, status) in [
        ("application/json", 202),
        ("application/json; charset=utf-8", 202),
        ("application/vnd.openstack.volume+json", 202),
        ("text/plain", 415),
        ("application/xml", 415),
    ] {
        let answer = send(Request::post("/v3/things").header("content-type", kind), body).await;
        assert_eq!(answer.status, status, "{kind}");
    }
    let none = send(Request::post("/v3/things"), body).await;
    assert_eq!(none.status, 400);
    let huge = " ".repeat(MAX_BODY + 1);
    let declared = Request::post("/v3/things").header("content-length", huge.len());
    for request in [declared, Request::post("/v3/things").header("content-type", "application/json")] {
        let answer = send(request, huge.clone()).await;
        assert_eq!(answer.status, 413);
        assert_eq!(answer.json()["title"], "Request Entity Too Large");
        assert_eq!(answer.header("openstack-api-version"), None);
    }
}

#[tokio::test]
async fn actions_are_named_by_the_body() {
    assert_eq!(post("/v3/things/7/action", r#"{"grow": null}"#).await.status, 202);
    for (body, start) in [
        ("", "There is no such action: None."),
        (r#"{"shrink": 1}"#, "There is no such action: shrink."),
        (r#"{"grow": 1, "shrink": 1}"#, "Malformed request body"),
        ("{}", "Malformed request body"),
        ("nonsense", "Malformed request body"),
    ] {
        let answer = post("/v3/things/7/action", body).await;
        let message = answer.json()["badRequest"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(start), "{body}: {message}");
    }
    let early = Request::post("/v3/things/7/action").header("content-type", "application/json");
    assert_eq!(
        send(early.header("openstack-api-version", "volume 3.39"), r#"{"grow": 1}"#).await.status,
        404
    );
}

#[tokio::test]
async fn defects_and_refusals_become_faults() {
    for request in [Request::get("/v3/panic"), Request::put("/v3/panic")] {
        let answer = send(request, Body::empty()).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["computeFault"]["code"], 500);
        assert_eq!(answer.header("openstack-api-version"), Some("volume 3.0"));
        assert!(!answer.text.contains("a defect"));
    }
    assert_eq!(get("/v3/missing").await.json()["itemNotFound"]["message"], "Thing x could not be found.");
    let forbidden = get("/v3/forbidden").await;
    assert_eq!(forbidden.json()["forbidden"]["message"], "Policy doesn't allow nobody:may to be performed.");
    assert_eq!(get("/v3/things/7?x=%ff").await.status, 400);
    assert_eq!(get("/v3/things/%ff").await.status, 400);
}

#[tokio::test]
async fn the_healthcheck_speaks_text_and_json() {
    let text = get("/healthcheck").await;
    assert_eq!((text.status, text.text.as_str()), (200, "OK"));
    assert!(text.header("content-type").unwrap().starts_with("text/plain"));
    let request = Request::get("/healthcheck").header("accept", "application/json");
    let answer = send(request, Body::empty()).await;
    assert_eq!(answer.json(), json!({"detailed": false, "reasons": ["OK"]}));
}

#[tokio::test]
async fn the_vendor_type_is_echoed_and_xml_gets_json() {
    for (accept, kind) in [
        ("application/vnd.openstack.volume+json", "application/vnd.openstack.volume+json"),
        ("application/vnd.openstack.volume+json;version=3", "application/json"),
        ("application/xml", "application/json"),
        ("*/*", "application/json"),
    ] {
        let answer = send(Request::get("/v3/things/7").header("accept", accept), Body::empty()).await;
        assert_eq!(answer.header("content-type"), Some(kind));
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_changes_nothing() {
    let edge = edge().await;
    let request = Request::post("/v3/slow").body(Body::empty()).unwrap();
    let connection = tokio::spawn(serve(Arc::clone(&edge), request));
    while edge.tracker.is_empty() {
        tokio::task::yield_now().await;
    }
    connection.abort();
    assert!(connection.await.unwrap_err().is_cancelled());
    GATE.notify_one();
    edge.tracker.close();
    tokio::time::timeout(Duration::from_secs(5), edge.tracker.wait()).await.unwrap();
    assert_eq!(WRITES.load(Ordering::SeqCst), 1);
}
