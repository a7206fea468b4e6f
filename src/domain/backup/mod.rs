//! Backups: copies of a volume's data outside of its cluster.

mod record;

pub use record::{BackupRecord, RecordContents};

use super::status::BackupStatus;
use super::{BackupId, Gib, Metadata, ProjectId, SnapshotId, Timestamp, UserId, VolumeId};

/// The volume of a backup whose record was imported: nobody knows it here.
pub const IMPORTED_VOLUME: VolumeId = VolumeId::from_uuid(uuid::Uuid::nil());

/// One row of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Backup {
    pub id: BackupId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    pub volume_id: VolumeId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: BackupStatus,
    /// Why it is in error.
    pub fail_reason: Option<String>,
    /// Where in the backup service its data is, if the user said so.
    pub container: Option<String>,
    pub availability_zone: Option<String>,
    /// Who keeps the data. `None`: nothing was ever written for it.
    pub service: Option<String>,
    /// What the names of its objects begin with, where a record from elsewhere said so; see
    /// [`Backup::object_prefix`].
    pub service_metadata: Option<String>,
    /// Of the volume when the backup was asked for.
    pub size: Gib,
    pub object_count: u32,
    /// The snapshot that was backed up instead of the volume.
    pub snapshot_id: Option<SnapshotId>,
    /// The backup to which an incremental one is the difference.
    pub parent_id: Option<BackupId>,
    pub metadata: Metadata,
    /// As of when the data is: that of the backup itself, or of its snapshot.
    pub data_timestamp: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// Who keeps the data, as records of backups name it.
pub const SERVICE: &str = "cinder.backup.drivers.posix.PosixBackupDriver";

/// Whether a name is ours, as Cinder sees it: that of the class, or of the module that it is in.
pub fn is_our_service(name: &str) -> bool {
    SERVICE.starts_with(name)
}

/// As Cinder's posix driver names the objects; the time is that of the backup, so that a copy that
/// is begun again finds its own.
pub fn object_prefix(volume: VolumeId, created_at: Timestamp, id: BackupId) -> String {
    let at = chrono::DateTime::from_timestamp_micros(created_at.0).unwrap_or_default();
    format!("volume_{volume}_{}_backup_{id}", at.format("%Y%m%d%H%M%S"))
}

impl Backup {
    /// What the names of its objects begin with (Cinder's `service_metadata`).
    pub fn object_prefix(&self) -> String {
        let own = || object_prefix(self.volume_id, self.created_at, self.id);
        self.service_metadata.clone().unwrap_or_else(own)
    }
}

/// A backup with what only other rows know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BackupDetails {
    pub backup: Backup,
    /// Incremental backups that build upon it.
    pub dependents: u64,
}

/// What a user asks for when making a backup; syntactically sound, nothing looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewBackup {
    pub volume_id: String,
    pub snapshot_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub container: Option<String>,
    pub availability_zone: Option<String>,
    pub metadata: Metadata,
    pub extent: Extent,
    pub source: AttachedSource,
}

/// How much is copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    #[default]
    Full,
    /// Only what differs from the newest backup there is.
    Incremental,
}

/// Whether a volume in use may be backed up (`force`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AttachedSource {
    #[default]
    Refused,
    Allowed,
}

/// What `PUT /backups/{id}` changes; an absent field stays, `Some(None)` takes the text away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupChanges {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    /// Replaces all keys.
    pub metadata: Option<Metadata>,
}

/// What a backup is to be restored to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestoreTarget {
    /// `None`: a new volume.
    pub volume_id: Option<String>,
    /// Of the new volume.
    pub name: Option<String>,
}

/// What a restore tells the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    pub backup_id: BackupId,
    pub volume_id: VolumeId,
    pub volume_name: Option<String>,
}
