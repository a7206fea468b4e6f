//! Quotas: limits are stored, use is counted.

/// The resources a quota exists for, besides the per-type ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Volumes,
    Snapshots,
    Gigabytes,
    Backups,
    BackupGigabytes,
    PerVolumeGigabytes,
    Groups,
}

impl Resource {
    pub const ALL: &'static [Self] = &[
        Self::Volumes,
        Self::Snapshots,
        Self::Gigabytes,
        Self::Backups,
        Self::BackupGigabytes,
        Self::PerVolumeGigabytes,
        Self::Groups,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volumes => "volumes",
            Self::Snapshots => "snapshots",
            Self::Gigabytes => "gigabytes",
            Self::Backups => "backups",
            Self::BackupGigabytes => "backup_gigabytes",
            Self::PerVolumeGigabytes => "per_volume_gigabytes",
            Self::Groups => "groups",
        }
    }

    /// Cinder's shipped default (-1 = unlimited).
    pub const fn default_limit(self) -> i64 {
        match self {
            Self::Volumes | Self::Snapshots | Self::Backups | Self::Groups => 10,
            Self::Gigabytes | Self::BackupGigabytes => 1000,
            Self::PerVolumeGigabytes => -1,
        }
    }
}

/// No limit.
pub const UNLIMITED: i64 = -1;

/// What a project uses of one resource key (`gigabytes`, `volumes_gold`, …).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub limit: i64,
    pub in_use: i64,
    pub reserved: i64,
}
