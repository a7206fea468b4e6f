//! Names, metadata and status: changes of the row alone.

use super::{parse_id, visible};
use crate::domain::snapshot::{Snapshot, SnapshotChanges};
use crate::domain::status::SnapshotStatus;
use crate::domain::{Ctx, Error, Metadata, Result};
use crate::service::Services;
use crate::service::volumes::MapChange;

/// `os-update_snapshot_status`, which Nova sends for assisted snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssistedProgress {
    /// Any text.
    pub status: String,
    /// `"NN%"`.
    pub progress: Option<String>,
}

impl Services {
    /// Name and description, at any time.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn update_snapshot(&self, ctx: &Ctx, id: &str, changes: &SnapshotChanges) -> Result<Snapshot> {
        self.change_snapshot(ctx, id, |snapshot| {
            if let Some(name) = &changes.name {
                snapshot.name.clone_from(name);
            }
            if let Some(description) = &changes.description {
                snapshot.description.clone_from(description);
            }
            Ok(())
        })
        .await
    }

    /// # Errors
    /// `NotFound` for the snapshot or the key.
    pub async fn change_snapshot_metadata(
        &self,
        ctx: &Ctx,
        id: &str,
        change: &MapChange,
    ) -> Result<Metadata> {
        let changed = self.change_snapshot(ctx, id, |snapshot| change.apply(&mut snapshot.metadata)).await?;
        Ok(changed.metadata)
    }

    /// `os-reset_status`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reset_snapshot(&self, ctx: &Ctx, id: &str, status: SnapshotStatus) -> Result<()> {
        let set = |snapshot: &mut Snapshot| {
            snapshot.status = status;
            Ok(())
        };
        self.change_snapshot(ctx, id, set).await.map(|_| ())
    }

    /// Only creating → creating, available, error and deleting → deleting, error_deleting.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for any other move.
    pub async fn assist_snapshot(&self, ctx: &Ctx, id: &str, to: &AssistedProgress) -> Result<()> {
        use SnapshotStatus as S;
        self.change_snapshot(ctx, id, |snapshot| {
            let allowed: &[S] = match snapshot.status {
                S::Creating => &[S::Creating, S::Available, S::Error],
                S::Deleting => &[S::Deleting, S::ErrorDeleting],
                S::Available
                | S::Error
                | S::ErrorDeleting
                | S::BackingUp
                | S::Restoring
                | S::Unmanaging
                | S::Updating => {
                    return Err(Error::invalid(format!(
                        "Snapshot status {} not allowed for update_snapshot_status",
                        snapshot.status
                    )));
                }
            };
            let Some(status) = allowed.iter().find(|status| status.as_str() == to.status) else {
                return Err(Error::invalid(format!(
                    "Provided snapshot status {} not allowed for snapshot with status {}.",
                    to.status, snapshot.status
                )));
            };
            snapshot.status = *status;
            if let Some(progress) = &to.progress {
                snapshot.progress = Some(progress.clone());
            }
            Ok(())
        })
        .await
        .map(|_| ())
    }

    async fn change_snapshot<F>(&self, ctx: &Ctx, id: &str, change: F) -> Result<Snapshot>
    where
        F: Fn(&mut Snapshot) -> Result<()> + Send + Sync,
    {
        let id = parse_id(id)?;
        let change = &change;
        self.store
            .write("change a snapshot", |tx, _| {
                Box::pin(async move {
                    let mut snapshot = visible(tx, ctx, id).await?;
                    change(&mut snapshot)?;
                    snapshot.updated_at = Some(ctx.clock.now());
                    tx.update_snapshot(&snapshot).await?;
                    snapshot.version += 1;
                    Ok(snapshot)
                })
            })
            .await
    }
}
