//! Deleting a volume. Its snapshots survive it.

use uuid::Uuid;

use super::{Target, check_idle};
use crate::simulator::model::{Kind, Pending, Record, SnapshotState, Volume, VolumeState};
use crate::simulator::refusal::Result;
use crate::simulator::rules::{Moment, layers, snapshots};

pub fn delete(at: &Moment<'_>, target: Target) -> Result<Vec<Record>> {
    check_idle(&target.volume)?;
    target.check_etag(at)?;
    let volume = target.volume;
    let ledger = at.deleted(Kind::Volume, &volume.project, &volume.name);
    let going = Volume {
        state: VolumeState::Deleting,
        due: Some(at.after(at.options.timings.delete)),
        pending: Some(Pending::Vanish),
        revision: volume.revision + 1,
        ..volume
    };
    Ok(vec![Record::Volume(Box::new(going)), ledger])
}

/// The volume is gone, and with the last clone a snapshot that waited for it.
pub fn finish_delete(at: &Moment<'_>, volume: &Volume) -> Vec<Record> {
    let mut records = vec![Record::VolumeGone(volume.uuid)];
    records.extend(volume.layer.map(|layer| layers::release(at.tables, layer)).unwrap_or_default());
    records.extend(volume.source.as_ref().and_then(|source| wake(at, volume.uuid, source.uuid)));
    records
}

/// The snapshot becomes due again: freeing it reads the layers as they are after this delete.
fn wake(at: &Moment<'_>, last: Uuid, snapshot: Uuid) -> Option<Record> {
    let snapshot = at.tables.snapshots.get(&snapshot)?;
    let waits = snapshot.state == SnapshotState::Deleting && snapshot.due.is_none();
    let others = at.tables.clones_of(snapshot.uuid).any(|clone| clone.uuid != last);
    (waits && !others).then(|| snapshots::due_now(at, snapshot))
}
