//! Every status a resource can have, and which move is allowed from where.
//!
//! Source of the tables: Cinder 29 as measured (`cinder-behaviours` §5). A status is only ever
//! written by compare-and-swap against one of these tables (design, invariant 10).

use serde::{Deserialize, Serialize};

/// An enum whose variants have one spelling, in the API and in the store.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// Status of a volume.
    VolumeStatus {
        Creating = "creating",
        Downloading = "downloading",
        Available = "available",
        Reserved = "reserved",
        Attaching = "attaching",
        InUse = "in-use",
        Detaching = "detaching",
        Extending = "extending",
        Retyping = "retyping",
        Uploading = "uploading",
        BackingUp = "backing-up",
        RestoringBackup = "restoring-backup",
        Reverting = "reverting",
        AwaitingTransfer = "awaiting-transfer",
        Maintenance = "maintenance",
        Managing = "managing",
        Unmanaging = "unmanaging",
        Deleting = "deleting",
        Error = "error",
        ErrorDeleting = "error_deleting",
        ErrorExtending = "error_extending",
        ErrorManaging = "error_managing",
        ErrorManagingDeleting = "error_managing_deleting",
        ErrorRestoring = "error_restoring",
        ErrorBackingUp = "error_backing-up",
    }
}

text_enum! {
    /// How far a volume is attached, apart from its status.
    AttachStatus {
        Detached = "detached",
        Attached = "attached",
        Attaching = "attaching",
        Detaching = "detaching",
        Reserved = "reserved",
        ErrorAttaching = "error_attaching",
        ErrorDetaching = "error_detaching",
    }
}

text_enum! {
    SnapshotStatus {
        Creating = "creating",
        Available = "available",
        Deleting = "deleting",
        Error = "error",
        ErrorDeleting = "error_deleting",
        BackingUp = "backing-up",
        Restoring = "restoring",
        Unmanaging = "unmanaging",
        Updating = "updating",
    }
}

text_enum! {
    BackupStatus {
        Creating = "creating",
        Available = "available",
        Restoring = "restoring",
        Deleting = "deleting",
        Error = "error",
        ErrorDeleting = "error_deleting",
    }
}

/// A user-visible event that changes the status of a volume at once, in the API request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeEvent {
    Delete,
    /// Any status goes; the other conditions still hold.
    ForceDelete,
    ExtendDetached,
    /// Microversion 3.42 and later.
    ExtendOnline,
    Revert,
    /// Source of a clone, or of a snapshot taken with `force` (or at 3.66 and later).
    ReadData,
    /// Source of a snapshot without `force`, below 3.66.
    SnapshotDetached,
    SetReadonly,
    Retype,
    Reserve,
    BeginDetaching,
    Unmanage,
    Upload,
    /// With `force`, where that counts.
    UploadForced,
    Reimage,
    /// With `reimage_reserved`.
    ReimageReserved,
    Migrate,
    Transfer,
}

impl VolumeEvent {
    /// The statuses from which the event may happen.
    pub const fn allowed_from(self) -> &'static [VolumeStatus] {
        use VolumeStatus as S;
        match self {
            Self::Delete | Self::Unmanage => {
                &[S::Available, S::Error, S::ErrorRestoring, S::ErrorExtending, S::ErrorManaging]
            }
            Self::ForceDelete => S::ALL,
            Self::ExtendDetached
            | Self::Revert
            | Self::SnapshotDetached
            | Self::SetReadonly
            | Self::Reserve
            | Self::Upload
            | Self::Transfer => &[S::Available],
            Self::Reimage => &[S::Available, S::Error],
            Self::ReimageReserved => &[S::Available, S::Error, S::Reserved],
            Self::ExtendOnline | Self::ReadData | Self::UploadForced | Self::Retype | Self::Migrate => {
                &[S::Available, S::InUse]
            }
            Self::BeginDetaching => &[S::InUse],
        }
    }
}

impl VolumeStatus {
    /// What `os-reset_status` accepts (§5.1); `deleting` is refused there for its own reason.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Reverting | Self::Unmanaging | Self::ErrorManagingDeleting)
    }

    /// What the API shows: a volume being adopted looks like one being created.
    pub const fn shown(self) -> Self {
        match self {
            Self::Managing => Self::Creating,
            Self::ErrorManaging => Self::Error,
            Self::ErrorManagingDeleting => Self::Deleting,
            other => other,
        }
    }

    /// An operation of ours will move it on; a client polls until it has.
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Creating
                | Self::Downloading
                | Self::Extending
                | Self::Retyping
                | Self::Uploading
                | Self::BackingUp
                | Self::RestoringBackup
                | Self::Reverting
                | Self::Managing
                | Self::Unmanaging
                | Self::Deleting
                | Self::ErrorManagingDeleting
        )
    }
}

impl SnapshotStatus {
    /// From where a snapshot may be deleted without force.
    pub const DELETABLE: &'static [Self] = &[Self::Available, Self::Error];

    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Creating | Self::Deleting | Self::Restoring | Self::Unmanaging)
    }
}

impl BackupStatus {
    /// From where a backup may be deleted without force.
    pub const DELETABLE: &'static [Self] = &[Self::Available, Self::Error];
}

/// Whether a `migration_status` means that nobody is moving the volume.
pub fn migration_is_idle(migration_status: Option<&str>) -> bool {
    matches!(migration_status, None | Some("success" | "error" | "deleting"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_round_trips() {
        for status in VolumeStatus::ALL {
            assert_eq!(VolumeStatus::parse(status.as_str()), Some(*status));
        }
        assert_eq!(VolumeStatus::parse("Available"), None);
    }

    #[test]
    fn no_event_starts_from_a_transient_status_unless_forced() {
        use VolumeEvent::*;
        for event in [Delete, ExtendDetached, ExtendOnline, Revert, ReadData, Retype, Reserve, Upload] {
            for status in event.allowed_from() {
                assert!(!status.is_transient(), "{event:?} from {status}");
            }
        }
    }
}
