//! What is on the clusters and not ours: lists of it, and taking it in.

mod list;
mod snapshot;
mod volume;

use crate::domain::cluster::{Cluster, Intent, Observed};
use crate::domain::{Error, Result};

/// Cinder's sentence about a service that is disabled or down.
fn check_service(cluster: &Cluster) -> Result<()> {
    let up = matches!(cluster.observed, Observed::Reachable | Observed::Suspect);
    if up && cluster.intent.intent == Intent::Enabled {
        return Ok(());
    }
    Err(Error::invalid("Service is unavailable at this time."))
}
