//! Name, metadata and status: changes of the row alone.

use super::{parse_id, visible};
use crate::domain::backup::{Backup, BackupChanges, is_our_service};
use crate::domain::status::BackupStatus;
use crate::domain::{Ctx, Result};
use crate::service::Services;

impl Services {
    /// # Errors
    /// `NotFound`.
    pub async fn update_backup(&self, ctx: &Ctx, id: &str, changes: &BackupChanges) -> Result<Backup> {
        self.change_backup(ctx, id, |backup| {
            if let Some(name) = &changes.name {
                backup.name.clone_from(name);
            }
            if let Some(description) = &changes.description {
                backup.description.clone_from(description);
            }
            if let Some(metadata) = &changes.metadata {
                backup.metadata.clone_from(metadata);
            }
        })
        .await
    }

    /// `os-reset_status`. As in Cinder a backup for which nothing was ever written keeps its
    /// status: nobody could restore it; and so does one that another backup service has.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reset_backup(&self, ctx: &Ctx, id: &str, status: BackupStatus) -> Result<()> {
        self.change_backup(ctx, id, |backup| {
            let known = |service: &str| self.settings.backup_service.is_none() || is_our_service(service);
            if backup.service.as_deref().is_some_and(known) {
                backup.status = status;
            }
        })
        .await
        .map(|_| ())
    }

    async fn change_backup<F>(&self, ctx: &Ctx, id: &str, change: F) -> Result<Backup>
    where
        F: Fn(&mut Backup) + Send + Sync,
    {
        let id = parse_id(id)?;
        let change = &change;
        self.store
            .write("change a backup", |tx, _| {
                Box::pin(async move {
                    let mut backup = visible(tx, ctx, id).await?.backup;
                    change(&mut backup);
                    backup.updated_at = Some(ctx.clock.now());
                    tx.update_backup(&backup).await?;
                    Ok(backup)
                })
            })
            .await
    }
}
