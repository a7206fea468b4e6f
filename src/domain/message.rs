//! User messages: why something asynchronous did not work, in words for the user.

use super::{MessageId, ProjectId, RequestId, Timestamp};

/// Days a message is kept (`[DEFAULT] message_ttl` of Cinder).
pub const RETENTION_DAYS: i64 = 30;

/// What was being done (the first half of Cinder's message text).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    ScheduleAllocateVolume,
    CreateVolume,
    DeleteVolume,
    ExtendVolume,
    CreateSnapshot,
    DeleteSnapshot,
    RevertVolume,
    RetypeVolume,
    CopyImageToVolume,
    CopyVolumeToImage,
    ReimageVolume,
    MigrateVolume,
    CreateBackup,
    DeleteBackup,
    RestoreBackup,
    CreateGroup,
    DeleteGroup,
    CreateGroupSnapshot,
    DeleteGroupSnapshot,
}

/// Why it failed (the second half). `Other` carries a sentence of our own, as for placement,
/// where the user is told cluster by cluster why there was no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    NoValidBackend,
    /// The same, and cluster by cluster why.
    NoBackendBecause(String),
    BackupServiceDown,
    BackupServiceMissing,
    /// The volume could not be opened for it.
    BackupDeviceFailed,
    BackupFailed,
    BackupNotDeleted,
    RestoreFailed,
    /// There is no image service to read from; Cinder has no number of its own for that.
    NoImageService,
    FailedToUploadVolume,
    NotEnoughSpaceForImage,
    SignatureVerificationFailed,
    /// A server was not told that its volume has been written over.
    ReimageNotTold,
    /// A server was not told that its volume has grown.
    ComputeNotTold,
    Unknown,
    Other(String),
}

impl Action {
    /// The number and text Cinder uses (`cinder/message/message_field.py`), where it has one.
    pub const fn code_and_text(self) -> (&'static str, &'static str) {
        match self {
            Self::ScheduleAllocateVolume => ("001", "schedule allocate volume"),
            Self::CopyVolumeToImage => ("003", "copy volume to image"),
            Self::CopyImageToVolume => ("005", "copy image to volume"),
            Self::ExtendVolume => ("007", "extend volume"),
            Self::CreateSnapshot => ("009", "create snapshot"),
            Self::DeleteSnapshot => ("010", "delete snapshot"),
            Self::CreateBackup => ("013", "create backup"),
            Self::DeleteBackup => ("014", "delete backup"),
            Self::RestoreBackup => ("015", "restore backup"),
            Self::ReimageVolume => ("016", "reimage volume"),
            Self::CreateVolume => ("019", "create volume"),
            Self::DeleteVolume => ("020", "delete volume"),
            Self::RevertVolume => ("022", "revert volume to snapshot"),
            Self::MigrateVolume => ("023", "migrate volume"),
            Self::RetypeVolume => ("024", "retype volume"),
            // Cinder has no messages about groups.
            Self::CreateGroup => ("901", "create group"),
            Self::DeleteGroup => ("902", "delete group"),
            Self::CreateGroupSnapshot => ("903", "create group snapshot"),
            Self::DeleteGroupSnapshot => ("904", "delete group snapshot"),
        }
    }
}

impl Reason {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoValidBackend | Self::NoBackendBecause(_) => "003",
            Self::FailedToUploadVolume => "004",
            Self::NotEnoughSpaceForImage => "007",
            Self::ComputeNotTold => "009",
            Self::SignatureVerificationFailed => "011",
            Self::BackupServiceDown => "018",
            Self::BackupDeviceFailed => "019",
            Self::BackupFailed => "020",
            Self::BackupNotDeleted => "025",
            Self::BackupServiceMissing => "024",
            Self::RestoreFailed => "026",
            Self::ReimageNotTold => "028",
            Self::NoImageService | Self::Unknown | Self::Other(_) => "001",
        }
    }
    pub fn text(&self) -> String {
        const NO_BACKEND: &str = "Could not find any available weighted backend.";
        match self {
            Self::NoValidBackend => NO_BACKEND.to_owned(),
            Self::NoBackendBecause(why) => format!("{NO_BACKEND} {why}"),
            Self::BackupServiceDown => "Backup service is down.".to_owned(),
            Self::BackupServiceMissing => {
                "Backup failed to schedule. Service not found for creating backup.".to_owned()
            }
            Self::BackupDeviceFailed => "Failed to get backup device from the volume service.".to_owned(),
            Self::BackupFailed => "Backup driver failed to create backup.".to_owned(),
            Self::BackupNotDeleted => "Backup driver failed to delete backup.".to_owned(),
            Self::RestoreFailed => "Backup driver failed to restore backup.".to_owned(),
            Self::NoImageService => "The image service is not available.".to_owned(),
            Self::FailedToUploadVolume => "Failed to upload volume to image at backend.".to_owned(),
            Self::NotEnoughSpaceForImage => {
                "Image used for creating volume exceeds available space.".to_owned()
            }
            Self::SignatureVerificationFailed => "Image signature verification failed.".to_owned(),
            Self::ReimageNotTold => "Compute service failed to reimage volume.".to_owned(),
            Self::ComputeNotTold => "Compute service failed to extend volume.".to_owned(),
            Self::Unknown => "An unknown error occurred.".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    Volume,
    Snapshot,
    Backup,
    Group,
    GroupSnapshot,
}

impl ResourceKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "VOLUME",
            Self::Snapshot => "VOLUME_SNAPSHOT",
            Self::Backup => "VOLUME_BACKUP",
            Self::Group => "VOLUME_GROUP",
            Self::GroupSnapshot => "VOLUME_GROUP_SNAPSHOT",
        }
    }
}

/// One stored message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: MessageId,
    pub project_id: ProjectId,
    pub request_id: RequestId,
    /// `VOLUME`, `VOLUME_SNAPSHOT` or `VOLUME_BACKUP`.
    pub resource_type: Option<String>,
    pub resource_uuid: Option<String>,
    /// `VOLUME_<resource type>_<action>_<detail>`.
    pub event_id: String,
    /// `ERROR`.
    pub level: String,
    /// The whole sentence, `<action>:<reason>`.
    pub text: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Message {
    /// `VOLUME_VOLUME_001_003` and the like.
    pub fn event_id(resource: ResourceKind, action: Action, reason: &Reason) -> String {
        format!("VOLUME_{}_{}_{}", resource.as_str(), action.code_and_text().0, reason.code())
    }
}
