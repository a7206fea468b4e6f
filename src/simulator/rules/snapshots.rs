//! Snapshots: create, delete, and how their states end.

use uuid::Uuid;

use super::volumes::Handle;
use super::{Fate, Moment, input, layers, protection};
use crate::simulator::model::{Kind, Pending, Record, Snapshot, SnapshotState, Volume, VolumeState};
use crate::simulator::refusal::{Refusal, Result};

#[derive(Debug, Clone)]
pub struct NewSnapshot {
    pub project: String,
    pub name: String,
    pub source: Option<Handle>,
    pub description: String,
    pub retention_seconds: Option<u64>,
}

pub fn create(at: &Moment<'_>, new: NewSnapshot) -> Result<(Vec<Record>, Snapshot)> {
    input::name(&new.name)?;
    input::description(&new.description)?;
    if !at.tables.projects.contains_key(&new.project) {
        return Err(Refusal::invalid(format!("no project {:?}", new.project)));
    }
    let found = match &new.source {
        None => return Err(Refusal::invalid("give sourceVolumeUUID or sourceVolumeName")),
        Some(Handle::Uuid(uuid)) => at.tables.volumes.get(uuid).filter(|it| it.project == new.project),
        Some(Handle::Name(name)) => at.tables.volume_named(&new.project, name),
    };
    let volume = found.ok_or_else(|| Refusal::not_found("no such source volume"))?;
    let blocked = name_is_parked(at, &new)?;
    check_source(at, volume)?;
    let writable = protection::of(at, volume).is_writable();
    let doomed = blocked || !writable || at.fate == Fate::Doomed;
    Ok(freeze(at, volume, new, doomed))
}

/// A live snapshot of this name refuses the request. One that is `Deleting` still holds the name
/// too, but that comes out later: the new one ends `Failed` (`lightbits-api` §3.3).
fn name_is_parked(at: &Moment<'_>, new: &NewSnapshot) -> Result<bool> {
    let mut parked = false;
    for other in at.tables.snapshots_named(&new.project, &new.name) {
        match other.state {
            SnapshotState::Creating | SnapshotState::Available => {
                return Err(Refusal::exists(format!("snapshot {:?} exists", new.name)));
            }
            SnapshotState::Deleting => parked = true,
            SnapshotState::Failed => {}
        }
    }
    Ok(parked)
}

fn check_source(at: &Moment<'_>, volume: &Volume) -> Result<()> {
    use VolumeState as S;
    match volume.state {
        S::Available | S::Migrating => {}
        S::Updating => return Err(transient(at, "the source volume is being updated")),
        S::Creating | S::Rollback => {
            return Err(Refusal::unavailable("the source volume is busy, try again later"));
        }
        S::Deleting | S::Failed => {
            return Err(Refusal::precondition(format!("the source volume is {}", volume.state.name())));
        }
    }
    let busy = at.tables.snapshots_of(volume.uuid).any(|other| other.state == SnapshotState::Creating);
    if busy {
        return Err(transient(at, "another snapshot of the volume is being created"));
    }
    Ok(())
}

/// Real clusters give any of three codes for the same passing condition (`lightbits-api` §1.8).
fn transient(at: &Moment<'_>, why: &str) -> Refusal {
    match at.turn % 3 {
        0 => Refusal::precondition(why),
        1 => Refusal::unavailable(why),
        _ => Refusal::internal(why),
    }
}

