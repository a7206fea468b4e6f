//! `POST /workers/cleanup`: has what was left undone on some backends done.
//!
//! Operations resume by themselves here, whichever process has died. What does not go on is what
//! waits for an operator, and that is what a cleanup of a backend takes up again. A backend that
//! is down cannot be cleaned up; it is named as unavailable.

use serde::Serialize;

use super::services::{OWN_HOST, SCHEDULER_BINARY, VOLUME_BINARY, service_host, state, status};
use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::python::quoted;
use crate::api::reply::Reply;
use crate::domain::cluster::Cluster;
use crate::domain::{ClusterId, Error, Result};
use crate::service::cleanup::{SCHEDULER_ID, Stuck};

#[derive(Serialize)]
struct Answer {
    cleaning: Vec<Service>,
    unavailable: Vec<Service>,
}

#[derive(Debug, Clone, Serialize)]
struct Service {
    /// Stays the same, whatever comes and goes.
    id: i64,
    host: String,
    binary: &'static str,
    cluster_name: Option<&'static str>,
    #[serde(skip)]
    backend: Option<ClusterId>,
    #[serde(skip)]
    up: bool,
    #[serde(skip)]
    disabled: bool,
}

/// Kinds of resources that can be cleaned up.
const KINDS: [&str; 2] = ["Snapshot", "Volume"];

pub async fn cleanup(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.whole();
    let stuck = Stuck { kind: kind(fields)?, resource_id: fields.nonempty("resource_id") };
    let located = ["service_id", "cluster_name", "host"].iter().any(|key| fields.get(key).is_some());
    let only = match &stuck.resource_id {
        Some(id) if !located => Some(locate(&call, id).await?),
        _ => None,
    };
    let backends = call.edge.services.numbered_backends().await?;
    let chosen = services(&backends).into_iter().filter(|service| match only {
        Some(backend) => service.backend == backend && is_wanted_by_state(fields, service),
        None => is_wanted(fields, service),
    });
    // A scheduler does not have to be up to be told.
    let (cleaning, unavailable): (Vec<_>, Vec<_>) =
        chosen.partition(|service| service.up || service.backend.is_none());
    for service in &cleaning {
        call.edge.services.take_up_again(service.backend, &stuck).await?;
    }
    Ok(Reply::accepted(&Answer { cleaning, unavailable }))
}

/// `Volume` or `Snapshot`, however it is written.
fn kind(fields: Fields<'_>) -> Result<Option<&'static str>> {
    let Some(asked) = fields.nonempty("resource_type") else { return Ok(None) };
    let known = KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(&asked));
    known.copied().map(Some).ok_or_else(|| {
        let mut letters = asked.chars();
        let title: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters.flat_map(char::to_lowercase))
            .collect();
        let kinds = KINDS.join(" or ");
        Error::invalid(format!("Invalid input received: Resource type {title} not valid, must be {kinds}"))
    })
}

/// The backend of what is pending for one resource.
async fn locate(call: &Call, id: &str) -> Result<Option<ClusterId>> {
    match call.edge.services.pending_of(id).await?.as_slice() {
        [one] => Ok(one.cluster_id),
        [] => Err(told("There is no resource with UUID %s pending cleanup.", id)),
        _ => Err(told(
            "There are multiple resources with UUID %s pending cleanup.  Please be more specific.",
            id,
        )),
    }
}

/// Upstream never puts the one into the other: the pair of them is what clients are told.
fn told(sentence: &str, id: &str) -> Error {
    Error::invalid(format!("Invalid input received: ({}, {})", quoted(sentence), quoted(id)))
}

/// As `os-services` lists them.
fn services(backends: &[(i64, Cluster)]) -> Vec<Service> {
    let scheduler = Service {
        id: SCHEDULER_ID,
        host: OWN_HOST.to_owned(),
        binary: SCHEDULER_BINARY,
        cluster_name: None,
        backend: None,
        up: true,
        disabled: false,
    };
    let volumes = backends.iter().map(|(id, cluster)| Service {
        id: *id,
        host: service_host(cluster),
        binary: VOLUME_BINARY,
        cluster_name: None,
        backend: Some(cluster.id),
        up: state(cluster) == "up",
        disabled: status(cluster) == "disabled",
    });
    std::iter::once(scheduler).chain(volumes).collect()
}

fn is_wanted(fields: Fields<'_>, service: &Service) -> bool {
    let host = fields.nonempty("host");
    let of_host = |host: &String| {
        service.host == *host
            || service.host.strip_prefix(host.as_str()).is_some_and(|rest| rest.starts_with('@'))
    };
    fields.integer("service_id").is_none_or(|id| id == service.id)
        && fields.nonempty("cluster_name").is_none()
        && host.as_ref().is_none_or(of_host)
        && fields.nonempty("binary").is_none_or(|binary| binary == service.binary)
        && is_wanted_by_state(fields, service)
}

/// Without `is_up` those that are down are meant, as in Cinder; null means all.
fn is_wanted_by_state(fields: Fields<'_>, service: &Service) -> bool {
    let is_up = match fields.get("is_up") {
        None => Some(false),
        Some(_) => fields.boolean("is_up"),
    };
    is_up.is_none_or(|up| up == service.up)
        && fields.boolean("disabled").is_none_or(|disabled| disabled == service.disabled)
}
