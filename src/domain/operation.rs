//! Durable operations: what has to be done to a cluster, step by step.
//!
//! A use case inserts the resource's row and its operation in one transaction, before the 202
//! (design, invariant 1). The worker walks the steps; each is persisted before the next, so that
//! any process killed anywhere is continued by another (invariant 4).

mod steps;

use serde::{Deserialize, Serialize};

pub use steps::{
    AdoptVolume, CreateSnapshot, CreateVolume, DeleteSnapshot, DeleteVolume, ExtendVolume, MigrateVolume,
    Moving, RetypeVolume, RevertVolume,
};

use super::attachment::Connector;
use super::manageable::{Objects, Reference};
use super::quota::Allowance;
use super::status::{VolumeStatus, text_enum};
use super::{
    AttachmentId, BackupId, ClusterId, Gib, GroupId, GroupSnapshotId, ImageId, OperationId, ProjectId,
    QosSpecsId, RequestId, SnapshotId, Timestamp, UserId, VolumeId, VolumeTypeId,
};

text_enum! {
    /// Which of a cluster's two queues a call waits in.
    Lane { User = "user", Background = "background" }
}

text_enum! {
    OperationStatus {
        /// To be done, or being done by whoever holds the lease.
        Open = "open",
        /// Cannot go on without a person; the reason is in `note`.
        NeedsOperator = "needs-operator",
    }
}

/// What to do, and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Work {
    CreateVolume {
        volume: VolumeId,
        source: Source,
        hints: Hints,
        step: CreateVolume,
    },
    DeleteVolume {
        volume: VolumeId,
        cascade: bool,
        step: DeleteVolume,
    },
    ExtendVolume {
        volume: VolumeId,
        new_size: Gib,
        previous: VolumeStatus,
        step: ExtendVolume,
    },
    RevertVolume {
        volume: VolumeId,
        snapshot: SnapshotId,
        previous: VolumeStatus,
        step: RevertVolume,
    },
    /// Copies an image over a volume that is there.
    ReimageVolume {
        volume: VolumeId,
        image: ImageId,
        previous: VolumeStatus,
    },
    /// Makes a volume the data of an image. Until Glance has made that, there is none: if the
    /// request that asks for it dies, the volume is only given free again.
    UploadVolume {
        volume: VolumeId,
        image: Option<ImageId>,
        previous: VolumeStatus,
    },
    /// Moves a volume to another cluster.
    MigrateVolume {
        volume: VolumeId,
        target: ClusterId,
        step: MigrateVolume,
    },
    /// Gives a volume the place of the one that its data was copied to.
    CompleteMigration {
        volume: VolumeId,
        copy: VolumeId,
        copied: CopyOutcome,
    },
    RetypeVolume {
        volume: VolumeId,
        new_type: VolumeTypeId,
        previous: VolumeStatus,
        policy: MigrationPolicy,
        step: RetypeVolume,
    },
    CreateSnapshot {
        snapshot: SnapshotId,
        step: CreateSnapshot,
    },
    DeleteSnapshot {
        snapshot: SnapshotId,
        step: DeleteSnapshot,
    },
    /// Copies a volume (or a snapshot of it) out of its cluster. The volume goes back to
    /// `previous`, whatever becomes of the backup.
    CreateBackup {
        backup: BackupId,
        volume: VolumeId,
        snapshot: Option<SnapshotId>,
        previous: VolumeStatus,
    },
    /// Copies a backup over a volume.
    RestoreBackup {
        backup: BackupId,
        volume: VolumeId,
    },
    /// Waits for the volume that is made for it, and then begins to copy the backup into it.
    RestoreToNew {
        backup: BackupId,
        volume: VolumeId,
    },
    DeleteBackup {
        backup: BackupId,
    },
    /// Finds the data of a record that came from elsewhere.
    ImportBackup {
        backup: BackupId,
        service: String,
        /// As JSON.
        #[serde(default)]
        record: Option<String>,
    },
    /// Chooses the cluster of a new group.
    CreateGroup {
        group: GroupId,
    },
    /// Those of groups and group snapshots wait for what the operations of the members come to,
    /// so they have no steps.
    CopyGroup {
        group: GroupId,
    },
    DeleteGroup {
        group: GroupId,
    },
    CreateGroupSnapshot {
        snapshot: GroupSnapshotId,
    },
    DeleteGroupSnapshot {
        snapshot: GroupSnapshotId,
    },
    /// Lets a host in, for an attachment or (old style) for whoever waits for the answer.
    /// Idempotent, so it has no steps.
    Connect {
        volume: VolumeId,
        attachment: Option<AttachmentId>,
        connector: Connector,
    },
    /// Takes the host of a connector off the volume again, unless another attachment needs it.
    Disconnect {
        volume: VolumeId,
        attachment: Option<AttachmentId>,
        connector: Connector,
    },
    /// Takes a volume that is on a cluster already; which cluster, the operation's row says.
    AdoptVolume {
        volume: VolumeId,
        reference: Reference,
        allowance: Allowance,
        step: AdoptVolume,
    },
    /// The same for a snapshot of one of our volumes. Nothing is changed on the cluster, so it
    /// has no steps.
    AdoptSnapshot {
        snapshot: SnapshotId,
        reference: Reference,
    },
    /// Forgets a volume once nothing is under way on it; on the cluster it stays as it is.
    ReleaseVolume {
        volume: VolumeId,
    },
    ReleaseSnapshot {
        snapshot: SnapshotId,
    },
    /// Lists what is on a cluster, for whoever waits for the answer.
    ListRemote {
        cluster: ClusterId,
        objects: Objects,
    },
    /// Makes the labels on the cluster say again whose the volume is. Idempotent, so it has no
    /// steps.
    Relabel {
        volume: VolumeId,
    },
    /// Tells the servers that have a volume that it has grown, or is another. The volume is not kept waiting for
    /// it: the operation's resource is the first of the servers.
    NotifyCompute {
        volume: VolumeId,
        servers: Vec<String>,
        #[serde(default)]
        event: ServerEvent,
    },
    /// Brings clusters and volumes to what QoS specs say now. Idempotent, so it has no steps.
    ApplyQos {
        specs: QosSpecsId,
    },
}