/// The volume's open layer is the snapshot's from now on.
fn freeze(at: &Moment<'_>, volume: &Volume, new: NewSnapshot, doomed: bool) -> (Vec<Record>, Snapshot) {
    let snapshot = Snapshot {
        uuid: Uuid::new_v4(),
        name: new.name,
        project: new.project,
        state: SnapshotState::Creating,
        due: Some(at.after(at.options.timings.snapshot)),
        doomed,
        description: new.description,
        retention_seconds: new.retention_seconds,
        source_uuid: volume.uuid,
        source_name: volume.name.clone(),
        size: volume.size,
        replicas: volume.replicas,
        nodes: volume.nodes.clone(),
        nsid: volume.nsid,
        acl: volume.acl.clone(),
        ip_acl: volume.ip_acl.clone(),
        compression: volume.compression,
        sector_size: volume.sector_size,
        labels: volume.labels.clone(),
        created: at.now,
        layer: volume.layer.filter(|_| !doomed),
    };
    let mut source = Volume { revision: volume.revision + 1, ..volume.clone() };
    let mut records = Vec::new();
    if let Some(frozen) = snapshot.layer.and_then(|layer| at.tables.layers.get(&layer)) {
        let fresh = layers::above(frozen, &volume.nodes, frozen.stored_percent);
        source.layer = Some(fresh.uuid);
        records.push(Record::Layer(Box::new(fresh)));
    }
    records.push(Record::Volume(Box::new(source)));
    records.push(at.created(Kind::Snapshot, &snapshot.project, &snapshot.name, snapshot.uuid));
    records.push(Record::Snapshot(Box::new(snapshot.clone())));
    (records, snapshot)
}

pub fn delete(at: &Moment<'_>, snapshot: &Snapshot, if_match: Option<&str>) -> Result<Vec<Record>> {
    match snapshot.state {
        SnapshotState::Available => {}
        SnapshotState::Creating => return Err(Refusal::unavailable("the snapshot is being created")),
        state => return Err(Refusal::precondition(format!("the snapshot is {}", state.name()))),
    }
    // A snapshot's ETag is empty, so that any other matches nothing.
    if if_match.is_some_and(|tag| !tag.is_empty()) {
        return Err(Refusal::stale_etag(&at.options.quirks));
    }
    let source = at.tables.volumes.get(&snapshot.source_uuid);
    if source.is_some_and(|volume| volume.pending == Some(Pending::Rollback(snapshot.uuid))) {
        return Err(Refusal::unavailable("the volume is being rolled back to this snapshot"));
    }
    let ledger = at.deleted(Kind::Snapshot, &snapshot.project, &snapshot.name);
    Ok(vec![going(at, snapshot), ledger])
}

fn going(at: &Moment<'_>, snapshot: &Snapshot) -> Record {
    let due = Some(at.after(at.options.timings.snapshot_delete));
    Record::Snapshot(Box::new(Snapshot { state: SnapshotState::Deleting, due, ..snapshot.clone() }))
}

/// A parked snapshot whose last clone has gone.
pub fn due_now(at: &Moment<'_>, snapshot: &Snapshot) -> Record {
    Record::Snapshot(Box::new(Snapshot { due: Some(at.now), ..snapshot.clone() }))
}

/// The present state of a snapshot is over.
pub fn finish(at: &Moment<'_>, snapshot: &Snapshot) -> Vec<Record> {
    match snapshot.state {
        SnapshotState::Creating => vec![created(at, snapshot)],
        // Its retention time is over.
        SnapshotState::Available => vec![going(at, snapshot)],
        SnapshotState::Deleting if at.tables.clones_of(snapshot.uuid).next().is_some() => {
            vec![Record::Snapshot(Box::new(Snapshot { due: None, ..snapshot.clone() }))]
        }
        SnapshotState::Deleting | SnapshotState::Failed => {
            let mut records = vec![Record::SnapshotGone(snapshot.uuid)];
            records.extend(snapshot.layer.map(|layer| layers::release(at.tables, layer)).unwrap_or_default());
            records
        }
    }
}

fn created(at: &Moment<'_>, snapshot: &Snapshot) -> Record {
    let (state, due) = if snapshot.doomed {
        (SnapshotState::Failed, Some(at.after(at.options.timings.husk)))
    } else {
        let expiry = |seconds| at.after(std::time::Duration::from_secs(seconds));
        (SnapshotState::Available, snapshot.retention_seconds.map(expiry))
    };
    Record::Snapshot(Box::new(Snapshot { state, due, ..snapshot.clone() }))
}
