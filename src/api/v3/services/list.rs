//! `GET /os-services`: a `cinder-volume` for each cluster, and one scheduler, which is us.

use serde::Serialize;

use super::{
    BACKUP_BINARY, OWN_HOST, SCHEDULER_BINARY, VOLUME_BINARY, disabled_reason, service_host, state, status,
};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::time::Time;
use crate::domain::cluster::{Cluster, Intent};
use crate::domain::{Microversion, Result};

#[derive(Serialize)]
struct List<'a> {
    services: Vec<Service<'a>>,
}

#[derive(Serialize)]
struct Service<'a> {
    binary: &'static str,
    host: String,
    zone: &'a str,
    status: &'static str,
    state: &'static str,
    updated_at: Option<Time>,
    /// Since 3.49, of a `cinder-volume`.
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_state: Option<&'static str>,
    /// Since 3.7: the name of a Cinder cluster, of which we have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Option<&'a str>>,
    disabled_reason: Option<&'a str>,
    #[serde(flatten)]
    backend: Option<Backend>,
}

/// What only a `cinder-volume` has.
#[derive(Serialize)]
struct Backend {
    replication_status: &'static str,
    active_backend_id: Option<&'static str>,
    frozen: bool,
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let clusters = call.edge.services.backends().await?;
    let version = call.version();
    let scheduler = Service {
        binary: SCHEDULER_BINARY,
        host: OWN_HOST.to_owned(),
        zone: &call.edge.services.settings.default_availability_zone,
        status: "enabled",
        state: "up",
        updated_at: Some(Time(call.ctx.clock.now())),
        backend_state: None,
        cluster: version.at_least(7).then_some(None),
        disabled_reason: None,
        backend: None,
    };
    let keeper = call.edge.services.settings.backup_service.map(|_| Service {
        binary: BACKUP_BINARY,
        host: OWN_HOST.to_owned(),
        zone: &call.edge.services.settings.default_availability_zone,
        status: "enabled",
        state: "up",
        updated_at: Some(Time(call.ctx.clock.now())),
        backend_state: None,
        cluster: version.at_least(7).then_some(None),
        disabled_reason: None,
        backend: None,
    });
    let mut services: Vec<_> = std::iter::once(scheduler)
        .chain(keeper)
        .chain(clusters.iter().map(|cluster| service(cluster, version)))
        .collect();
    if let Some(host) = call.query.get("host").filter(|host| !host.is_empty()) {
        // A host without a backend means all the backends of it, as in Cinder.
        let backends = format!("{host}@");
        services.retain(|service| service.host == host || service.host.starts_with(&backends));
    }
    let binary = call.query.get("binary").or_else(|| call.query.get("service"));
    if let Some(binary) = binary.filter(|binary| !binary.is_empty()) {
        services.retain(|service| service.binary == binary);
    }
    Ok(Reply::ok(&List { services }))
}

fn service(cluster: &Cluster, version: Microversion) -> Service<'_> {
    Service {
        binary: VOLUME_BINARY,
        host: service_host(cluster),
        zone: &cluster.traits.availability_zone,
        status: status(cluster),
        state: state(cluster),
        updated_at: cluster.polled_at.map(Time),
        backend_state: version.at_least(49).then(|| state(cluster)),
        cluster: version.at_least(7).then_some(None),
        disabled_reason: disabled_reason(cluster),
        backend: Some(Backend {
            replication_status: "disabled",
            active_backend_id: None,
            frozen: cluster.intent.intent == Intent::Frozen,
        }),
    }
}
