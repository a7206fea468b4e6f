//! Snapshots of groups: one of each member, started together.

use super::{invalid, visible, visible_snapshot};
use crate::domain::cluster::Deed;
use crate::domain::group::{GroupSnapshot, GroupSnapshotStatus, GroupStatus};
use crate::domain::operation::{CreateSnapshot, DeleteSnapshot, Operation, Work};
use crate::domain::snapshot::{NewSnapshot, SourceUse};
use crate::domain::status::SnapshotStatus;
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Error, GroupSnapshotId, Metadata, Result};
use crate::service::backends::check_intent;
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, snapshots};
use crate::store::{Dispatch, Tx, quota_lock};

/// What a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroupSnapshot {
    pub group_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
}

impl Services {
    /// Accepts a snapshot of every member: all rows and operations are durable when this returns,
    /// and start at once.
    ///
    /// # Errors
    /// `NotFound` for the group, `Invalid` for its status or a member's, `OverQuota`.
    pub async fn create_group_snapshot(&self, ctx: &Ctx, new: &NewGroupSnapshot) -> Result<GroupSnapshot> {
        let (operations, snapshot) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "snapshot a group", |tx, _| {
                Box::pin(self.snapshot_group_in(tx, ctx, new))
            })
            .await?;
        for operation in operations {
            self.dispatch.announce(operation);
        }
        Ok(snapshot)
    }

    async fn snapshot_group_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: &NewGroupSnapshot,
    ) -> Result<(Vec<Operation>, GroupSnapshot)> {
        tx.lock_quota(&ctx.project_id).await?;
        let group = visible(tx, ctx, &new.group_id).await?;
        if group.cluster_id.is_none() {
            return Err(Error::invalid("Invalid volume: volume is not assigned to a host"));
        }
        check_intent(tx, group.cluster_id, Deed::Remodel).await?;
        let volumes = tx.volumes_of_group(group.id).await?;
        let changing = matches!(group.status, GroupStatus::Creating | GroupStatus::Updating);
        if volumes.is_empty() || changing {
            return Err(invalid(
                "Source group cannot be empty or in 'creating' or 'updating' state. No group snapshot will be \
                 created.",
            ));
        }
        let snapshot = GroupSnapshot {
            id: GroupSnapshotId::random(),
            group_id: group.id,
            group_type_id: group.group_type_id,
            project_id: ctx.project_id.clone(),
            user_id: ctx.user_id.clone(),
            name: new.name.clone(),
            description: new.description.clone(),
            status: GroupSnapshotStatus::Creating,
            created_at: ctx.clock.now(),
            updated_at: None,
            version: 1,
        };
        tx.insert_group_snapshot(&snapshot).await?;
        // The group's row moves too: a delete that saw no snapshots just now must look again.
        tx.update_group(&group).await?;
        let mut operations = Vec::with_capacity(volumes.len() + 1);
        for volume in &volumes {
            operations.push(self.snapshot_member_in(tx, ctx, volume, &snapshot).await?);
        }
        operations.push(Dispatch::plan(ctx, Work::CreateGroupSnapshot { snapshot: snapshot.id }));
        for operation in &operations {
            self.dispatch.insert(tx, operation, &ctx.clock).await?;
        }
        Ok((operations, snapshot))
    }

    async fn snapshot_member_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        volume: &Volume,
        group: &GroupSnapshot,
    ) -> Result<Operation> {
        let location = snapshots::may_be_taken(volume)?;
        let volume_type = match volume.volume_type_id {
            Some(id) => tx.find_type(id).await?,
            None => None,
        };
        let wanted = Wanted::Snapshot { size: volume.size, volume_type: volume_type.as_ref() };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;
        let new = NewSnapshot {
            volume_id: None,
            name: group.name.clone(),
            description: group.description.clone(),
            metadata: Metadata::new(),
            source: SourceUse::AlsoInUse,
        };
        let mut snapshot = snapshots::of_volume(ctx, volume, location, &new);
        snapshot.group_snapshot_id = Some(group.id);
        tx.insert_snapshot(&snapshot).await?;
        tx.update_volume(volume).await?;
        let work = Work::CreateSnapshot { snapshot: snapshot.id, step: CreateSnapshot::CreateRemote };
        let mut operation = Dispatch::plan(ctx, work);
        operation.cluster_id = Some(location.cluster_id);
        Ok(operation)
    }

    /// Accepts the deletion of a group snapshot with all its snapshots.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for its status and while a group is being made from it.
    pub async fn delete_group_snapshot(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let operations = self
            .store
            .write("delete a group snapshot", |tx, _| Box::pin(self.delete_group_snapshot_in(tx, ctx, id)))
            .await?;
        for operation in operations {
            self.dispatch.announce(operation);
        }
        Ok(())
    }

    async fn delete_group_snapshot_in(&self, tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Vec<Operation>> {
        let mut group = visible_snapshot(tx, ctx, id).await?;
        let of = tx.find_group(group.group_id, None).await?;
        check_intent(tx, of.and_then(|details| details.group.cluster_id), Deed::Remodel).await?;
        let free = matches!(group.status, GroupSnapshotStatus::Available | GroupSnapshotStatus::Error);
        if !free || tx.is_group_source(None, Some(group.id)).await? {
            return Err(Error::invalid(
                "Invalid GroupSnapshot: GroupSnapshot status must be available or error, and no Group can be \
                 currently using it as source for its creation.",
            ));
        }
        group.status = GroupSnapshotStatus::Deleting;
        group.updated_at = Some(ctx.clock.now());
        tx.update_group_snapshot(&group).await?;
        let mut operations = Vec::new();
        for mut snapshot in tx.snapshots_of_group(group.id).await? {
            snapshot.status = SnapshotStatus::Deleting;
            snapshot.updated_at = Some(ctx.clock.now());
            tx.update_snapshot(&snapshot).await?;
            let work = Work::DeleteSnapshot { snapshot: snapshot.id, step: DeleteSnapshot::DeleteRemote };
            let mut operation = Dispatch::plan(ctx, work);
            operation.cluster_id = snapshot.cluster_id;
            operations.push(operation);
        }
        operations.push(Dispatch::plan(ctx, Work::DeleteGroupSnapshot { snapshot: group.id }));
        for operation in &operations {
            self.dispatch.insert(tx, operation, &ctx.clock).await?;
        }
        Ok(operations)
    }
}