/// Where a new volume's data comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Blank,
    Snapshot(SnapshotId),
    Volume(VolumeId),
    /// Copied in from the image service, once the volume is there.
    Image(ImageId),
    /// Copied in from the backup's service, once the volume is there.
    Backup(BackupId),
}

impl Source {
    /// Its data is on a cluster already, and a copy has to stay there.
    pub const fn is_on_a_cluster(&self) -> bool {
        match self {
            Self::Snapshot(_) | Self::Volume(_) => true,
            Self::Blank | Self::Image(_) | Self::Backup(_) => false,
        }
    }
}

/// `OS-SCH-HNT:scheduler_hints`, as far as placement knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    #[serde(default)]
    pub same_host: Vec<VolumeId>,
    #[serde(default)]
    pub different_host: Vec<VolumeId>,
    /// Nowhere but there: of a volume that another is moved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<ClusterId>,
}

text_enum! {
    /// Whether a retype may move the volume to another place.
    MigrationPolicy { Never = "never", OnDemand = "on-demand" }
}

/// What servers are told of their volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerEvent {
    /// It has grown.
    #[default]
    Extended,
    /// Something else is on it.
    Reimaged,
}

text_enum! {
    /// What became of a copy that somebody else has made.
    CopyOutcome { Copied = "copied", Failed = "failed" }
}

/// One row of the operations table.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub id: OperationId,
    pub work: Work,
    pub status: OperationStatus,
    pub lane: Lane,
    /// The volume (or snapshot) it belongs to. A delete may stand beside others and waits for them.
    pub resource_id: String,
    /// The cluster it is bound to, once known.
    pub cluster_id: Option<ClusterId>,
    /// Of the request that started it.
    pub request_id: RequestId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    /// Consecutive runs of the present step that did not finish it.
    pub attempt: u32,
    /// Not to be run before.
    pub not_before: Timestamp,
    /// Last trouble, for the operator.
    pub note: Option<String>,
    pub created_at: Timestamp,
}

/// Kind of the operations that count as use of their new type already.
pub const RETYPE: &str = "retype-volume";

