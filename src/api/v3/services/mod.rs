//! How a fleet of clusters looks to an administrator of Cinder: services, pools, capabilities,
//! hosts and availability zones.

pub mod capabilities;
pub mod hosts;
pub mod list;
pub mod logs;
pub mod pools;
pub mod switch;
pub mod zones;

use crate::domain::cluster::{Cluster, Intent, Observed};

/// The host of what is ours and no cluster.
pub const OWN_HOST: &str = "hearth";
pub const VOLUME_BINARY: &str = "cinder-volume";
pub const BACKUP_BINARY: &str = "cinder-backup";
pub const SCHEDULER_BINARY: &str = "cinder-scheduler";

/// `hearth@<cluster>`, the host of the service (without the pool).
pub fn service_host(cluster: &Cluster) -> String {
    format!("hearth@{}", cluster.name)
}

/// Whether the service takes new volumes.
pub const fn status(cluster: &Cluster) -> &'static str {
    match cluster.intent.intent {
        Intent::Enabled => "enabled",
        Intent::Cordoned | Intent::Draining | Intent::Frozen | Intent::Maintenance => "disabled",
    }
}

/// A suspect cluster is given the benefit of the doubt, as placement gives it.
pub const fn state(cluster: &Cluster) -> &'static str {
    match cluster.observed {
        Observed::Reachable | Observed::Suspect => "up",
        Observed::Unknown | Observed::Unreachable | Observed::Recovering => "down",
    }
}

/// Why it takes no new volumes; the operator's words, else what the intent says.
pub fn disabled_reason(cluster: &Cluster) -> Option<&str> {
    match cluster.intent.intent {
        Intent::Enabled => None,
        // A plain disable may come without a reason, and then shows none.
        Intent::Cordoned => cluster.intent.reason.as_deref(),
        other => cluster.intent.reason.as_deref().or(Some(other.as_str())),
    }
}
