//! `DELETE /snapshots/{id}` and `os-force_delete`.

use super::{parse_id, visible};
use crate::domain::cluster::Deed;
use crate::domain::operation::{DeleteSnapshot, Work};
use crate::domain::status::SnapshotStatus;
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::store::Dispatch;

/// Whether the status is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    No,
    Yes,
}

impl Services {
    /// Accepts the deletion.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when the status or a group snapshot forbids it.
    pub async fn delete_snapshot(&self, ctx: &Ctx, id: &str, force: Force) -> Result<()> {
        let id = parse_id(id)?;
        let operation = self
            .store
            .write("delete a snapshot", |tx, _| {
                Box::pin(async move {
                    let mut snapshot = visible(tx, ctx, id).await?;
                    check_intent(tx, snapshot.cluster_id, Deed::Remodel).await?;
                    let free = SnapshotStatus::DELETABLE.contains(&snapshot.status) || force == Force::Yes;
                    if !free || snapshot.group_snapshot_id.is_some() {
                        let status = match force {
                            Force::No => "status must be available or error and",
                            Force::Yes => "",
                        };
                        return Err(Error::invalid(format!(
                            "Invalid snapshot: Snapshot {status} must not be part of a group."
                        )));
                    }
                    snapshot.status = SnapshotStatus::Deleting;
                    snapshot.updated_at = Some(ctx.clock.now());
                    tx.update_snapshot(&snapshot).await?;
                    let work = Work::DeleteSnapshot { snapshot: id, step: DeleteSnapshot::DeleteRemote };
                    let mut operation = Dispatch::plan(ctx, work);
                    operation.cluster_id = snapshot.cluster_id;
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }
}
