//! Which replicas are healthy, and what that leaves a volume able to do (`lightbits-api` §3.9).

use super::Moment;
use crate::simulator::model::{Node, NodeState, Volume};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    Unknown,
    FullyProtected,
    Degraded,
    ReadOnly,
    NotAvailable,
}

impl Protection {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::FullyProtected => "FullyProtected",
            Self::Degraded => "Degraded",
            Self::ReadOnly => "ReadOnly",
            Self::NotAvailable => "NotAvailable",
        }
    }
    pub const fn is_writable(self) -> bool {
        matches!(self, Self::FullyProtected | Self::Degraded)
    }
}

/// Bytes left on a node before it goes read-only.
pub fn node_free(at: &Moment<'_>, node: &Node) -> u64 {
    let stored = at.tables.usage.stored.get(&node.uuid).copied().unwrap_or(0);
    at.options.node_capacity(node.index).saturating_sub(stored).saturating_sub(node.filler)
}

pub fn is_read_only(at: &Moment<'_>, node: &Node) -> bool {
    node.forced_read_only || node_free(at, node) == 0
}

pub fn is_healthy(at: &Moment<'_>, node: &Node) -> bool {
    node.state == NodeState::Active && !is_read_only(at, node)
}

pub fn of(at: &Moment<'_>, volume: &Volume) -> Protection {
    if volume.nodes.is_empty() {
        return Protection::Unknown;
    }
    let holds = |node: &&Node| volume.nodes.contains(&node.uuid);
    let replicas = || at.tables.nodes.values().filter(holds);
    let healthy = replicas().filter(|node| is_healthy(at, node)).count();
    // A full node still serves reads; one that is away does not.
    let serving = replicas().filter(|node| node.state == NodeState::Active).count();
    match (volume.nodes.len(), healthy) {
        (want, have) if have >= want => Protection::FullyProtected,
        (3, 2) => Protection::Degraded,
        (_, 0) if serving == 0 => Protection::NotAvailable,
        _ => Protection::ReadOnly,
    }
}

/// Whether enough nodes are there to agree on anything.
pub fn has_quorum(at: &Moment<'_>) -> bool {
    let away = at.tables.nodes.values().filter(|node| node.state == NodeState::Inactive).count();
    !at.options.quirks.needs_quorum || away * 2 < at.tables.nodes.len()
}

/// Replicas that a new volume could have now.
pub fn current_max_replicas(at: &Moment<'_>) -> u8 {
    let healthy = at.tables.nodes.values().filter(|node| is_healthy(at, node)).count();
    u8::try_from(healthy).unwrap_or(u8::MAX).min(at.options.supported_replicas())
}
