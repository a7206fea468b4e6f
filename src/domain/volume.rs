//! A volume as the gateway knows it.

use serde::{Deserialize, Serialize};

use super::status::{AttachStatus, VolumeStatus};
use super::{
    BackendUuid, ClusterId, Gib, LightosProject, Metadata, ProjectId, SnapshotId, Timestamp, UserId,
    VolumeId, VolumeTypeId,
};

/// One row of the store. `version` grows with every change; a compare-and-swap names it or the
/// statuses it expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    pub id: VolumeId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: VolumeStatus,
    /// The status to return to after extend, retype, upload, …
    pub previous_status: Option<VolumeStatus>,
    pub attach_status: AttachStatus,
    /// `starting`, `migrating`, `completing`, `success`, `error`, `target:<id>`, …; see
    /// `status::migration_is_idle`.
    pub migration_status: Option<String>,
    pub size: Gib,
    pub volume_type_id: Option<VolumeTypeId>,
    pub availability_zone: Option<String>,
    /// Where the data came from; stays after the source is gone.
    pub snapshot_id: Option<SnapshotId>,
    pub source_volid: Option<VolumeId>,
    pub bootable: bool,
    pub multiattach: bool,
    pub consumes_quota: bool,
    pub group_id: Option<uuid::Uuid>,
    /// The user's keys.
    pub metadata: Metadata,
    /// Keys the gateway adds: `readonly`, `attached_mode`.
    pub admin_metadata: Metadata,
    /// Glance properties of the image the data came from.
    pub image_metadata: Metadata,
    pub location: Option<Location>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// Where a volume lives. Recorded when it is placed, never derived again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub cluster_id: ClusterId,
    pub project: LightosProject,
    /// Copies the cluster keeps, 1–3; a volume takes `size × replicas` of effective capacity.
    pub replicas: u8,
    /// Known once the cluster has answered the create.
    pub uuid: Option<BackendUuid>,
    /// The id the backend name is made from when it is not the volume's own (after a migration).
    pub name_id: Option<VolumeId>,
}

impl Volume {
    /// The object's name on its cluster.
    pub fn backend_name(&self) -> String {
        let id = self.location.as_ref().and_then(|l| l.name_id).unwrap_or(self.id);
        volume_name(id)
    }
}

/// `volume-<uuid>`, the name stock Cinder gives with its default template, so that an existing
/// deployment can be taken over.
pub fn volume_name(id: VolumeId) -> String {
    format!("volume-{id}")
}

/// `snapshot-<uuid>`.
pub fn snapshot_name(id: SnapshotId) -> String {
    format!("snapshot-{id}")
}

/// `for_clone_<uuid of the new volume>`: the intermediate snapshot of a volume-to-volume clone.
pub fn clone_snapshot_name(id: VolumeId) -> String {
    format!("for_clone_{id}")
}
