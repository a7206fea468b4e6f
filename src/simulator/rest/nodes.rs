//! Nodes, and the servers they sit in, one in each.

use serde_json::Value;

use super::Call;
use super::cluster::statistics;
use super::message::Message;
use crate::simulator::model::{Node, NodeState};
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::{Moment, capacity, protection};

pub fn list(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let (name, uuid, domain) = (call.query("name"), call.query("UUID"), call.query("failureDomain"));
    if [name, uuid, domain].iter().filter(|filter| !filter.is_empty()).count() > 1 {
        return Err(Refusal::invalid("the filters are exclusive"));
    }
    let wanted = |node: &&Node| {
        (name.is_empty() || node.name() == name)
            && (uuid.is_empty() || node.uuid.to_string() == uuid.to_ascii_lowercase())
            && (domain.is_empty() || node.server_name == domain)
    };
    let nodes = at.tables.nodes.values().filter(wanted).map(|node| view(at, node)).collect();
    Ok(Message::new(&at.options.quirks).list("nodes", nodes).value())
}

pub fn get(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let uuid = call.param("UUID").to_ascii_lowercase();
    let found = at.tables.nodes.values().find(|node| node.uuid.to_string() == uuid);
    found.map(|node| view(at, node)).ok_or_else(|| Refusal::not_found("node not found"))
}

fn view(at: &Moment<'_>, node: &Node) -> Value {
    let reachable = if node.state == NodeState::Inactive { "ConnectivityProblem" } else { "ConnectivityOK" };
    Message::new(&at.options.quirks)
        .text("name", &node.name())
        .uuid("UUID", node.uuid)
        .choice("state", node.state.name(), "Unknown")
        .choice("status", reachable, "NoStatus")
        .text("nvmeEndpoint", &format!("{}:{}", at.options.node_ip(node.index), at.options.data_port))
        .texts("failureDomains", [&node.server_name])
        .text("hostname", &node.server_name)
        .uint32("numManagedDevices", 4)
        .uint32("maxNvmeDevices", 12)
        .flag("ec", true)
        .message("statistics", statistics(at, &capacity::of_node(at, node)))
        .uuid("serverUUID", node.server_uuid)
        .text("ETag", &node.revision.to_string())
        .flag("readOnly", protection::is_read_only(at, node))
        .value()
}

/// The filter by name is spelt `Name` here.
pub fn servers(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let (name, uuid) = (call.query("Name"), call.query("UUID").to_ascii_lowercase());
    let wanted = |node: &&Node| {
        (name.is_empty() || node.server_name == name)
            && (uuid.is_empty() || node.server_uuid.to_string() == uuid)
    };
    let servers = at.tables.nodes.values().filter(wanted).map(|node| server_view(at, node)).collect();
    Ok(Message::new(&at.options.quirks).list("servers", servers).value())
}

pub fn server(at: &Moment<'_>, call: &Call) -> Result<Value> {
    let uuid = call.param("UUID").to_ascii_lowercase();
    let found = at.tables.nodes.values().find(|node| node.server_uuid.to_string() == uuid);
    found.map(|node| server_view(at, node)).ok_or_else(|| Refusal::not_found("server not found"))
}

fn server_view(at: &Moment<'_>, node: &Node) -> Value {
    let inactive = at.tables.nodes.values().filter(|other| other.state != NodeState::Active).count();
    let risk = match (node.state, inactive) {
        (NodeState::Active, 0) => "NoRiskOfServiceLoss",
        (NodeState::Active, _) => "InRiskOfServiceLoss",
        _ => "SourceOfRiskOfServiceLoss",
    };
    let ip = at.options.node_ip(node.index);
    let eviction = Message::new(&at.options.quirks).choice("status", "None", "None");
    Message::new(&at.options.quirks)
        .uuid("UUID", node.server_uuid)
        .text("name", &node.server_name)
        .choice("RiskOfServiceLossState", risk, "UnknownRiskOfServiceLoss")
        .texts("NodesUUIDs", [node.uuid.to_string()])
        .choice("state", "Enabled", "UnknownState")
        .texts("ServerEndpoints", [format!("http://{ip}:2380")])
        .text("ETag", &node.revision.to_string())
        .text("LightOSVersion", &at.options.release.version())
        .texts("ApiEndpoints", [format!("{ip}:{}", at.options.port)])
        .message("LastEviction", eviction)
        .value()
}
