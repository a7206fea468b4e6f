//! Services, pools, capabilities, hosts and availability zones.

use axum::http::{Method, StatusCode};

use super::{Handler, Row, to};
use crate::api::schema::{Schema, bodies, clusters as schema, type_parts};
use crate::api::v3::services::{capabilities, hosts, list, logs, pools, switch, zones};
use crate::api::v3::{clusters, workers};
use crate::api::{answers, parameters};

const UPDATE: &str = "volume_extension:services:update";

const fn put(
    id: &'static str,
    path: &'static str,
    rule: &'static str,
    body: &'static Schema,
    handler: Handler,
) -> Row {
    Row::new(id, Method::PUT, path, rule, handler).body(body)
}

pub static SERVICES: &[Row] = &[
    Row::new("svc.list", Method::GET, "/os-services", "volume_extension:services:index", to!(list::list))
        .gives(&answers::services::LIST)
        .query(&[parameters::SERVICES]),
    put("svc.enable", "/os-services/enable", UPDATE, &bodies::SERVICE_SWITCH, to!(switch::enable))
        .gives(&answers::services::SWITCHED),
    put("svc.disable", "/os-services/disable", UPDATE, &bodies::SERVICE_SWITCH, to!(switch::disable))
        .gives(&answers::services::SWITCHED),
    put(
        "svc.disable-log-reason",
        "/os-services/disable-log-reason",
        UPDATE,
        &bodies::SERVICE_DISABLE_REASON,
        to!(switch::disable_log_reason),
    )
    .gives(&answers::services::SWITCHED),
    put(
        "svc.freeze",
        "/os-services/freeze",
        "volume:freeze_host",
        &bodies::SERVICE_FREEZE,
        to!(switch::freeze),
    ),
    put("svc.thaw", "/os-services/thaw", "volume:thaw_host", &bodies::SERVICE_FREEZE, to!(switch::thaw)),
    put(
        "svc.failover_host",
        "/os-services/failover_host",
        "volume:failover_host",
        &bodies::SERVICE_FAILOVER,
        to!(switch::failover),
    )
    .success(StatusCode::ACCEPTED),
    put(
        "svc.failover",
        "/os-services/failover",
        "volume:failover_host",
        &bodies::SERVICE_FAILOVER,
        to!(switch::failover),
    )
    .since(26)
    .success(StatusCode::ACCEPTED),
    put("svc.get-log", "/os-services/get-log", UPDATE, &type_parts::LOG_GET, to!(logs::get))
        .gives(&answers::services::LOG_LEVELS)
        .since(32),
    put("svc.set-log", "/os-services/set-log", UPDATE, &type_parts::LOG_SET, to!(logs::set))
        .since(32)
        .success(StatusCode::ACCEPTED),
];

const HOSTS: &str = "volume_extension:hosts";

pub static FLEET: &[Row] = &[
    Row::new(
        "pools",
        Method::GET,
        "/scheduler-stats/get_pools",
        "scheduler_extension:scheduler_stats:get_pools",
        to!(pools::list),
    )
    .gives(&answers::services::POOLS)
    .query(&[parameters::POOLS]),
    Row::new(
        "caps",
        Method::GET,
        "/capabilities/{host}",
        "volume_extension:capabilities",
        to!(capabilities::show),
    )
    .gives(&answers::services::CAPABILITIES),
    Row::new("hosts.list", Method::GET, "/os-hosts", HOSTS, to!(hosts::list))
        .gives(&answers::services::HOSTS)
        .query(&[parameters::HOSTS]),
    Row::new("hosts.show", Method::GET, "/os-hosts/{host}", HOSTS, to!(hosts::show))
        .gives(&answers::services::HOST_USE),
    put("hosts.update", "/os-hosts/{host}", HOSTS, &type_parts::HOST_UPDATE, to!(hosts::update))
        .gives(&answers::services::HOST_UPDATED),
    Row::new("hosts.update_all", Method::PUT, "/os-hosts", HOSTS, to!(hosts::update_all)),
    Row::new("az.list", Method::GET, "/os-availability-zone", "", to!(zones::list))
        .gives(&answers::services::ZONES),
];

/// Clusters as Cinder means them, and what is left behind when one of their services dies.
pub static CLUSTERS: &[Row] = &[
    Row::new("clu.list", Method::GET, "/clusters", "clusters:get_all", to!(clusters::list))
        .gives(&answers::services::CLUSTERS)
        .query(&[parameters::CLUSTERS])
        .since(7),
    Row::new("clu.detail", Method::GET, "/clusters/detail", "clusters:get_all", to!(clusters::list))
        .gives(&answers::services::CLUSTERS_DETAIL)
        .query(&[parameters::CLUSTERS])
        .since(7),
    Row::new("clu.show", Method::GET, "/clusters/{name}", "clusters:get", to!(clusters::show))
        .gives(&answers::services::ONE_CLUSTER)
        .query(&[parameters::BINARY])
        .since(7),
    put("clu.enable", "/clusters/enable", "clusters:update", &schema::ENABLE, to!(clusters::switch))
        .gives(&answers::services::ONE_CLUSTER)
        .since(7),
    put("clu.disable", "/clusters/disable", "clusters:update", &schema::DISABLE, to!(clusters::switch))
        .gives(&answers::services::ONE_CLUSTER)
        .since(7),
    Row::new("work.cleanup", Method::POST, "/workers/cleanup", "workers:cleanup", to!(workers::cleanup))
        .gives(&answers::services::CLEANUP)
        .since(24)
        .body(&schema::CLEANUP)
        .success(StatusCode::ACCEPTED),
];
