//! Changing a volume in place, and rolling it back to one of its snapshots.

use super::{Handle, Target, check_idle, named_policy};
use crate::simulator::model::extents::BLOCK;
use crate::simulator::model::{Change, Label, Layer, Pending, Record, SnapshotState, Volume, VolumeState};
use crate::simulator::refusal::{Refusal, Result};
use crate::simulator::rules::{Moment, input, layers};

/// An update request; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub size: String,
    /// Shrinking must be asked for.
    pub force: bool,
    pub acl: Option<Vec<String>>,
    pub ip_acl: Option<Vec<String>>,
    pub compression: String,
    pub policy_uuid: String,
    pub policy_name: String,
    pub labels: Option<Vec<Label>>,
    pub new_name: String,
}

pub fn update(at: &Moment<'_>, target: Target, update: Update) -> Result<Vec<Record>> {
    check_idle(&target.volume)?;
    target.check_etag(at)?;
    let volume = target.volume;
    let change = Change {
        size: new_size(&volume, &update)?,
        acl: update.acl.map(|acl| input::acl(&acl).map(|()| acl)).transpose()?,
        ip_acl: update.ip_acl.map(|acl| input::ip_acl(&acl).map(|()| acl)).transpose()?,
        compression: input::compression(&update.compression)?,
        policy: named_policy(at, &volume.project, &update.policy_uuid, &update.policy_name)?
            .map(|it| it.uuid),
        labels: update.labels.map(|labels| input::labels(labels, &at.options.quirks)).transpose()?,
    };
    let name = new_name(at, &volume, update.new_name)?;
    let updated = Volume {
        // At once, so that nobody else takes the name while the rest of the update is under way.
        name,
        state: VolumeState::Updating,
        due: Some(at.after(at.options.timings.update)),
        pending: Some(Pending::Change(change)),
        revision: volume.revision + 1,
        ..volume
    };
    Ok(vec![Record::Volume(Box::new(updated))])
}

fn new_size(volume: &Volume, update: &Update) -> Result<Option<u64>> {
    if update.size.is_empty() {
        return Ok(None);
    }
    let size = input::size(&update.size)?;
    if size < volume.size && !update.force {
        return Err(Refusal::invalid("shrinking a volume needs Force"));
    }
    Ok(Some(size))
}

fn new_name(at: &Moment<'_>, volume: &Volume, name: String) -> Result<String> {
    if name.is_empty() || name == volume.name {
        return Ok(volume.name.clone());
    }
    input::name(&name)?;
    match at.tables.volume_named(&volume.project, &name) {
        Some(other) if other.state.is_live() => Err(Refusal::exists(format!("volume {name:?} exists"))),
        _ => Ok(name),
    }
}

pub fn rollback(at: &Moment<'_>, target: Target, snapshot: Option<Handle>) -> Result<Vec<Record>> {
    let volume = target.volume;
    if volume.state == VolumeState::Deleting {
        return Err(Refusal::unavailable(format!("volume {} is Deleting", volume.uuid)));
    }
    check_idle(&volume)?;
    let found = match snapshot {
        None => return Err(Refusal::invalid("give srcSnapshotUUID or srcSnapshotName")),
        Some(Handle::Uuid(uuid)) => at.tables.snapshots.get(&uuid).filter(|it| it.project == volume.project),
        Some(Handle::Name(name)) => at.tables.snapshot_named(&volume.project, &name),
    };
    let snapshot = found.ok_or_else(|| Refusal::not_found("no such snapshot"))?;
    if snapshot.source_uuid != volume.uuid {
        return Err(Refusal::invalid("the snapshot is of another volume"));
    }
    if snapshot.state != SnapshotState::Available {
        return Err(Refusal::precondition(format!("the snapshot is {}", snapshot.state.name())));
    }
    let rolling = Volume {
        state: VolumeState::Rollback,
        due: Some(at.after(at.options.timings.rollback)),
        pending: Some(Pending::Rollback(snapshot.uuid)),
        revision: volume.revision + 1,
        ..volume
    };
    Ok(vec![Record::Volume(Box::new(rolling))])
}

/// The update is done.
pub fn finish_update(at: &Moment<'_>, volume: Volume, change: Change) -> Vec<Record> {
    let size = change.size.unwrap_or(volume.size);
    let cut = volume.layer.and_then(|layer| at.tables.layers.get(&layer)).filter(|_| size < volume.size);
    let mut records: Vec<Record> = cut
        .map(|layer| {
            let mut layer = layer.clone();
            layer.truncate(size / BLOCK);
            Record::Layer(Box::new(layer))
        })
        .into_iter()
        .collect();
    records.push(Record::Volume(Box::new(Volume {
        size,
        acl: change.acl.unwrap_or(volume.acl),
        ip_acl: change.ip_acl.unwrap_or(volume.ip_acl),
        compression: change.compression.unwrap_or(volume.compression),
        policy: change.policy.unwrap_or(volume.policy),
        labels: change.labels.unwrap_or(volume.labels),
        state: VolumeState::Available,
        due: None,
        pending: None,
        ..volume
    })));
    records
}

/// The volume stands on the snapshot's layer again; what it had written since is released.
pub fn finish_rollback(at: &Moment<'_>, volume: Volume, snapshot: uuid::Uuid) -> Vec<Record> {
    let snapshot = at.tables.snapshots.get(&snapshot);
    let frozen = snapshot.and_then(|it| it.layer).and_then(|layer| at.tables.layers.get(&layer));
    let mut records = Vec::new();
    let mut back = Volume { state: VolumeState::Available, due: None, pending: None, ..volume };
    // A snapshot that was deleted meanwhile leaves the volume as it is.
    if let (Some(snapshot), Some(frozen)) = (snapshot, frozen) {
        let fresh: Layer = layers::above(frozen, &back.nodes, at.options.stored_percent(back.compression));
        let old = back.layer.replace(fresh.uuid);
        back.size = snapshot.size;
        records.extend(old.map(|old| layers::release(at.tables, old)).unwrap_or_default());
        records.push(Record::Layer(Box::new(fresh)));
    }
    records.push(Record::Volume(Box::new(back)));
    records
}
