//! A snapshot: a frozen layer of its volume and the volume's properties of that moment.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::volume::Label;
use crate::domain::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapshotState {
    Creating,
    Available,
    Deleting,
    Failed,
}

impl SnapshotState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Available => "Available",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub uuid: Uuid,
    pub name: String,
    pub project: String,
    pub state: SnapshotState,
    /// When the present state ends by itself. A `Deleting` snapshot without it waits for the last
    /// clone to go.
    pub due: Option<Timestamp>,
    /// The creation was accepted and will fail.
    pub doomed: bool,
    pub description: String,
    pub retention_seconds: Option<u64>,
    pub source_uuid: Uuid,
    pub source_name: String,
    /// Bytes.
    pub size: u64,
    pub replicas: u8,
    pub nodes: Vec<Uuid>,
    pub nsid: u32,
    pub acl: Vec<String>,
    pub ip_acl: Vec<String>,
    pub compression: bool,
    pub sector_size: u32,
    pub labels: Vec<Label>,
    pub created: Timestamp,
    pub layer: Option<Uuid>,
}
