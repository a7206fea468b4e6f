//! A snapshot as the gateway knows it.

use super::status::SnapshotStatus;
use super::{
    BackendUuid, ClusterId, Gib, GroupSnapshotId, LightosProject, Metadata, ProjectId, SnapshotId, Timestamp,
    UserId, VolumeId, VolumeTypeId,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub volume_id: VolumeId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: SnapshotStatus,
    /// `"100%"` once it is there; Nova writes it for assisted snapshots.
    pub progress: Option<String>,
    /// Size of the volume when the snapshot was taken.
    pub volume_size: Gib,
    pub volume_type_id: Option<VolumeTypeId>,
    pub group_snapshot_id: Option<GroupSnapshotId>,
    pub consumes_quota: bool,
    pub metadata: Metadata,
    /// Inherited from the volume; a volume made from the snapshot inherits it again.
    pub image_metadata: Metadata,
    pub bootable: bool,
    /// A snapshot lives where its volume lives; recorded so that it outlives the volume's row.
    pub cluster_id: Option<ClusterId>,
    pub lightos_project: Option<LightosProject>,
    pub uuid: Option<BackendUuid>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// What a user asks for when taking a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSnapshot {
    /// Text: an id that is none is simply not found (404). `None` (JSON null) is not found either.
    pub volume_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub metadata: Metadata,
    /// Whether an attached volume may be read: `force` below 3.66, always from there on.
    pub source: SourceUse,
}

/// From which statuses the volume may be snapshotted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceUse {
    DetachedOnly,
    AlsoInUse,
}

/// What `PUT /snapshots/{id}` changes; an absent field stays, `Some(None)` takes the text away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotChanges {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
}
