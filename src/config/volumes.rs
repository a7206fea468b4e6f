use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::domain::quota::Resource;
use crate::domain::volume_type::DEFAULT_TYPE_NAME;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Volumes {
    /// Type of a volume for which none is asked.
    pub default_volume_type: String,
    /// Group type that is shown as the default (`GET /group_types/default`); without it there is none.
    pub default_group_type: Option<String>,
    /// Zone of a volume for which none is asked, and of a cluster whose registration names none.
    pub default_availability_zone: String,
    /// Put a volume into the default zone when the asked one does not exist, instead of
    /// refusing (400).
    pub allow_availability_zone_fallback: bool,
    /// A clone must be in the zone of its source.
    pub cloned_volume_same_az: bool,
    /// Do not count snapshots' sizes against the gigabytes quota.
    pub no_snapshot_gb_quota: bool,
}

impl Default for Volumes {
    fn default() -> Self {
        Self {
            default_volume_type: DEFAULT_TYPE_NAME.to_owned(),
            default_group_type: None,
            default_availability_zone: "nova".to_owned(),
            allow_availability_zone_fallback: false,
            cloned_volume_same_az: true,
            no_snapshot_gb_quota: false,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Volumes.
    pub volumes: i64,
    /// Snapshots.
    pub snapshots: i64,
    /// GiB of volumes and snapshots together.
    pub gigabytes: i64,
    /// GiB of one volume.
    pub per_volume_gigabytes: i64,
    /// Backups.
    pub backups: i64,
    /// GiB of backups.
    pub backup_gigabytes: i64,
    /// Groups.
    pub groups: i64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            volumes: Resource::Volumes.default_limit(),
            snapshots: Resource::Snapshots.default_limit(),
            gigabytes: Resource::Gigabytes.default_limit(),
            per_volume_gigabytes: Resource::PerVolumeGigabytes.default_limit(),
            backups: Resource::Backups.default_limit(),
            backup_gigabytes: Resource::BackupGigabytes.default_limit(),
            groups: Resource::Groups.default_limit(),
        }
    }
}

impl Quotas {
    /// The default limit of one resource.
    pub const fn limit(&self, resource: Resource) -> i64 {
        match resource {
            Resource::Volumes => self.volumes,
            Resource::Snapshots => self.snapshots,
            Resource::Gigabytes => self.gigabytes,
            Resource::PerVolumeGigabytes => self.per_volume_gigabytes,
            Resource::Backups => self.backups,
            Resource::BackupGigabytes => self.backup_gigabytes,
            Resource::Groups => self.groups,
        }
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        for resource in Resource::ALL.iter().filter(|resource| self.limit(**resource) < -1) {
            let key = format!("quotas.{}", resource.as_str());
            problems.push(Problem::of(&key, "must be -1 (unlimited), 0 or more"));
        }
    }
}
