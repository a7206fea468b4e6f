//! Which blocks differ between two snapshots of one chain (`lightbits-api` §2.5).

use super::{Moment, layers};
use crate::simulator::model::extents::BLOCK;
use crate::simulator::model::{Extents, Snapshot, SnapshotState};
use crate::simulator::refusal::{Refusal, Result};

/// Ranges in one answer.
pub const PAGE: usize = 10_000;
/// Offsets are rounded down to a multiple of this many blocks.
const GRAIN: u64 = 64;

pub struct Page {
    /// Where to go on; 0 when there is no more.
    pub next_offset: u64,
    /// First block and the one after the last.
    pub ranges: Vec<(u64, u64)>,
}

pub fn changed(at: &Moment<'_>, target: &Snapshot, base: Option<&Snapshot>, offset: u64) -> Result<Page> {
    for snapshot in std::iter::once(target).chain(base) {
        if !matches!(snapshot.state, SnapshotState::Available | SnapshotState::Deleting) {
            return Err(Refusal::precondition(format!(
                "snapshot {} is {}",
                snapshot.name,
                snapshot.state.name()
            )));
        }
    }
    if base.is_some_and(|base| base.uuid == target.uuid) {
        return Err(Refusal::invalid("the snapshots are the same"));
    }
    let mut changed = collect(at, target, base)?;
    changed.truncate(target.size / BLOCK);
    let from = offset - offset % GRAIN;
    let mut left = changed.ranges().filter(|(_, end)| *end > from).map(|(start, end)| (start.max(from), end));
    let ranges: Vec<(u64, u64)> = left.by_ref().take(PAGE).collect();
    // The next page begins at a grain, so a range that straddles it is told twice; that is harmless.
    let next_offset = left.next().map_or(0, |(start, _)| start - start % GRAIN);
    Ok(Page { next_offset, ranges })
}

fn collect(at: &Moment<'_>, target: &Snapshot, base: Option<&Snapshot>) -> Result<Extents> {
    let stop = base.and_then(|base| base.layer);
    let mut changed = Extents::default();
    let mut reached = base.is_none();
    for layer in layers::chain(at.tables, target.layer) {
        if Some(layer.uuid) == stop {
            reached = true;
            break;
        }
        changed.extend(&layer.extents);
    }
    if !reached {
        return Err(Refusal::invalid("the base is not an older snapshot of the same chain"));
    }
    Ok(changed)
}
