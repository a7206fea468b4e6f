//! Quotas: limits are stored, use is counted.

use serde::{Deserialize, Serialize};

use super::Gib;

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

/// How many GiB a project may have, as it stood when a request was accepted whose size shows only
/// later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Of one volume; negative: unlimited, as all limits.
    pub per_volume: i64,
    pub gigabytes: i64,
    /// Key and limit of the volume's type.
    pub of_type: Option<(String, i64)>,
    /// Whether snapshots count as well.
    pub with_snapshots: bool,
}

impl Allowance {
    /// Why another `size` cannot be had beside what is used, in Cinder's words.
    pub fn refuses(&self, size: Gib, used: i64, used_of_type: i64) -> Option<String> {
        let size = i64::from(size.0);
        if self.per_volume >= 0 && size > self.per_volume {
            return Some(format!(
                "Requested volume size {size}G is larger than maximum allowed limit {}G.",
                self.per_volume
            ));
        }
        let of_type = self.of_type.iter().map(|(key, limit)| (key.as_str(), *limit, used_of_type));
        let mut all = of_type.chain([("gigabytes", self.gigabytes, used)]);
        let (key, limit, used) = all.find(|(_, limit, used)| *limit >= 0 && used + size > *limit)?;
        Some(format!(
            "Requested volume or snapshot exceeds allowed {key} quota. Requested {size}G, quota is {limit}G and \
             {used}G has been consumed."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_counts_the_type_and_all() {
        let allowance = Allowance {
            per_volume: 5,
            gigabytes: 10,
            of_type: Some(("gigabytes_gold".to_owned(), 7)),
            with_snapshots: true,
        };
        assert_eq!(allowance.refuses(Gib(5), 5, 2), None);
        assert!(allowance.refuses(Gib(6), 0, 0).unwrap().contains("maximum allowed limit 5G"));
        assert!(allowance.refuses(Gib(5), 5, 3).unwrap().contains("allowed gigabytes_gold quota"));
        assert!(allowance.refuses(Gib(5), 6, 0).unwrap().contains("6G has been consumed"));
        let unlimited = Allowance { per_volume: -1, gigabytes: -1, of_type: None, with_snapshots: false };
        assert_eq!(unlimited.refuses(Gib(1 << 20), i64::from(u32::MAX), 0), None);
    }
}
