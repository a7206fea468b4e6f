//! `os-migrate_volume_completion`, by which Nova says that it has copied a volume in use.

use super::{parse_id, visible};
use crate::domain::operation::{CopyOutcome, Operation, Work};
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Error, Result, VolumeId};
use crate::service::Services;
use crate::service::attachments::Caller;
use crate::store::Dispatch;

impl Services {
    /// Completes a migration (`worker::complete_migration`), or, where none is under way, brings the
    /// attachments from one volume to the other; the id that survives.
    ///
    /// # Errors
    /// `NotFound` for either volume; `Invalid` when one is migrating and the other is not its other
    /// half, or when the other volume cannot be attached; `Conflict` when only the compute service
    /// may detach.
    pub async fn complete_migration(
        &self,
        ctx: &Ctx,
        (id, copy): (&str, &str),
        copied: CopyOutcome,
        caller: Caller,
    ) -> Result<VolumeId> {
        let (id, copy) = (parse_id(id)?, parse_id(copy)?);
        let operation = self
            .store
            .write("complete a migration", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    if is_no_migration(&volume, &visible(tx, ctx, copy).await?)? {
                        return Ok(None);
                    }
                    volume.migration_status = Some("completing".to_owned());
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    let operation = Dispatch::plan(ctx, Work::CompleteMigration { volume: id, copy, copied });
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok::<Option<Operation>, Error>(Some(operation))
                })
            })
            .await?;
        match operation {
            Some(operation) => {
                self.dispatch.announce_and_wait(operation, &self.store, ctx.patience).await?;
                Ok(id)
            }
            None if copied == CopyOutcome::Failed => Ok(copy),
            None => self.swap_attachments(ctx, id, copy, caller).await.map(|()| copy),
        }
    }
}

/// Whether neither is migrating; an error unless otherwise both are, and with each other.
fn is_no_migration(volume: &Volume, copy: &Volume) -> Result<bool> {
    let invalid = |why: &str| Err(Error::invalid(format!("Invalid volume: {why}")));
    match (&volume.migration_status, &copy.migration_status) {
        (None, None) => Ok(true),
        (None, Some(_)) => invalid("Source volume not mid-migration."),
        (Some(_), None) => invalid("Destination volume not mid-migration."),
        (Some(_), Some(found)) if *found == format!("target:{}", volume.id) => Ok(false),
        (Some(_), Some(found)) => {
            invalid(&format!("Destination has migration_status {found}, expected target:{}.", volume.id))
        }
    }
}
