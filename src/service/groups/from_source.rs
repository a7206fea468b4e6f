//! A group from a group snapshot or from another group: each member is a volume from a snapshot,
//! or a clone, on the cluster of the source.

use super::{invalid, visible, visible_snapshot};
use crate::domain::cluster::Deed;
use crate::domain::group::{Group, GroupSource, GroupStatus};
use crate::domain::operation::{Operation, Work};
use crate::domain::volume::NewVolume;
use crate::domain::{Ctx, Error, ErrorKind, Gib, GroupId, Result, VolumeTypeId};
use crate::service::backends::check_intent;
use crate::service::{Services, quotas};
use crate::store::{Dispatch, Tx, quota_lock};

/// One volume to be made.
struct Member {
    snapshot_id: Option<String>,
    source_volid: Option<String>,
    size: Gib,
    volume_type: Option<VolumeTypeId>,
}

impl Services {
    /// Accepts a copy of a group: group, members and all operations are durable when this returns.
    ///
    /// # Errors
    /// `NotFound` for the source, `Invalid` for an empty one or one in another status, and where
    /// a quota does not allow it, as in Cinder.
    pub async fn create_group_from(
        &self,
        ctx: &Ctx,
        (name, description): (Option<String>, Option<String>),
        source: &GroupSource,
    ) -> Result<Group> {
        let named = &(name, description);
        let copied = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "copy a group", |tx, _| {
                Box::pin(self.copy_group_in(tx, ctx, named, source))
            })
            .await;
        let (operations, group) = copied.map_err(without_quota_kind)?;
        for operation in operations {
            self.dispatch.announce(operation);
        }
        Ok(group)
    }

    async fn copy_group_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (name, description): &(Option<String>, Option<String>),
        source: &GroupSource,
    ) -> Result<(Vec<Operation>, Group)> {
        tx.lock_quota(&ctx.project_id).await?;
        let (original, snapshot) = match source {
            GroupSource::Group(id) => (visible(tx, ctx, id).await?, None),
            GroupSource::Snapshot(id) => {
                let snapshot = visible_snapshot(tx, ctx, id).await?;
                (visible(tx, ctx, &snapshot.group_id.to_string()).await?, Some(snapshot.id))
            }
        };
        quotas::check_group(tx, &self.settings, &ctx.project_id).await?;
        let members = match snapshot {
            Some(id) => from_snapshots(tx, id).await?,
            None => from_volumes(tx, original.id).await?,
        };
        let mut group = Group {
            id: GroupId::random(),
            project_id: ctx.project_id.clone(),
            user_id: ctx.user_id.clone(),
            name: name.clone(),
            description: description.clone(),
            status: GroupStatus::Creating,
            group_snapshot_id: snapshot,
            source_group_id: snapshot.is_none().then_some(original.id),
            created_at: ctx.clock.now(),
            updated_at: None,
            version: 1,
            ..original
        };
        if group.cluster_id.is_none() {
            return Err(invalid(format!("No valid host to create group {}.", group.id)));
        }
        check_intent(tx, group.cluster_id, Deed::Remodel).await?;
        for id in members.iter().filter_map(|member| member.volume_type) {
            if !group.volume_types.contains(&id) {
                group.volume_types.push(id);
            }
        }
        tx.insert_group(&group).await?;
        let mut operations = Vec::with_capacity(members.len() + 1);
        for member in members {
            let new = NewVolume {
                size: Some(member.size),
                volume_type: member.volume_type.map(|id| id.to_string()),
                snapshot_id: member.snapshot_id,
                source_volid: member.source_volid,
                group_id: Some(group.id.to_string()),
                ..NewVolume::default()
            };
            operations.push(self.create_volume_in(tx, ctx, &new).await?.0);
        }
        let supervision = Dispatch::plan(ctx, Work::CopyGroup { group: group.id });
        self.dispatch.insert(tx, &supervision, &ctx.clock).await?;
        operations.push(supervision);
        Ok((operations, group))
    }
}

async fn from_snapshots(tx: &mut Tx, id: crate::domain::GroupSnapshotId) -> Result<Vec<Member>> {
    let snapshots = tx.snapshots_of_group(id).await?;
    if snapshots.is_empty() {
        return Err(invalid("Group snapshot is empty. No group will be created."));
    }
    let member = |snapshot: crate::domain::snapshot::Snapshot| Member {
        snapshot_id: Some(snapshot.id.to_string()),
        source_volid: None,
        size: snapshot.volume_size,
        volume_type: snapshot.volume_type_id,
    };
    Ok(snapshots.into_iter().map(member).collect())
}

async fn from_volumes(tx: &mut Tx, id: GroupId) -> Result<Vec<Member>> {
    let volumes = tx.volumes_of_group(id).await?;
    if volumes.is_empty() {
        return Err(invalid("Source Group is empty. No group will be created."));
    }
    let member = |volume: crate::domain::volume::Volume| Member {
        snapshot_id: None,
        source_volid: Some(volume.id.to_string()),
        size: volume.size,
        volume_type: volume.volume_type_id,
    };
    Ok(volumes.into_iter().map(member).collect())
}

/// Here a used-up quota is a 400 like every other refusal, without the name of the limit.
fn without_quota_kind(error: Error) -> Error {
    if error.kind() != ErrorKind::OverQuota {
        return error;
    }
    let text = error.message();
    Error::invalid(text.split_once(": ").map_or(text, |(_, sentence)| sentence))
}
