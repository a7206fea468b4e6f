//! Records of backups that move between clouds.

use super::{invalid, quota};
use crate::domain::backup::{Backup, BackupDetails, BackupRecord, IMPORTED_VOLUME, is_our_service};
use crate::domain::operation::Work;
use crate::domain::status::BackupStatus;
use crate::domain::{Ctx, Error, Metadata, Result};
use crate::service::Services;
use crate::store::{Dispatch, quota_lock};

impl Services {
    /// The record of a backup, for another cloud to import. Only who keeps the data can write it.
    ///
    /// # Errors
    /// `NotFound`: the backup, or a service that could tell. `Invalid` for its status.
    pub async fn export_backup(&self, ctx: &Ctx, id: &str) -> Result<BackupDetails> {
        let details = self.get_backup(ctx, id).await?;
        let Backup { status, service, .. } = &details.backup;
        if *status != BackupStatus::Available {
            return Err(invalid(&format!("Backup status must be available and not {status}.")));
        }
        let Some(ours) = self.settings.backup_service else {
            return Err(Error::not_found("Service cinder-backup could not be found."));
        };
        let theirs = service.as_deref().unwrap_or_default();
        if !is_our_service(theirs) {
            return Err(invalid(&format!(
                "Export record aborted, the backup service currently configured [{ours}] is not the backup service \
                 that was used to create this backup [{theirs}]."
            )));
        }
        Ok(details)
    }

    /// Accepts a record from elsewhere: the backup keeps its id and belongs to the caller.
    ///
    /// # Errors
    /// `Invalid` when there is a backup of that id, `OverQuota`.
    pub async fn import_backup(&self, ctx: &Ctx, record: &BackupRecord) -> Result<Backup> {
        let backup = Backup {
            id: record.id,
            project_id: ctx.project_id.clone(),
            user_id: ctx.user_id.clone(),
            volume_id: IMPORTED_VOLUME,
            name: None,
            description: None,
            status: BackupStatus::Creating,
            fail_reason: None,
            container: None,
            availability_zone: None,
            service: None,
            service_metadata: None,
            size: record.size,
            object_count: 0,
            snapshot_id: None,
            parent_id: None,
            metadata: Metadata::new(),
            data_timestamp: None,
            created_at: ctx.clock.now(),
            updated_at: None,
            version: 1,
        };
        let row = &backup;
        let operation = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "import a backup", |tx, _| {
                Box::pin(async move {
                    tx.lock_quota(&ctx.project_id).await?;
                    if tx.find_backup(row.id, None).await?.is_some() {
                        return Err(invalid("Backup already exists in database."));
                    }
                    quota::check(tx, &self.settings, &ctx.project_id, row.size).await?;
                    tx.insert_backup(row).await?;
                    let (service, text) = (record.service.clone(), Some(record.text.clone()));
                    let work = Work::ImportBackup { backup: row.id, service, record: text };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(backup)
    }
}
