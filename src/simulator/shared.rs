//! What all listeners and the control endpoint of one running cluster share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::Engine;
use super::listeners::Listeners;
use super::options::Options;
use super::target::Target;
use super::world::World;

pub struct Shared {
    pub options: Arc<Options>,
    pub world: Mutex<World>,
    pub faults: Mutex<Engine>,
    pub counters: Mutex<Counters>,
    pub listeners: Listeners,
    pub target: Target,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

/// What `GET /stats` tells.
#[derive(Debug, Default, Clone, serde::Serialize)]
pub struct Counters {
    /// Requests by operation, whatever became of them.
    pub calls: BTreeMap<String, u64>,
    /// Requests by node.
    pub nodes: BTreeMap<u16, u64>,
    /// Answers by operation and status; a request without an answer counts as `none`.
    pub answers: BTreeMap<String, BTreeMap<String, u64>>,
    pub connections: u64,
}

impl Shared {
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
    pub fn faults(&self) -> MutexGuard<'_, Engine> {
        lock(&self.faults)
    }
    pub fn counters(&self) -> MutexGuard<'_, Counters> {
        lock(&self.counters)
    }
}

/// State is changed by applying whole records, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
