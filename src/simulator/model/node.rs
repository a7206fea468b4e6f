//! A storage node. Each sits alone in its server, and the server is its failure domain.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    Active,
    Activating,
    Inactive,
}

impl NodeState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Activating => "Activating",
            Self::Inactive => "Inactive",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub index: u16,
    pub uuid: Uuid,
    pub server_uuid: Uuid,
    pub server_name: String,
    pub state: NodeState,
    pub due: Option<Timestamp>,
    /// Set by hand; a full node is read-only without it.
    pub forced_read_only: bool,
    /// Bytes that nobody's volume takes: how a test fills a node.
    pub filler: u64,
    pub revision: u64,
}

impl Node {
    pub fn new(cluster: Uuid, index: u16) -> Self {
        Self {
            index,
            uuid: Uuid::new_v5(&cluster, format!("node{index}").as_bytes()),
            server_uuid: Uuid::new_v5(&cluster, format!("server{index}").as_bytes()),
            server_name: format!("server{index:02}"),
            state: NodeState::Active,
            due: None,
            forced_read_only: false,
            filler: 0,
            revision: 1,
        }
    }
    pub fn name(&self) -> String {
        format!("{}-0", self.server_name)
    }
}
