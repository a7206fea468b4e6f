//! Volumes and snapshots as a cluster shows them.

use std::fmt;

use uuid::Uuid;

use crate::domain::{BackendUuid, Bytes, LightosProject, Metadata, Timestamp};

use super::wire::wire_enum;

wire_enum! {
    VolumeState {
        Creating = 1 "Creating",
        Available = 2 "Available" | "Created",
        Deleting = 3 "Deleting",
        Deleted = 4 "Deleted",
        /// The cluster gave up. It can neither be used nor deleted, and does not block its name.
        Failed = 7 "Failed",
        Updating = 8 "Updating",
        Rollback = 9 "Rollback",
        /// Being moved between nodes; as good as `Available`.
        Migrating = 10 "Migrating",
    }
}

impl VolumeState {
    /// Created, and nothing under way that refuses other changes.
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Available | Self::Migrating)
    }
    /// On its way out, or already gone.
    pub const fn is_leaving(self) -> bool {
        matches!(self, Self::Deleting | Self::Deleted)
    }
}

wire_enum! {
    Protection {
        FullyProtected = 1 "FullyProtected",
        Degraded = 2 "Degraded",
        ReadOnly = 3 "ReadOnly",
        NotAvailable = 4 "NotAvailable",
    }
}

/// Opaque; changes with every accepted update. Snapshots have none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(pub String);

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who may connect: host NQNs, or (as `IPAcl`) host addresses, at most 16 of the latter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acl {
    Any,
    Nobody,
    Only(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Also the NVMe namespace UUID that hosts see.
    pub uuid: BackendUuid,
    pub name: String,
    pub project: Option<LightosProject>,
    pub size: Bytes,
    pub state: VolumeState,
    /// `Unknown` while it is being created.
    pub protection: Protection,
    pub replicas: u8,
    pub acl: Acl,
    pub ip_acl: Acl,
    pub compression: bool,
    /// 0 until it is created.
    pub nsid: u32,
    pub sector_size: u32,
    pub etag: Option<ETag>,
    /// The snapshot it was cloned from; stays set.
    pub source_snapshot_uuid: Option<BackendUuid>,
    pub source_snapshot_name: Option<String>,
    pub qos_policy_uuid: Option<Uuid>,
    pub qos_policy_name: Option<String>,
    pub labels: Metadata,
    pub node_uuids: Vec<Uuid>,
    pub primary_node_uuid: Option<Uuid>,
    pub connected_hosts: Vec<String>,
    /// Percent, while a replica is being rebuilt.
    pub rebuild_progress: Option<String>,
    pub statistics: ObjectStatistics,
    pub created_at: Option<Timestamp>,
}

/// Space taken by a volume or snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectStatistics {
    pub logical_used: Bytes,
    pub physical_used: Bytes,
    pub physical_capacity: Bytes,
    /// Comes free when it is deleted.
    pub physical_owned: Bytes,
    pub user_written: Bytes,
    pub compression_ratio: Option<f64>,
}

wire_enum! {
    SnapshotState {
        Creating = 1 "Creating",
        Available = 2 "Available" | "Created",
        /// Stays so while a clone depends on it, and keeps its name taken.
        Deleting = 3 "Deleting",
        Deleted = 4 "Deleted",
        Failed = 7 "Failed",
    }
}

impl SnapshotState {
    pub const fn is_leaving(self) -> bool {
        matches!(self, Self::Deleting | Self::Deleted)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub uuid: BackendUuid,
    pub name: String,
    pub project: Option<LightosProject>,
    pub size: Bytes,
    pub state: SnapshotState,
    pub description: Option<String>,
    pub source_volume_uuid: Option<BackendUuid>,
    pub source_volume_name: Option<String>,
    pub replicas: u8,
    pub compression: bool,
    pub labels: Metadata,
    pub statistics: ObjectStatistics,
    pub created_at: Option<Timestamp>,
}

/// One page of what differs between two snapshots of a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedBlocks {
    pub ranges: Vec<LbaRange>,
    /// Where to go on; `None` when this was the last page.
    pub next_offset_lba: Option<u64>,
}

/// A run of blocks with one bit for each that says whether it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LbaRange {
    pub start: u64,
    pub end: u64,
    pub bitmap: Vec<u8>,
}
