//! `os-unmanage`: the snapshot is forgotten and stays on its cluster.

use super::{parse_id, visible};
use crate::domain::operation::Work;
use crate::domain::status::SnapshotStatus;
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::store::Dispatch;

impl Services {
    /// Accepts it: the snapshot is `unmanaging` when this returns.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when the status or a group snapshot forbids it.
    pub async fn unmanage_snapshot(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        let operation = self
            .store
            .write("unmanage a snapshot", |tx, _| {
                Box::pin(async move {
                    let mut snapshot = visible(tx, ctx, id).await?;
                    let free = SnapshotStatus::DELETABLE.contains(&snapshot.status);
                    if !free || snapshot.group_snapshot_id.is_some() {
                        return Err(Error::invalid(
                            "Invalid snapshot: Snapshot status must be available or error and must not be part \
                             of a group.",
                        ));
                    }
                    snapshot.status = SnapshotStatus::Unmanaging;
                    snapshot.updated_at = Some(ctx.clock.now());
                    tx.update_snapshot(&snapshot).await?;
                    let operation = Dispatch::plan(ctx, Work::ReleaseSnapshot { snapshot: id });
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }
}
