//! Show and list, from the store only.

use super::{not_found, parse_id};
use crate::domain::page::{ListQuery, Page};
use crate::domain::snapshot::Snapshot;
use crate::domain::{Ctx, Result};
use crate::service::{Services, confined_to};

impl Services {
    /// One snapshot.
    ///
    /// # Errors
    /// `NotFound`, also for a snapshot of another project.
    pub async fn get_snapshot(&self, ctx: &Ctx, id: &str) -> Result<Snapshot> {
        let parsed = parse_id(id)?;
        let mut session = self.store.read().await?;
        session.find_snapshot(parsed, confined_to(ctx)).await?.ok_or_else(|| not_found(id))
    }

    /// A page of snapshots.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_snapshots(&self, query: &ListQuery) -> Result<Page<Snapshot>> {
        self.store.read().await?.list_snapshots(query).await
    }
}
