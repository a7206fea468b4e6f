//! How each asynchronous state ends when its time has come.

use super::{Moment, layers, placement, snapshots, volumes};
use crate::simulator::model::{Node, NodeState, Pending, Record, Volume, VolumeState, What};

/// The records that end `what`'s present state. Always moves or clears its due time.
pub fn finish(at: &Moment<'_>, what: What) -> Vec<Record> {
    match what {
        What::Volume(uuid) => at.tables.volumes.get(&uuid).map(|volume| volume_due(at, volume)),
        What::Snapshot(uuid) => {
            at.tables.snapshots.get(&uuid).map(|snapshot| snapshots::finish(at, snapshot))
        }
        What::Node(index) => at.tables.nodes.get(&index).map(|node| vec![node_active(node)]),
    }
    .unwrap_or_default()
}

fn node_active(node: &Node) -> Record {
    Record::Node(Node { state: NodeState::Active, due: None, revision: node.revision + 1, ..node.clone() })
}

fn volume_due(at: &Moment<'_>, volume: &Volume) -> Vec<Record> {
    let volume = volume.clone();
    match volume.pending.clone() {
        Some(Pending::Place) => place(at, volume),
        Some(Pending::Fail) => vec![failed(at, volume)],
        Some(Pending::Change(change)) => volumes::finish_update(at, volume, change),
        Some(Pending::Rollback(snapshot)) => volumes::finish_rollback(at, volume, snapshot),
        Some(Pending::Vanish) => volumes::finish_delete(at, &volume),
        Some(Pending::Settle) | None => {
            let settled = Volume { state: VolumeState::Available, due: None, pending: None, ..volume };
            vec![Record::Volume(Box::new(settled))]
        }
    }
}

fn failed(at: &Moment<'_>, volume: Volume) -> Record {
    let due = Some(at.after(at.options.timings.husk));
    Record::Volume(Box::new(Volume {
        state: VolumeState::Failed,
        due,
        pending: Some(Pending::Vanish),
        ..volume
    }))
}

fn place(at: &Moment<'_>, volume: Volume) -> Vec<Record> {
    let Some(nodes) = placement::choose(at, &volume) else { return vec![failed(at, volume)] };
    let percent = at.options.stored_percent(volume.compression);
    let source = volume.source.as_ref().and_then(|source| at.tables.snapshots.get(&source.uuid));
    let frozen = source.and_then(|snapshot| at.tables.layers.get(&snapshot.layer?));
    let layer =
        frozen.map_or_else(|| layers::root(&nodes, percent), |below| layers::above(below, &nodes, percent));
    let placed = Volume { nodes, nsid: at.tables.next_nsid(), layer: Some(layer.uuid), ..volume };
    let settled = if migrates(at) {
        let due = Some(at.after(at.options.timings.migrate));
        Volume { state: VolumeState::Migrating, due, pending: Some(Pending::Settle), ..placed }
    } else {
        Volume { state: VolumeState::Available, due: None, pending: None, ..placed }
    };
    vec![Record::Layer(Box::new(layer)), Record::Volume(Box::new(settled))]
}

/// Drawn from the seed and the turn, so that a run can be repeated.
fn migrates(at: &Moment<'_>) -> bool {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let chance = at.options.migrating.clamp(0.0, 1.0);
    chance > 0.0
        && StdRng::seed_from_u64(at.options.seed ^ at.turn.wrapping_mul(0x9E37_79B9)).random_bool(chance)
}
