//! Backups: their rows, states and quotas. The data is the business of the worker's engine.

mod change;
mod create;
mod delete;
mod quota;
mod read;
mod record;
mod restore;

use crate::domain::backup::BackupDetails;
use crate::domain::{BackupId, Ctx, Error, Result};
use crate::service::confined_to;
use crate::store::Tx;

fn not_found(id: &str) -> Error {
    Error::not_found(format!("Backup {id} could not be found."))
}

fn parse_id(id: &str) -> Result<BackupId> {
    id.parse().map_err(|_| not_found(id))
}

fn invalid(why: &str) -> Error {
    Error::invalid(format!("Invalid backup: {why}"))
}

/// The row, if the caller may know of it.
async fn visible(tx: &mut Tx, ctx: &Ctx, id: BackupId) -> Result<BackupDetails> {
    let found = tx.find_backup(id, confined_to(ctx)).await?;
    found.ok_or_else(|| not_found(&id.to_string()))
}
