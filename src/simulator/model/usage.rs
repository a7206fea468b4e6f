//! The sums behind the statistics, kept up to date record by record: nobody adds up ten
//! thousand volumes to answer one poll.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Layer, Volume};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Volume sizes, each counted once, in bytes.
    pub sizes: u64,
    /// Volume sizes with every replica counted, in bytes.
    pub provisioned: u64,
    /// Written bytes over all volumes and snapshots, every replica counted, before compression.
    pub logical: u64,
    /// The same as it is stored, by node.
    pub stored: HashMap<Uuid, u64>,
    /// Provisioned bytes by node: what placement levels.
    pub placed: HashMap<Uuid, u64>,
}

/// Whether an object's share comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    In,
    Out,
}

impl Turn {
    const fn apply(self, sum: &mut u64, share: u64) {
        *sum = match self {
            Self::In => sum.saturating_add(share),
            Self::Out => sum.saturating_sub(share),
        };
    }
}

impl Usage {
    pub fn volume(&mut self, volume: &Volume, turn: Turn) {
        let provisioned = volume.provisioned();
        turn.apply(&mut self.provisioned, provisioned);
        turn.apply(&mut self.sizes, if provisioned == 0 { 0 } else { volume.size });
        for node in &volume.nodes {
            turn.apply(self.placed.entry(*node).or_default(), volume.size);
        }
    }
    pub fn layer(&mut self, layer: &Layer, turn: Turn) {
        turn.apply(&mut self.logical, layer.logical_bytes().saturating_mul(layer.nodes.len() as u64));
        for node in &layer.nodes {
            turn.apply(self.stored.entry(*node).or_default(), layer.stored_bytes());
        }
    }
}
