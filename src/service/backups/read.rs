//! Show and list.

use super::{not_found, parse_id};
use crate::domain::backup::BackupDetails;
use crate::domain::page::{ListQuery, Page};
use crate::domain::{Ctx, Result};
use crate::service::{Services, confined_to};

impl Services {
    /// One backup.
    ///
    /// # Errors
    /// `NotFound`, also for a backup of another project.
    pub async fn get_backup(&self, ctx: &Ctx, id: &str) -> Result<BackupDetails> {
        let parsed = parse_id(id)?;
        let mut session = self.store.read().await?;
        session.find_backup(parsed, confined_to(ctx)).await?.ok_or_else(|| not_found(id))
    }

    /// A page of backups.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_backups(&self, query: &ListQuery) -> Result<Page<BackupDetails>> {
        self.store.read().await?.list_backups(query).await
    }
}
