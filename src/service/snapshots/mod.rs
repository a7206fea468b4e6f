//! Snapshots.

mod change;
mod create;
mod delete;
mod read;
mod release;

use crate::domain::snapshot::Snapshot;
use crate::domain::{Ctx, Error, Result, SnapshotId};
use crate::service::confined_to;
use crate::store::Tx;

pub use change::AssistedProgress;
pub(super) use create::{check_status, may_be_taken, of_volume};
pub use delete::Force;

fn not_found(id: &str) -> Error {
    Error::not_found(format!("Snapshot {id} could not be found."))
}

fn parse_id(id: &str) -> Result<SnapshotId> {
    id.parse().map_err(|_| not_found(id))
}

/// The row, if the caller may know of it.
async fn visible(tx: &mut Tx, ctx: &Ctx, id: SnapshotId) -> Result<Snapshot> {
    let found = tx.find_snapshot(id, confined_to(ctx)).await?;
    found.ok_or_else(|| not_found(&id.to_string()))
}
