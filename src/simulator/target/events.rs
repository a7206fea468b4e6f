//! What connected hosts are told without asking: that their namespaces have changed, or the way
//! to them.

use std::sync::{Arc, PoisonError};

use super::controllers::Controller;
use crate::simulator::model::NodeState;
use crate::simulator::rules::{Moment, hosts};
use crate::simulator::shared::Shared;

/// Notices, as dword 0 of an asynchronous event: type, what has changed, log page to read.
const NAMESPACES_CHANGED: u64 = 0x02 | 0x04 << 16;
const PATHS_CHANGED: u64 = 0x02 | 0x03 << 8 | 0x0c << 16;

/// A host's view of the namespaces through one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// NSID and size.
    namespaces: Vec<(u32, u64)>,
    /// The node that serves each.
    paths: Vec<Option<u16>>,
}

impl Told {
    pub fn now(at: &Moment<'_>, host: &str) -> Self {
        let seen = || at.tables.volumes_after(0).filter(|volume| hosts::sees(volume, host));
        let serving = |node: &crate::simulator::model::Node| node.state == NodeState::Active;
        Self {
            namespaces: seen().map(|volume| (volume.nsid, volume.size)).collect(),
            paths: seen()
                .map(|volume| hosts::primary(at, volume).filter(|node| serving(node)).map(|node| node.index))
                .collect(),
        }
    }
}

/// Waits for something that the host has not been told yet; the event that tells it.
pub async fn next(shared: &Arc<Shared>, controller: &Controller) -> u64 {
    let mut changes = shared.world().changes();
    loop {
        changes.mark_unchanged();
        let now = shared.world().read(None, |at| Told::now(at, &controller.host));
        if let Ok(now) = now {
            let mut told = controller.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.namespaces != now.namespaces {
                *told = now;
                return NAMESPACES_CHANGED;
            }
            if told.paths != now.paths {
                *told = now;
                return PATHS_CHANGED;
            }
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
