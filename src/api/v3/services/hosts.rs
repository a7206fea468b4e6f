//! `/os-hosts`: the old look at services; what a project has on a host comes as text.

use serde::Serialize;
use serde_json::Value;

use super::{OWN_HOST, SCHEDULER_BINARY, VOLUME_BINARY, service_host, state, status};
use crate::api::call::Call;
use crate::api::fault;
use crate::api::reply::Reply;
use crate::api::time::Time;
use crate::domain::cluster::Intent;
use crate::domain::{Error, Result};
use crate::service::backends::HostUse;

#[derive(Serialize)]
struct List<'a> {
    hosts: Vec<Host<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Host<'a> {
    #[serde(rename = "host_name")]
    host_name: String,
    service: &'static str,
    zone: &'a str,
    service_status: &'static str,
    service_state: &'static str,
    last_update: Option<Time>,
}

/// Only enabled ones are listed, the scheduler too.
pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let clusters = call.edge.services.backends().await?;
    let scheduler = Host {
        host_name: OWN_HOST.to_owned(),
        service: SCHEDULER_BINARY,
        zone: &call.edge.services.settings.default_availability_zone,
        service_status: "available",
        service_state: "enabled",
        last_update: Some(Time(call.ctx.clock.now())),
    };
    let enabled = clusters.iter().filter(|cluster| cluster.intent.intent == Intent::Enabled);
    let volumes = enabled.map(|cluster| Host {
        host_name: service_host(cluster),
        service: VOLUME_BINARY,
        zone: &cluster.traits.availability_zone,
        service_status: if state(cluster) == "up" { "available" } else { "unavailable" },
        service_state: status(cluster),
        last_update: cluster.polled_at.map(Time),
    });
    let mut hosts: Vec<_> = std::iter::once(scheduler).chain(volumes).collect();
    if let Some(zone) = call.query.get("zone") {
        hosts.retain(|host| host.zone == zone);
    }
    if let Some(service) = call.query.get("service") {
        hosts.retain(|host| host.service == service);
    }
    Ok(Reply::ok(&List { hosts }))
}

#[derive(Serialize)]
struct Show {
    host: Vec<Wrapped>,
}

#[derive(Serialize)]
struct Wrapped {
    resource: Resource,
}

#[derive(Serialize)]
struct Resource {
    host: String,
    project: String,
    volume_count: String,
    total_volume_gb: String,
    snapshot_count: String,
    total_snapshot_gb: String,
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let host = call.param("host");
    let found = call.edge.services.backend(host).await?;
    let missing = || Error::not_found(format!("Service cinder-volume could not be found on host {host}."));
    let projects = call.edge.services.host_use(&found.ok_or_else(missing)?).await?;
    let mut total = HostUse::default();
    for part in projects.values() {
        total.volumes += part.volumes;
        total.volume_gib += part.volume_gib;
        total.snapshots += part.snapshots;
        total.snapshot_gib += part.snapshot_gib;
    }
    let row = |project: String, part: HostUse| Wrapped {
        resource: Resource {
            host: host.to_owned(),
            project,
            volume_count: part.volumes.to_string(),
            total_volume_gb: part.volume_gib.to_string(),
            snapshot_count: part.snapshots.to_string(),
            total_snapshot_gb: part.snapshot_gib.to_string(),
        },
    };
    let mut rows = vec![row("(total)".to_owned(), total)];
    rows.extend(projects.into_iter().map(|(project, part)| row(project.to_string(), part)));
    Ok(Reply::ok(&Show { host: rows }))
}

#[derive(Serialize)]
struct Switched<'a> {
    host: &'a str,
    status: &'static str,
}

/// Enables or disables; upstream never got further than to look at the body.
pub async fn update(call: Call) -> Result<Reply> {
    // Upstream looks for the host before it asks for the rule, and only administrators may look.
    if !call.ctx.is_admin {
        return Err(Error::forbidden("User does not have admin privileges"));
    }
    let host = call.param("host");
    let found = call.edge.services.backend(host).await?;
    let found = found.ok_or_else(|| Error::not_found(format!("Host {host} could not be found.")))?;
    call.authorize_own()?;
    let Some(intent) = wanted(&call.body)? else { return Ok(Reply::ok(&serde_json::json!({}))) };
    call.edge.services.set_backend_intent(&call.ctx, &found, intent, None).await?;
    let status = if intent == Intent::Enabled { "enabled" } else { "disabled" };
    Ok(Reply::ok(&Switched { host, status }))
}

/// Keys and values count in any case and with blanks around them.
fn wanted(body: &Value) -> Result<Option<Intent>> {
    let Some(fields) = body.as_object() else { return Err(Error::invalid(fault::MALFORMED)) };
    let mut intent = None;
    for (key, value) in fields {
        if key.trim().to_lowercase() != "status" {
            return Err(Error::invalid(format!("Invalid update setting: '{key}'")));
        }
        let word = value.as_str().unwrap_or_default();
        intent = Some(match word.trim().to_lowercase().as_str() {
            "enable" => Intent::Enabled,
            "disable" => Intent::Cordoned,
            _ => return Err(Error::invalid(format!("Invalid status: '{word}'"))),
        });
    }
    Ok(intent)
}

/// There by accident upstream, where it lacks the host and is told to be malformed.
pub async fn update_all(_: Call) -> Result<Reply> {
    Err(Error::invalid(fault::MALFORMED))
}
