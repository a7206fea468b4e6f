//! `DELETE /backups/{id}` and `os-force_delete`.

use super::{invalid, parse_id, visible};
use crate::domain::operation::Work;
use crate::domain::status::BackupStatus;
use crate::domain::{Ctx, Result};
use crate::service::Services;
use crate::service::snapshots::Force;
use crate::store::Dispatch;

impl Services {
    /// Accepts the deletion.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when the status or an incremental backup forbids it.
    pub async fn delete_backup(&self, ctx: &Ctx, id: &str, force: Force) -> Result<()> {
        let id = parse_id(id)?;
        let operation = self
            .store
            .write("delete a backup", |tx, _| {
                Box::pin(async move {
                    let details = visible(tx, ctx, id).await?;
                    let mut backup = details.backup;
                    if force == Force::No && !BackupStatus::DELETABLE.contains(&backup.status) {
                        return Err(invalid("Backup status must be available or error"));
                    }
                    if details.dependents > 0 {
                        return Err(invalid("Incremental backups exist for this backup."));
                    }
                    backup.status = BackupStatus::Deleting;
                    backup.updated_at = Some(ctx.clock.now());
                    tx.update_backup(&backup).await?;
                    let operation = Dispatch::plan(ctx, Work::DeleteBackup { backup: id });
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }
}
