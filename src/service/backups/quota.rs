//! The quotas of backups, which are apart from those of volumes.

use crate::domain::quota::Resource;
use crate::domain::{Error, Gib, ProjectId, Result};
use crate::service::Settings;
use crate::service::quotas::limits_of;
use crate::store::Tx;

/// Whether the project may have one more of this size. The caller has taken the quota lock.
/// Gigabytes come first: upstream goes through the exceeded keys in the order of their names.
pub(super) async fn check(tx: &mut Tx, settings: &Settings, project: &ProjectId, size: Gib) -> Result<()> {
    let limits = limits_of(tx, settings, project).await?;
    let (count, gib) = tx.backup_use(project).await?;
    let (wanted, limit) = (i64::from(size.0), limits.get(Resource::BackupGigabytes.as_str()));
    if limit >= 0 && gib + wanted > limit {
        return Err(Error::over_quota(format!(
            "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. \
             Requested {wanted}G, quota is {limit}G and {gib}G has been consumed."
        )));
    }
    let limit = limits.get(Resource::Backups.as_str());
    if limit >= 0 && count + 1 > limit {
        return Err(Error::over_quota(format!(
            "BackupLimitExceeded: Maximum number of backups allowed ({limit}) exceeded"
        )));
    }
    Ok(())
}
