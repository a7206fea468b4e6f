//! The `delete` action of a group.

use super::{invalid, visible};
use crate::domain::cluster::Deed;
use crate::domain::group::{Group, GroupStatus, Members};
use crate::domain::operation::{DeleteVolume, Operation, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Result};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::store::{Dispatch, Tx};

impl Services {
    /// Accepts the deletion of the group, with its volumes where asked.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when something still holds the group or a member.
    pub async fn delete_group(&self, ctx: &Ctx, id: &str, members: Members) -> Result<()> {
        let operations = self
            .store
            .write("delete a group", |tx, _| Box::pin(self.delete_group_in(tx, ctx, id, members)))
            .await?;
        for operation in operations {
            self.dispatch.announce(operation);
        }
        Ok(())
    }

    async fn delete_group_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: &str,
        members: Members,
    ) -> Result<Vec<Operation>> {
        let mut group = visible(tx, ctx, id).await?;
        let volumes = tx.volumes_of_group(group.id).await?;
        if group.cluster_id.is_none() && volumes.is_empty() {
            // Never placed: there is nothing anywhere.
            tx.delete_group(&group).await?;
            return Ok(Vec::new());
        }
        check_intent(tx, group.cluster_id, Deed::Remodel).await?;
        check(tx, &group, &volumes, members).await?;
        group.status = GroupStatus::Deleting;
        group.updated_at = Some(ctx.clock.now());
        tx.update_group(&group).await?;
        let mut operations = Vec::with_capacity(volumes.len() + 1);
        for mut volume in volumes {
            volume.previous_status = Some(volume.status);
            volume.status = VolumeStatus::Deleting;
            volume.updated_at = Some(ctx.clock.now());
            tx.update_volume(&volume).await?;
            let step = DeleteVolume::DeleteRemote;
            let work = Work::DeleteVolume { volume: volume.id, cascade: false, step };
            operations.push(Dispatch::plan(ctx, work));
        }
        operations.push(Dispatch::plan(ctx, Work::DeleteGroup { group: group.id }));
        for operation in &operations {
            self.dispatch.insert(tx, operation, &ctx.clock).await?;
        }
        Ok(operations)
    }
}

async fn check(tx: &mut Tx, group: &Group, volumes: &[Volume], members: Members) -> Result<()> {
    let id = group.id;
    if members == Members::None && !matches!(group.status, GroupStatus::Available | GroupStatus::Error) {
        return Err(invalid(format!(
            "Group status must be available or error, but current status is: {}",
            group.status
        )));
    }
    if tx.has_group_snapshots(id).await? {
        return Err(invalid("Group has existing snapshots."));
    }
    if !volumes.is_empty() && members == Members::None {
        return Err(invalid(format!(
            "Group {id} still contains volumes. The delete-volumes flag is required to delete it."
        )));
    }
    for volume in volumes {
        if volume.attach_status == AttachStatus::Attached {
            return Err(invalid(format!("Volume in group {id} is attached. Need to detach first.")));
        }
        if !tx.snapshots_of_volume(volume.id).await?.is_empty() {
            return Err(invalid("Volume in group still has dependent snapshots."));
        }
    }
    if tx.is_group_source(Some(id), None).await? {
        let reason = match members {
            Members::DeletedToo => {
                "Group status must be available or error and must not have dependent group snapshots"
            }
            Members::None => {
                "Group must not have attached volumes, volumes with snapshots, or dependent group snapshots"
            }
        };
        return Err(invalid(format!(
            "Cannot delete group {id}. {reason}, and it cannot be the source for an ongoing group or group \
             snapshot creation."
        )));
    }
    Ok(())
}
