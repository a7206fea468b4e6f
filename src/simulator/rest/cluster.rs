//! The cluster as tenants see it (`/clusterinfo`), as its admin does (`/cluster`), and the calls
//! around it.

use serde_json::{Value, json};

use super::Call;
use super::message::Message;
use crate::simulator::model::NodeState;
use crate::simulator::options::Release;
use crate::simulator::refusal::{Code, Refusal, Result};
use crate::simulator::rules::{Moment, capacity, protection};

const IN_BAND_AUTH_MODE: Release = Release(3, 18, 0);

pub fn version(_: &Moment<'_>, _: &Call) -> Result<Value> {
    Ok(json!({"apiVersion": "v2.0"}))
}

fn endpoints(at: &Moment<'_>, port: u16) -> impl Iterator<Item = String> {
    at.tables.nodes.keys().map(move |index| format!("{}:{port}", at.options.node_ip(*index)))
}

fn common(at: &Moment<'_>) -> Message {
    let identity = at.tables.identity.as_ref();
    let name = at.tables.settings.get("ClusterName").map_or("", String::as_str);
    let upgrade = Message::new(&at.options.quirks).choice("Status", "None", "Unknown");
    let encryption = Message::new(&at.options.quirks).choice("encryptionState", "Disabled", "");
    Message::new(&at.options.quirks)
        .uuid("UUID", identity.map(|it| it.uuid).unwrap_or_default())
        .text("subsystemNQN", &identity.map(|it| it.subsystem_nqn()).unwrap_or_default())
        .uint32("currentMaxReplicas", protection::current_max_replicas(at).into())
        .uint32("supportedMaxReplicas", at.options.supported_replicas().into())
        .text("ETag", &at.tables.nodes.values().map(|node| node.revision).sum::<u64>().to_string())
        .texts("apiEndpoints", endpoints(at, at.options.port))
        .texts("discoveryEndpoints", endpoints(at, 8009))
        .text("clusterName", name)
        .message("lastUpgrade", upgrade)
        .message("encryptionStatus", encryption)
        .when(at.options.release >= IN_BAND_AUTH_MODE, |it| {
            it.choice("inBandAuthMode", "Disabled", "UnKnown")
        })
}

pub fn info(at: &Moment<'_>, _: &Call) -> Result<Value> {
    Ok(common(at).texts("nvmeEndpoints", endpoints(at, at.options.data_port)).value())
}

pub fn show(at: &Moment<'_>, _: &Call) -> Result<Value> {
    let health = capacity::health(at);
    let view = Message::new(&at.options.quirks)
        .choice("state", health.state(), "None")
        .uint32("numHealthyVolumes", health.healthy)
        .uint32("numDegradedVolumes", health.degraded)
        .uint32("numReadOnlyVolumes", health.read_only)
        .uint32("numNotAvailableVolumes", health.not_available)
        .uint32("numInactiveNodes", health.inactive_nodes);
    let figures = capacity::of_cluster(at);
    let statistics = statistics(at, &figures).uint64("installedPhysicalStorage", figures.installed);
    let version = at.options.release.version();
    Ok(common(at)
        .message("statistics", statistics)
        .message("health", view)
        .text("MinVersionInCluster", &version)
        .text("MinAllowedVersion", &version)
        .text("MaxAllowedVersion", &version)
        .value())
}

/// What nodes and the cluster have in common.
pub fn statistics(at: &Moment<'_>, figures: &capacity::Figures) -> Message {
    Message::new(&at.options.quirks)
        .uint64("managedPhysicalStorage", figures.managed)
        .uint64("effectivePhysicalStorage", figures.effective)
        .uint64("logicalStorage", figures.logical)
        .uint64("logicalUsedStorage", figures.logical_used)
        .uint64("physicalUsedStorage", figures.physical_used)
        .uint64("physicalUsedStorageIncludingParity", figures.physical_used_with_parity)
        .uint64("freePhysicalStorage", figures.free)
        .uint64("estimatedFreeLogicalStorage", figures.estimated_free())
        .uint64("estimatedLogicalStorage", figures.estimated_total())
        .double("compressionRatio", figures.compression_ratio)
        .when(at.options.release >= Release(3, 18, 0), |it| {
            let effective = figures.effective.max(1);
            it.double("provisionedToEffectiveStorageRatio", figures.logical as f64 / effective as f64)
        })
}

/// Who is connected to the data path is not told here: nobody asks.
pub fn connected_hosts(_: &Moment<'_>, _: &Call) -> Result<Value> {
    Ok(json!({}))
}

pub fn connected_host(_: &Moment<'_>, call: &Call) -> Result<Value> {
    Err(Refusal::not_found(format!("host {:?} is not connected", call.param("hostNQN"))))
}

/// Events about nodes as they are now; nothing is kept.
pub fn events(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let filters = ["componentType", "severity"].into_iter().filter(|key| !call.query(key).is_empty()).count();
    if filters + usize::from(call.params.contains_key("projectName")) > 1 {
        return Err(Refusal::new(Code::Unimplemented, "only one filter at a time"));
    }
    if !at.tables.flags.get("event-log").copied().unwrap_or(false) {
        return Err(Refusal::new(Code::Unimplemented, "the event log is disabled"));
    }
    let away = at.tables.nodes.values().filter(|node| node.state == NodeState::Inactive && filters == 0);
    let of_cluster = !call.params.contains_key("projectName");
    let events: Vec<Value> = away
        .filter(|_| of_cluster)
        .map(|node| {
            json!({"ID": format!("{}-{}", node.uuid, node.revision), "Type": "Node", "Severity": "High",
                   "EventName": "NodeInactive", "ReportingService": "CM",
                   "ComponentNodeInfo": {"ID": node.uuid, "Name": node.name()}})
        })
        .collect();
    Ok(Message::new(&at.options.quirks).list("events", events).value())
}
