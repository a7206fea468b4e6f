use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Period, Problem};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Worker {
    /// Operations one hearth works on at a time, for each cluster.
    pub operations: usize,
    /// How long another hearth waits before it takes over an operation or a cluster's polling
    /// from one that fell silent.
    pub lease: Period,
}

impl Default for Worker {
    fn default() -> Self {
        Self { operations: 64, lease: Period::seconds(30) }
    }
}

impl Worker {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.operations == 0 {
            problems.push(Problem::of("worker.operations", "must be at least 1"));
        }
        if self.lease.0.as_secs() < 3 {
            problems.push(Problem::of("worker.lease", "must be at least 3s"));
        }
    }
}
