//! A volume, its states and what is about to happen to it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeState {
    Creating,
    Available,
    Deleting,
    Failed,
    Updating,
    Rollback,
    Migrating,
}

impl VolumeState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Available => "Available",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
            Self::Updating => "Updating",
            Self::Rollback => "Rollback",
            Self::Migrating => "Migrating",
        }
    }
    /// Neither on its way out nor a husk: it holds its name.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Deleting | Self::Failed)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub key: String,
    pub value: String,
}

/// One placement restriction: the volume goes where the key has this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affinity {
    pub key: String,
    pub value: String,
}

/// The snapshot that a clone came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub uuid: Uuid,
    pub name: String,
}

/// What an accepted update will have changed once it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub size: Option<u64>,
    pub acl: Option<Vec<String>>,
    pub ip_acl: Option<Vec<String>>,
    pub compression: Option<bool>,
    pub policy: Option<Uuid>,
    pub labels: Option<Vec<Label>>,
}

/// How the transient state that the volume is in will end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pending {
    Place,
    /// The creation was accepted and will fail: that is how the cluster reports a lack of nodes.
    Fail,
    Change(Change),
    /// Back to the snapshot of this UUID.
    Rollback(Uuid),
    Vanish,
    Settle,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    pub uuid: Uuid,
    pub name: String,
    pub project: String,
    pub state: VolumeState,
    /// When the present state ends by itself, and how.
    pub due: Option<Timestamp>,
    pub pending: Option<Pending>,
    /// Bytes.
    pub size: u64,
    pub replicas: u8,
    pub acl: Vec<String>,
    pub ip_acl: Vec<String>,
    pub compression: bool,
    pub sector_size: u32,
    /// The nodes that hold a replica; empty until placed.
    pub nodes: Vec<Uuid>,
    pub nsid: u32,
    /// Counts accepted changes; the ETag is made from it.
    pub revision: u64,
    pub source: Option<Source>,
    pub affinities: Vec<Affinity>,
    pub policy: Uuid,
    pub labels: Vec<Label>,
    pub created: Timestamp,
    /// The open layer that takes writes; none until placed.
    pub layer: Option<Uuid>,
}

impl Volume {
    /// Opaque to clients. It carries a piece of the UUID so that the tag of another volume never
    /// matches by accident.
    pub fn etag(&self) -> String {
        format!("{:08x}-{}", self.uuid.as_fields().0, self.revision)
    }
    /// What it takes from the provisioned figure, each replica counted. A husk takes nothing.
    pub const fn provisioned(&self) -> u64 {
        match self.state {
            VolumeState::Failed => 0,
            _ => self.size.saturating_mul(self.replicas as u64),
        }
    }
}
