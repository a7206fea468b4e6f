//! The way of one request, in the order Cinder checks things (`cinder-behaviours` 1.3): size,
//! token, route, version header, content type, action, JSON, the project in the URL, minimum
//! version, the body's schema; then the handler.
//!
//! Everything every reply has is added here: request ids, the version headers, the access log.
//! A write runs on a task of its own, so that a client that hangs up changes nothing.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures::FutureExt as _;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::access_log::{self, Answered};
use super::call::Call;
use super::incoming::{declared_size, known, read_body, row_and_body};
use super::links::{Links, ProxyHeaders};
use super::query::Query;
use super::reply::{Origin, Reply};
use super::respond::{content_type, finish};
use super::router::{Matched, Router, missing};
use super::routes::TABLE;
use super::{fault, fleet, request_id, version};
use crate::auth::{AuthHeaders, Authenticator, Policy, RequestFacts};
use crate::domain::ctx::DEFAULT_PATIENCE;
use crate::domain::{Ctx, Error, ErrorKind, Microversion, RequestId, Result};
use crate::service::Services;
use crate::service::fleet::FleetService;
use crate::service::logs::LogService;

/// What of the configuration the edge needs.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Wins over what the request says about our URL.
    pub public_endpoint: Option<String>,
    pub proxy_headers: ProxyHeaders,
    /// A service token with one of these roles speaks for a service (`service_token_roles`).
    pub service_token_roles: Vec<String>,
    /// While this file exists the healthcheck says 503.
    pub healthcheck_disable_file: Option<std::path::PathBuf>,
}

/// Everything a request needs, shared by all of them.
pub struct Edge {
    pub settings: Settings,
    pub router: Router,
    pub services: Services,
    pub authenticator: Arc<Authenticator>,
    pub policy: Arc<Policy>,
    /// The fleet edge beside it; without a service it says that there is none.
    pub fleet_router: Router,
    pub fleet: Option<FleetService>,
    /// What is logged, where that can be changed.
    pub logs: Option<LogService>,
    /// Writes in flight; shutdown waits for them.
    pub tracker: TaskTracker,
}

impl Edge {
    /// The edge over THE table.
    pub fn new(
        settings: Settings,
        services: Services,
        authenticator: Arc<Authenticator>,
        policy: Arc<Policy>,
    ) -> Result<Self> {
        let (router, tracker) = (Router::new(TABLE)?, TaskTracker::new());
        let fleet_router = Router::new(&[fleet::TABLE])?;
        Ok(Self {
            settings,
            router,
            services,
            authenticator,
            policy,
            fleet_router,
            fleet: None,
            logs: None,
            tracker,
        })
    }

    /// The same with control of what is logged.
    #[must_use]
    pub fn with_logs(self, logs: Option<LogService>) -> Self {
        Self { logs, ..self }
    }

    /// The same with the fleet API.
    #[must_use]
    pub fn with_fleet(self, fleet: FleetService) -> Self {
        Self { fleet: Some(fleet), ..self }
    }
}

/// How far a request has come, for the headers of its reply.
#[derive(Default)]
struct Progress {
    /// Echo of the version; `None` until it is negotiated.
    version: Option<HeaderValue>,
    operation: &'static str,
}

/// Serves one request, whatever becomes of it.
pub async fn serve(edge: Arc<Edge>, request: Request) -> Response {
    let started = Instant::now();
    let request_id = RequestId::mint();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let accept = content_type(request.headers());
    let mut progress = Progress::default();
    // Whatever is logged on the way carries the id the client was given.
    let span = tracing::info_span!("request", request_id = request_id.as_str());
    let work = AssertUnwindSafe(dispatch(edge, request, &request_id, &mut progress)).catch_unwind();
    let outcome = work.instrument(span.clone()).await;
    let reply = span.in_scope(|| match outcome {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) => fault::reply(&error),
        Err(_panic) => fault::reply(&Error::internal("a handler panicked")),
    });
    let answered = Answered { status: reply.status(), bytes: reply.body().len(), took: started.elapsed() };
    span.in_scope(|| access_log::record(&method, &uri, progress.operation, &answered));
    finish(reply, &request_id, progress.version.as_ref(), accept)
}

