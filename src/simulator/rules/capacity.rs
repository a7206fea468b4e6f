//! The figures of `statistics` (`lightbits-api` §2.2), for the cluster and for one node.

use super::{Moment, protection};
use crate::simulator::model::{Node, NodeState};

/// All in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub installed: u64,
    pub managed: u64,
    pub effective: u64,
    pub logical: u64,
    pub logical_used: u64,
    pub physical_used: u64,
    pub physical_used_with_parity: u64,
    pub free: u64,
    pub compression_ratio: f64,
}

impl Figures {
    fn new(effective: u64, (logical, logical_used): (u64, u64), physical_used: u64, free: u64) -> Self {
        let ratio =
            if physical_used == 0 { 1.0 } else { (logical_used as f64 / physical_used as f64).max(1.0) };
        // A quarter goes to over-provisioning and parity; nothing public says how much really.
        let raw = effective.saturating_add(effective / 4);
        Self {
            installed: raw,
            managed: raw,
            effective,
            logical,
            logical_used,
            physical_used,
            physical_used_with_parity: physical_used.saturating_add(physical_used / 7),
            free,
            compression_ratio: ratio,
        }
    }
    /// Written before it was compressed: the free space is worth that much more.
    pub fn estimated_free(&self) -> u64 {
        (self.free as f64 * self.compression_ratio) as u64
    }
    pub fn estimated_total(&self) -> u64 {
        (self.effective as f64 * self.compression_ratio) as u64
    }
}

pub fn of_cluster(at: &Moment<'_>) -> Figures {
    let usage = &at.tables.usage;
    let logical = if at.options.quirks.logical_counts_replicas { usage.provisioned } else { usage.sizes };
    let nodes = || at.tables.nodes.values();
    // Storage of a node that is away is not managed now, but what is placed there still counts.
    let filler: u64 = nodes().map(|node| node.filler).sum();
    let physical = usage.stored.values().sum::<u64>().saturating_add(filler);
    let free = nodes().map(|node| protection::node_free(at, node)).sum();
    let logical_used = usage.logical.saturating_add(filler);
    Figures::new(at.options.capacity, (logical, logical_used), physical, free)
}

pub fn of_node(at: &Moment<'_>, node: &Node) -> Figures {
    let usage = &at.tables.usage;
    let stored = usage.stored.get(&node.uuid).copied().unwrap_or(0).saturating_add(node.filler);
    let placed = usage.placed.get(&node.uuid).copied().unwrap_or(0);
    Figures::new(
        at.options.node_capacity(node.index),
        (placed, stored),
        stored,
        protection::node_free(at, node),
    )
}

/// How many volumes are in which protection state, for `health`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    pub healthy: u32,
    pub degraded: u32,
    pub read_only: u32,
    pub not_available: u32,
    pub inactive_nodes: u32,
}

impl Health {
    pub const fn state(self) -> &'static str {
        if self.read_only + self.not_available > 0 {
            "Error"
        } else if self.degraded + self.inactive_nodes > 0 {
            "Warning"
        } else {
            "OK"
        }
    }
}

pub fn health(at: &Moment<'_>) -> Health {
    use protection::Protection;
    let mut health = Health::default();
    for volume in at.tables.volumes.values() {
        match protection::of(at, volume) {
            Protection::Unknown => {}
            Protection::FullyProtected => health.healthy += 1,
            Protection::Degraded => health.degraded += 1,
            Protection::ReadOnly => health.read_only += 1,
            Protection::NotAvailable => health.not_available += 1,
        }
    }
    let away = at.tables.nodes.values().filter(|node| node.state != NodeState::Active).count();
    health.inactive_nodes = u32::try_from(away).unwrap_or(u32::MAX);
    health
}
