//! Name, description, members and status of a group.
//!
//! A cluster knows nothing of groups, so joining and leaving are changes of rows only and done
//! when the call returns; Cinder takes a moment in `updating`.

use super::{invalid, visible};
use crate::domain::group::{Group, GroupChanges, GroupSnapshotStatus, GroupStatus};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Error, Result, VolumeId};
use crate::service::{Services, confined_to};
use crate::store::Tx;

const MAY_JOIN: &[VolumeStatus] = &[VolumeStatus::Available, VolumeStatus::InUse];
const MAY_LEAVE: &[VolumeStatus] =
    &[VolumeStatus::Available, VolumeStatus::InUse, VolumeStatus::Error, VolumeStatus::ErrorDeleting];

impl Services {
    /// # Errors
    /// `NotFound`, `Invalid` for a volume that cannot join or leave, or when nothing would change.
    pub async fn update_group(&self, ctx: &Ctx, id: &str, changes: &GroupChanges) -> Result<()> {
        self.store.write("update a group", |tx, _| Box::pin(update_in(tx, ctx, id, changes))).await
    }

    /// `reset_status`, whatever it was.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reset_group(&self, ctx: &Ctx, id: &str, status: GroupStatus) -> Result<()> {
        self.store
            .write("reset a group", |tx, _| {
                Box::pin(async move {
                    let mut group = visible(tx, ctx, id).await?;
                    group.status = status;
                    group.updated_at = Some(ctx.clock.now());
                    tx.update_group(&group).await
                })
            })
            .await
    }

    /// The same for a group snapshot.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reset_group_snapshot(&self, ctx: &Ctx, id: &str, status: GroupSnapshotStatus) -> Result<()> {
        self.store
            .write("reset a group snapshot", |tx, _| {
                Box::pin(async move {
                    let mut snapshot = super::visible_snapshot(tx, ctx, id).await?;
                    snapshot.status = status;
                    snapshot.updated_at = Some(ctx.clock.now());
                    tx.update_group_snapshot(&snapshot).await
                })
            })
            .await
    }
}

async fn update_in(tx: &mut Tx, ctx: &Ctx, id: &str, changes: &GroupChanges) -> Result<()> {
    let mut group = visible(tx, ctx, id).await?;
    let name = changes.name.as_ref().filter(|name| group.name.as_ref() != Some(name));
    let description = changes.description.as_ref().filter(|text| group.description.as_ref() != Some(text));
    let twice: Vec<&String> = changes.add.iter().filter(|id| changes.remove.contains(id)).collect();
    if !twice.is_empty() {
        let ids = twice.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        return Err(refused(format!("UUIDs [{ids}] are in both add and remove volume list.")));
    }
    let members = tx.volumes_of_group(group.id).await?;
    let joining = joining(tx, ctx, &group, &members, &changes.add).await?;
    let leaving = leaving(&group, members, &changes.remove)?;
    let moves = !joining.is_empty() || !leaving.is_empty();
    if name.is_none() && description.is_none() && !moves {
        return Err(invalid(format!(
            "Cannot update group {} because no valid name, description, add_volumes, or remove_volumes were \
             provided.",
            group.id
        )));
    }
    if moves && group.status != GroupStatus::Available {
        return Err(invalid("Group status must be available."));
    }
    if let Some(name) = name {
        group.name = Some(name.clone());
    }
    if let Some(description) = description {
        group.description = Some(description.clone());
    }
    // As in Cinder a new name also ends an error; what is at work on the group is left alone.
    if group.status == GroupStatus::Error && group.cluster_id.is_some() {
        group.status = GroupStatus::Available;
    }
    group.updated_at = Some(ctx.clock.now());
    tx.update_group(&group).await?;
    for (volumes, home) in [(joining, Some(group.id)), (leaving, None)] {
        for mut volume in volumes {
            volume.group_id = home;
            volume.updated_at = Some(ctx.clock.now());
            tx.update_volume(&volume).await?;
        }
    }
    Ok(())
}

fn refused(why: String) -> Error {
    Error::invalid(format!("Invalid volume: {why}"))
}

async fn joining(
    tx: &mut Tx,
    ctx: &Ctx,
    group: &Group,
    members: &[Volume],
    ids: &[String],
) -> Result<Vec<Volume>> {
    let mut joining: Vec<Volume> = Vec::new();
    for id in ids {
        let is = |volume: &Volume| volume.id.to_string() == *id;
        if members.iter().any(is) || joining.iter().any(is) {
            continue;
        }
        let found = match id.parse::<VolumeId>() {
            Ok(id) => tx.volume(id).await?,
            Err(_) => None,
        };
        let seen = found.filter(|volume| confined_to(ctx).is_none_or(|own| *own == volume.project_id));
        match seen.ok_or("because volume cannot be found.".to_owned()).and_then(|volume| fits(group, volume))
        {
            Ok(volume) if volume.cluster_id() != group.cluster_id => {
                return Err(refused("Volume is not local to this node.".to_owned()));
            }
            Ok(volume) => joining.push(volume),
            Err(why) => return Err(refused(format!("Cannot add volume {id} to group {} {why}", group.id))),
        }
    }
    Ok(joining)
}

fn fits(group: &Group, volume: Volume) -> Result<Volume, String> {
    if let Some(other) = volume.group_id {
        return Err(format!("because it is already in group {other}."));
    }
    if volume.project_id != group.project_id {
        return Err("as they belong to different projects.".to_owned());
    }
    let Some(volume_type) = volume.volume_type_id else {
        return Err("because it has no volume type.".to_owned());
    };
    if !group.volume_types.contains(&volume_type) {
        return Err(format!("because volume type {volume_type} is not supported by the group."));
    }
    if !MAY_JOIN.contains(&volume.status) {
        return Err(bad_status(&volume, MAY_JOIN));
    }
    Ok(volume)
}

fn leaving(group: &Group, members: Vec<Volume>, ids: &[String]) -> Result<Vec<Volume>> {
    let leaving: Vec<Volume> =
        members.into_iter().filter(|volume| ids.contains(&volume.id.to_string())).collect();
    let refuse = |id: &str, why: &str| {
        Err(refused(format!("Cannot remove volume {id} from group {} {why}", group.id)))
    };
    if let Some(volume) = leaving.iter().find(|volume| !MAY_LEAVE.contains(&volume.status)) {
        return refuse(&volume.id.to_string(), &bad_status(volume, MAY_LEAVE));
    }
    match ids.iter().find(|id| !leaving.iter().any(|volume| volume.id.to_string() == **id)) {
        Some(stranger) => refuse(stranger, "because it is not in the group."),
        None => Ok(leaving),
    }
}

/// The valid ones as Python prints a tuple.
fn bad_status(volume: &Volume, valid: &[VolumeStatus]) -> String {
    let valid = valid.iter().map(|status| format!("'{status}'")).collect::<Vec<_>>().join(", ");
    format!("because volume is in an invalid state: {}. Valid states are: ({valid}).", volume.status)
}
