//! The last known state of every cluster, in memory for those who must not ask the database
//! each time, and as metrics. The truth is in the store; decisions are made there.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::cluster::{Cluster, Observed};
use crate::domain::{ClusterId, Result};
use crate::store::Store;
use crate::telemetry::metrics as names;

/// Cheap to clone; all clones see the same.
#[derive(Debug, Clone, Default)]
pub struct Inventory(Arc<ArcSwap<Vec<Cluster>>>);

impl Inventory {
    /// The registered clusters, by name, as of the last look (a second or so ago).
    pub fn current(&self) -> Arc<Vec<Cluster>> {
        self.0.load_full()
    }

    pub fn find(&self, id: ClusterId) -> Option<Cluster> {
        self.0.load().iter().find(|cluster| cluster.id == id).cloned()
    }

    /// # Errors
    /// Those of the database; what was known stays.
    pub async fn refresh(&self, store: &Store) -> Result<()> {
        let clusters = store.read().await?.clusters().await?;
        clusters.iter().for_each(publish);
        self.0.store(Arc::new(clusters));
        Ok(())
    }
}

fn publish(cluster: &Cluster) {
    let name = cluster.name.to_string();
    for state in Observed::ALL {
        let present = if *state == cluster.observed { 1.0 } else { 0.0 };
        metrics::gauge!(names::CLUSTER_STATE, "cluster" => name.clone(), "state" => state.as_str())
            .set(present);
    }
    let Some(capacity) = &cluster.capacity else { return };
    for (metric, bytes) in [
        (names::CLUSTER_EFFECTIVE_BYTES, capacity.effective),
        (names::CLUSTER_PROVISIONED_BYTES, capacity.provisioned),
        (names::CLUSTER_USED_BYTES, capacity.physical_used),
        (names::CLUSTER_RESERVED_BYTES, cluster.reserved),
    ] {
        metrics::gauge!(metric, "cluster" => name.clone()).set(bytes.0 as f64);
    }
    let foreign = cluster.description.foreign_volumes as f64;
    metrics::gauge!(names::CLUSTER_FOREIGN_VOLUMES, "cluster" => name).set(foreign);
}
