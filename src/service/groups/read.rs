//! Show and list, from the store only.

use std::collections::HashMap;

use super::{Legacy, not_found, snapshot_not_found};
use crate::domain::group::{GroupDetails, GroupSnapshotDetails};
use crate::domain::page::{ListQuery, Page};
use crate::domain::{Ctx, GroupId, GroupSnapshotId, Result, VolumeId};
use crate::service::{Services, confined_to};

impl Services {
    /// One group.
    ///
    /// # Errors
    /// `NotFound`, also for a group of another project.
    pub async fn get_group(&self, ctx: &Ctx, id: &str) -> Result<GroupDetails> {
        let parsed: GroupId = id.parse().map_err(|_| not_found(id))?;
        let mut session = self.store.read().await?;
        session.find_group(parsed, confined_to(ctx)).await?.ok_or_else(|| not_found(id))
    }

    /// A page of groups.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_groups(&self, query: &ListQuery, legacy: Legacy) -> Result<Page<GroupDetails>> {
        self.store.read().await?.list_groups(query, legacy).await
    }

    /// The members of these groups.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn group_members(&self, groups: &[GroupId]) -> Result<HashMap<GroupId, Vec<VolumeId>>> {
        self.store.read().await?.members_of_groups(groups).await
    }

    /// One group snapshot.
    ///
    /// # Errors
    /// `NotFound`, also for one of another project.
    pub async fn get_group_snapshot(&self, ctx: &Ctx, id: &str) -> Result<GroupSnapshotDetails> {
        let parsed: GroupSnapshotId = id.parse().map_err(|_| snapshot_not_found(id))?;
        let mut session = self.store.read().await?;
        session.find_group_snapshot(parsed, confined_to(ctx)).await?.ok_or_else(|| snapshot_not_found(id))
    }

    /// A page of group snapshots.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_group_snapshots(
        &self,
        query: &ListQuery,
        legacy: Legacy,
    ) -> Result<Page<GroupSnapshotDetails>> {
        self.store.read().await?.list_group_snapshots(query, legacy).await
    }
}
