//! What the gateway knows of one Lightbits cluster: intent (what the operator wants) and
//! observation (what the poller saw) are kept apart.

use serde::{Deserialize, Serialize};

use super::status::text_enum;
use super::{Bytes, ClusterId, ClusterName, LightosProject, Metadata, Timestamp};

text_enum! {
    /// What the operator wants; survives restarts, lives in the store and not in the file.
    Intent {
        Enabled = "enabled",
        /// No new placements (Cinder's disabled service).
        Cordoned = "cordoned",
        /// Cordoned, and volumes are to move away.
        Draining = "draining",
        /// No new placements, no deletes, no snapshot changes (Cinder's freeze).
        Frozen = "frozen",
        /// Touch nothing.
        Maintenance = "maintenance",
    }
}

/// What is asked of a cluster that already holds a volume. (Where new volumes go is placement's
/// business.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Delete a volume; create or delete a snapshot.
    Remodel,
    /// Extend, revert, let a host in or take it off.
    Use,
}

impl Intent {
    /// Whether the operator's intent forbids it (`federation` 2.3): for as long as a cluster is
    /// in maintenance nothing is done to it, a frozen one only keeps what it has.
    pub const fn forbids(self, deed: Deed) -> bool {
        match (self, deed) {
            (Self::Enabled | Self::Cordoned | Self::Draining, _) | (Self::Frozen, Deed::Use) => false,
            (Self::Frozen, Deed::Remodel) | (Self::Maintenance, _) => true,
        }
    }
}

text_enum! {
    /// What the poller observes, with hysteresis both ways (`fleet::health`).
    Observed {
        Unknown = "unknown",
        Reachable = "reachable",
        Suspect = "suspect",
        Unreachable = "unreachable",
        Recovering = "recovering",
    }
}

/// An operator's intent with its history entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentRecord {
    pub intent: Intent,
    pub reason: Option<String>,
    /// User id, or `cli`.
    pub by: String,
    pub at: Timestamp,
}

/// How a cluster's volumes are put into Lightbits projects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tenancy {
    /// All volumes in one project, unless the type's `lightos:project_name` names another.
    Fixed(LightosProject),
    /// One Lightbits project per Keystone project, created on demand.
    PerProject,
}

/// Limits and traits of a registration that placement looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacementTraits {
    pub labels: Metadata,
    pub availability_zone: String,
    /// Provisioned (size × replicas) may reach this multiple of the effective capacity, in
    /// thousandths: 20_000 is Cinder's default of 20.0.
    pub max_over_subscription_millis: u64,
    /// No new volume once physical use reaches this share of effective capacity, in percent.
    pub max_physical_used_percent: u8,
    /// Replicas of a volume whose type says nothing.
    pub default_replicas: u8,
    pub default_compression: bool,
    pub tenancy: Tenancy,
}

impl Default for PlacementTraits {
    fn default() -> Self {
        Self {
            labels: Metadata::new(),
            availability_zone: "nova".to_owned(),
            max_over_subscription_millis: 20_000,
            max_physical_used_percent: 85,
            default_replicas: 3,
            default_compression: false,
            tenancy: Tenancy::Fixed(LightosProject::new("default")),
        }
    }
}

/// Figures of one poll.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Σ size × replicas of the volumes the poll listed.
    pub provisioned: Bytes,
    /// The part of it that is ours (in the store).
    #[serde(default)]
    pub allocated: Bytes,
    /// `effectivePhysicalStorage`: the denominator of the ratio.
    pub effective: Bytes,
    /// `physicalUsedStorage`.
    pub physical_used: Bytes,
    /// `freePhysicalStorage`: bytes left before the cluster goes read-only.
    pub physical_free: Bytes,
    /// `currentMaxReplicas`: replicas possible for a new volume with the nodes now up.
    pub max_replicas: u8,
    /// Volumes the poll listed, ours and others'.
    pub volumes: u64,
}

/// Everything else the poller learnt, for people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// `MinVersionInCluster`.
    pub version: Option<String>,
    pub subsystem_nqn: Option<String>,
    pub nodes: u32,
    pub nodes_active: u32,
    /// `OK`, `Warning`, `Error`.
    pub health: Option<String>,
    /// Objects on the cluster that are not in the store. Reported, never touched.
    pub foreign_volumes: u64,
    /// Volumes that ought to be there and are not.
    #[serde(default)]
    pub missing_volumes: u64,
}

/// One cluster as placement and people see it: registration, intent, observation and the last
/// poll, all from the store, so that every replica decides on the same figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    pub id: ClusterId,
    pub name: ClusterName,
    pub traits: PlacementTraits,
    pub intent: IntentRecord,
    pub observed: Observed,
    /// Why it is not reachable, in words.
    pub observed_reason: Option<String>,
    pub observed_since: Timestamp,
    /// `None` until the first complete poll.
    pub capacity: Option<Capacity>,
    pub description: Description,
    /// When the last complete poll began.
    pub polled_at: Option<Timestamp>,
    /// Σ of the open reservations.
    pub reserved: Bytes,
}

impl Cluster {
    /// `hearth@<cluster>#<cluster>`, the `host` of Cinder.
    pub fn host(&self) -> String {
        host(&self.name)
    }
}

/// The `os-vol-host-attr:host` of a volume on the cluster of that name.
pub fn host(name: &ClusterName) -> String {
    format!("hearth@{name}#{name}")
}
