//! Groups of volumes and their snapshots.
//!
//! What is done to a group is done to its members by the same operations as to any volume or
//! snapshot, all inserted in one transaction and started together; one more operation, the
//! group's own, waits for their end and gives the group its status.

mod change;
mod create;
mod delete;
mod from_source;
mod read;
mod replication;
mod snapshots;

use crate::domain::group::{Group, GroupSnapshot};
use crate::domain::{Ctx, Error, GroupId, GroupSnapshotId, Result};
use crate::service::confined_to;
use crate::store::Tx;

pub use replication::Replication;
pub use snapshots::NewGroupSnapshot;

pub use crate::store::Legacy;

fn not_found(id: &str) -> Error {
    Error::not_found(format!("Group {id} could not be found."))
}

fn snapshot_not_found(id: &str) -> Error {
    Error::not_found(format!("GroupSnapshot {id} could not be found."))
}

fn invalid(what: impl std::fmt::Display) -> Error {
    Error::invalid(format!("Invalid Group: {what}"))
}

/// The row, if the caller may know of it.
///
/// # Errors
/// `NotFound`.
pub(super) async fn visible(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Group> {
    let parsed: GroupId = id.parse().map_err(|_| not_found(id))?;
    let found = tx.find_group(parsed, confined_to(ctx)).await?;
    found.map(|details| details.group).ok_or_else(|| not_found(id))
}

async fn visible_snapshot(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<GroupSnapshot> {
    let parsed: GroupSnapshotId = id.parse().map_err(|_| snapshot_not_found(id))?;
    let found = tx.find_group_snapshot(parsed, confined_to(ctx)).await?;
    found.map(|details| details.snapshot).ok_or_else(|| snapshot_not_found(id))
}
