//! Groups of volumes and their snapshots.
//!
//! A group exists in the gateway only. What makes it one is that all its volumes are on one
//! cluster, chosen when the group is made, and that they are snapshotted, copied and deleted
//! together. Lightbits has no call that snapshots several volumes at one moment: the snapshots of
//! a group are taken side by side, each consistent in itself.

use serde::{Deserialize, Serialize};

use super::status::text_enum;
use super::{
    ClusterId, ClusterName, GroupId, GroupSnapshotId, GroupTypeId, ProjectId, Timestamp, UserId, VolumeTypeId,
};

text_enum! {
    GroupStatus {
        Creating = "creating",
        Available = "available",
        Updating = "updating",
        InUse = "in-use",
        Deleting = "deleting",
        Deleted = "deleted",
        Error = "error",
        ErrorDeleting = "error_deleting",
    }
}

text_enum! {
    GroupSnapshotStatus {
        Creating = "creating",
        Available = "available",
        Updating = "updating",
        Deleting = "deleting",
        Deleted = "deleted",
        Error = "error",
        ErrorDeleting = "error_deleting",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub id: GroupId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: GroupStatus,
    pub group_type_id: GroupTypeId,
    /// The types its volumes may have, in the order asked for.
    pub volume_types: Vec<VolumeTypeId>,
    pub availability_zone: Option<String>,
    /// Where it came from, if from a source.
    pub group_snapshot_id: Option<GroupSnapshotId>,
    pub source_group_id: Option<GroupId>,
    /// The cluster all its volumes are on; `None` until chosen.
    pub cluster_id: Option<ClusterId>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// A group with what only other rows know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDetails {
    pub group: Group,
    /// Of the type the consistency group API owns.
    pub legacy: bool,
    pub cluster: Option<ClusterName>,
}

/// What a user asks for when making a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewGroup {
    pub name: Option<String>,
    pub description: Option<String>,
    /// Id or name.
    pub group_type: String,
    /// Ids or names.
    pub volume_types: Vec<String>,
    pub availability_zone: Option<String>,
}

/// What a group is copied from; ids as text, since one that is none is not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSource {
    Snapshot(String),
    Group(String),
}

/// What `PUT /groups/{id}` changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    pub add: Vec<String>,
    pub remove: Vec<String>,
}

/// What the `delete` action does with the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// There must be none.
    None,
    DeletedToo,
}

/// Which of the two APIs asks: groups of the legacy type are operated by one, the others by both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupApi {
    Groups,
    ConsistencyGroups,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GroupSnapshot {
    pub id: GroupSnapshotId,
    pub group_id: GroupId,
    pub group_type_id: GroupTypeId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: GroupSnapshotStatus,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// A group snapshot with what only other rows know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSnapshotDetails {
    pub snapshot: GroupSnapshot,
    pub legacy: bool,
}
