//! The one way in which state changes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Credential, Layer, Ledger, LedgerKey, Node, Policy, Project, Snapshot, Volume};
use crate::domain::Timestamp;

/// Who the cluster is; made once, at its first start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub uuid: Uuid,
    pub created: Timestamp,
    /// The port that was free at the first start without a fixed one.
    pub port: u16,
    /// The same for the data ports.
    #[serde(default)]
    pub data_port: u16,
}

impl Identity {
    pub fn subsystem_nqn(&self) -> String {
        format!("nqn.2016-01.com.lightbitslabs:uuid:{}", self.uuid)
    }
}

/// Each variant sets one object to what it says, so applying it twice is applying it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    Identity(Identity),
    Volume(Box<Volume>),
    VolumeGone(Uuid),
    Snapshot(Box<Snapshot>),
    SnapshotGone(Uuid),
    Layer(Box<Layer>),
    /// Blocks `from..to` of a layer were written.
    Written {
        layer: Uuid,
        from: u64,
        to: u64,
    },
    /// Blocks `from..to` of a layer that stands on nothing were given back.
    Erased {
        layer: Uuid,
        from: u64,
        to: u64,
    },
    LayerGone(Uuid),
    Node(Node),
    Project(Project),
    ProjectGone(String),
    Credential(Credential),
    CredentialGone {
        project: String,
        id: String,
    },
    Policy(Policy),
    PolicyGone(Uuid),
    Flag {
        name: String,
        enabled: bool,
    },
    Setting {
        name: String,
        value: String,
    },
    Ledger(LedgerKey, Ledger),
}