impl Work {
    /// Name for logs, metrics and the fleet API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreateVolume { .. } => "create-volume",
            Self::DeleteVolume { .. } => "delete-volume",
            Self::ExtendVolume { .. } => "extend-volume",
            Self::RevertVolume { .. } => "revert-volume",
            Self::ReimageVolume { .. } => "reimage-volume",
            Self::UploadVolume { .. } => "upload-volume",
            Self::MigrateVolume { .. } => "migrate-volume",
            Self::CompleteMigration { .. } => "complete-migration",
            Self::RetypeVolume { .. } => RETYPE,
            Self::CreateSnapshot { .. } => "create-snapshot",
            Self::DeleteSnapshot { .. } => "delete-snapshot",
            Self::CreateBackup { .. } => "create-backup",
            Self::RestoreBackup { .. } => "restore-backup",
            Self::RestoreToNew { .. } => "restore-to-new",
            Self::DeleteBackup { .. } => "delete-backup",
            Self::ImportBackup { .. } => "import-backup",
            Self::CreateGroup { .. } => "create-group",
            Self::CopyGroup { .. } => "copy-group",
            Self::DeleteGroup { .. } => "delete-group",
            Self::CreateGroupSnapshot { .. } => "create-group-snapshot",
            Self::DeleteGroupSnapshot { .. } => "delete-group-snapshot",
            Self::Connect { .. } => "connect",
            Self::Disconnect { .. } => "disconnect",
            Self::AdoptVolume { .. } => "adopt-volume",
            Self::AdoptSnapshot { .. } => "adopt-snapshot",
            Self::ReleaseVolume { .. } => "release-volume",
            Self::ReleaseSnapshot { .. } => "release-snapshot",
            Self::ListRemote { .. } => "list-remote",
            Self::Relabel { .. } => "relabel",
            Self::NotifyCompute { .. } => "notify-compute",
            Self::ApplyQos { .. } => "apply-qos",
        }
    }

    /// Whether it ends with its resource gone: then it waits for all that is under way there.
    pub const fn ends_its_resource(&self) -> bool {
        matches!(
            self,
            Self::DeleteVolume { .. }
                | Self::DeleteSnapshot { .. }
                | Self::ReleaseVolume { .. }
                | Self::ReleaseSnapshot { .. }
        )
    }

    /// Whether it moves its volume, and copies what is in it.
    pub const fn moves_its_volume(&self) -> bool {
        use Moving as M;
        let step = match self {
            Self::MigrateVolume { step: MigrateVolume::Begin, .. } => return true,
            Self::MigrateVolume { step: MigrateVolume::Move { step }, .. }
            | Self::RetypeVolume { step: RetypeVolume::Move { step }, .. } => step,
            _ => return false,
        };
        matches!(step, M::AwaitCopy { .. } | M::Copy { .. } | M::Arrive { .. })
    }

    /// The resource whose turn it takes.
    pub fn resource_id(&self) -> String {
        match self {
            Self::CreateVolume { volume, .. }
            | Self::DeleteVolume { volume, .. }
            | Self::ExtendVolume { volume, .. }
            | Self::RevertVolume { volume, .. }
            | Self::ReimageVolume { volume, .. }
            | Self::UploadVolume { volume, .. }
            | Self::MigrateVolume { volume, .. }
            | Self::CreateBackup { volume, .. }
            | Self::RestoreBackup { volume, .. }
            | Self::RestoreToNew { volume, .. }
            | Self::CompleteMigration { volume, .. }
            | Self::RetypeVolume { volume, .. }
            | Self::Connect { volume, .. }
            | Self::Disconnect { volume, .. }
            | Self::AdoptVolume { volume, .. }
            | Self::ReleaseVolume { volume }
            | Self::Relabel { volume } => volume.to_string(),
            Self::DeleteBackup { backup } | Self::ImportBackup { backup, .. } => backup.to_string(),
            Self::ApplyQos { specs } => specs.to_string(),
            Self::NotifyCompute { servers, .. } => servers.first().cloned().unwrap_or_default(),
            Self::CreateGroup { group } | Self::CopyGroup { group } | Self::DeleteGroup { group } => {
                group.to_string()
            }
            Self::CreateGroupSnapshot { snapshot } | Self::DeleteGroupSnapshot { snapshot } => {
                snapshot.to_string()
            }
            Self::ListRemote { cluster, .. } => cluster.to_string(),
            Self::CreateSnapshot { snapshot, .. }
            | Self::DeleteSnapshot { snapshot, .. }
            | Self::AdoptSnapshot { snapshot, .. }
            | Self::ReleaseSnapshot { snapshot } => snapshot.to_string(),
        }
    }
}