async fn dispatch(
    edge: Arc<Edge>,
    request: Request,
    request_id: &RequestId,
    progress: &mut Progress,
) -> Result<Reply> {
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        return Ok(Reply::raw(StatusCode::OK).from(Origin::Filter));
    }
    let links = Links::new(
        edge.settings.public_endpoint.as_deref(),
        edge.settings.proxy_headers,
        &parts.uri,
        &parts.headers,
    );
    let path = parts.uri.path();
    if let Some(rest) = path.strip_prefix(fleet::PREFIX).filter(|rest| rest.starts_with('/')) {
        let rest = rest.to_owned();
        return serve_fleet(edge, (&rest, parts, body), links, request_id, progress).await;
    }
    let Some(rest) = path.strip_prefix("/v3").filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
        return Ok(super::outside::serve(&edge, path, &parts, &links, &mut progress.version));
    };
    declared_size(&parts.headers)?;
    if rest.is_empty() {
        return Ok(super::outside::redirect(&links, &parts.headers));
    }
    let matched = edge.router.resolve(&parts.method, rest);
    let project = matched.as_ref().and_then(|m| m.as_ref().ok()).and_then(|m| m.project.as_deref());
    let mut ctx = match authenticate(&edge, &parts, project, request_id).await {
        Ok(ctx) => ctx,
        Err(error) if error.kind() == ErrorKind::Unauthenticated => {
            return Ok(fault::unauthorized(edge.authenticator.www_authenticate()));
        }
        // Keystone's own filter answers without Cinder's headers, too.
        Err(error) => return Ok(fault::reply(&error).from(Origin::Filter)),
    };
    if rest == "/" && parts.method == Method::GET {
        negotiate(&parts.headers, progress)?;
        return Ok(version::document(StatusCode::OK, links.root()));
    }
    let Some(matched) = matched else {
        let Some(error) = missing(&parts.method, rest) else {
            return Ok(fault::unknown_route(&parts.headers));
        };
        negotiate(&parts.headers, progress)?;
        return Err(error);
    };
    let matched = matched?;
    ctx.microversion = negotiate(&parts.headers, progress)?;
    let body = read_body(&parts.method, &parts.headers, body).await?;
    let (row, body) = row_and_body(&matched, body)?;
    progress.operation = row.id;
    check_project(&matched, &ctx)?;
    // Two look at their version themselves upstream, and so after the body.
    let looks_itself = matches!(row.id, "mv.create" | "ms.create");
    if !looks_itself {
        known(row, ctx.microversion)?;
    }
    if let Some(schema) = row.body {
        schema.check(&body, ctx.microversion)?;
    }
    known(row, ctx.microversion)?;
    let query = Query::parse(parts.uri.query())?;
    let links = links.of_project(matched.project.as_deref());
    let params = matched.params;
    run(Call { edge: Arc::clone(&edge), row, ctx, params, query, body, links, headers: parts.headers }).await
}

/// The fleet edge: the same order of checks, without microversions and projects.
async fn serve_fleet(
    edge: Arc<Edge>,
    (rest, parts, body): (&str, Parts, Body),
    links: Links,
    request_id: &RequestId,
    progress: &mut Progress,
) -> Result<Reply> {
    declared_size(&parts.headers)?;
    let mut ctx = match authenticate(&edge, &parts, None, request_id).await {
        Ok(ctx) => ctx,
        Err(error) if error.kind() == ErrorKind::Unauthenticated => {
            return Ok(fault::unauthorized(edge.authenticator.www_authenticate()));
        }
        Err(error) => return Ok(fault::reply(&error).from(Origin::Filter)),
    };
    let Some(matched) = edge.fleet_router.resolve(&parts.method, rest) else {
        return Ok(fault::unknown_route(&parts.headers));
    };
    let matched = matched?;
    ctx.microversion = Microversion::MAX;
    let body = read_body(&parts.method, &parts.headers, body).await?;
    let (row, body) = row_and_body(&matched, body)?;
    progress.operation = row.id;
    if let Some(schema) = row.body {
        schema.check(&body, ctx.microversion)?;
    }
    let query = Query::parse(parts.uri.query())?;
    let params = matched.params;
    run(Call { edge: Arc::clone(&edge), row, ctx, params, query, body, links, headers: parts.headers }).await
}

async fn authenticate(
    edge: &Edge,
    parts: &Parts,
    url_project: Option<&str>,
    request_id: &RequestId,
) -> Result<Ctx> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let headers = AuthHeaders {
        auth_token: text("x-auth-token"),
        service_token: text("x-service-token"),
        url_project,
        method: parts.method.as_str(),
        path: parts.uri.path(),
    };
    let identity = edge.authenticator.authenticate(headers).await?;
    let facts = RequestFacts {
        request_id: request_id.clone(),
        global_request_id: request_id::global(&parts.headers),
        microversion: Microversion::MIN,
        clock: edge.services.clock.clone(),
        patience: DEFAULT_PATIENCE,
    };
    Ok(identity.into_ctx(facts, &edge.policy))
}

/// Runs the handler; a write on its own task.
async fn run(call: Call) -> Result<Reply> {
    let handler = call.row.handler;
    if call.row.method == Method::GET {
        return handler(call).await;
    }
    let tracker = call.edge.tracker.clone();
    match tracker.spawn(handler(call).in_current_span()).await {
        Ok(result) => result,
        Err(error) => Err(Error::internal("the task of a write ended early").because(error)),
    }
}

fn negotiate(headers: &HeaderMap, progress: &mut Progress) -> Result<Microversion> {
    match version::negotiate(headers) {
        Ok(version) => {
            progress.version = version::echo(version);
            Ok(version)
        }
        Err(refusal) => {
            progress.version = refusal.echo;
            Err(refusal.error)
        }
    }
}

fn check_project(matched: &Matched<'_>, ctx: &Ctx) -> Result<()> {
    match &matched.project {
        Some(project) if project != ctx.project_id.as_str() => Err(Error::invalid("Malformed request url")),
        _ => Ok(()),
    }
}
