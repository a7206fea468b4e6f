//! Which blocks were written, as layers.
//!
//! A volume writes to its open layer. A snapshot freezes that layer and the volume goes on in a
//! fresh one above it; a clone opens a layer above the snapshot's. So the changed blocks between
//! two snapshots are the layers between them, and what a delete frees is the layer nobody else
//! stands on. The data itself is somewhere else (a sparse file), or nowhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Bytes in one LBA of the change records, and the grain of volume sizes.
pub const BLOCK: u64 = 4096;

/// A set of block numbers as disjoint, non-touching ranges: start → end (exclusive).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extents {
    ranges: BTreeMap<u64, u64>,
    blocks: u64,
}

impl Extents {
    /// Adds `from..to` and says how many blocks were not there before.
    pub fn insert(&mut self, from: u64, to: u64) -> u64 {
        if from >= to {
            return 0;
        }
        let (mut start, mut end, mut known) = (from, to, 0);
        let touching: Vec<(u64, u64)> =
            self.ranges.range(..=to).rev().take_while(|(_, e)| **e >= from).map(|(s, e)| (*s, *e)).collect();
        for (s, e) in touching {
            known += e.min(to).saturating_sub(s.max(from));
            start = start.min(s);
            end = end.max(e);
            self.ranges.remove(&s);
        }
        self.ranges.insert(start, end);
        let added = (to - from) - known;
        self.blocks += added;
        added
    }
    pub fn extend(&mut self, other: &Self) {
        for (from, to) in other.ranges() {
            self.insert(from, to);
        }
    }
    /// Drops everything from block `end` on.
    pub fn truncate(&mut self, end: u64) {
        self.ranges.split_off(&end);
        if let Some(mut last) = self.ranges.last_entry() {
            let cut = (*last.get()).min(end);
            last.insert(cut);
        }
        self.blocks = self.ranges().map(|(from, to)| to - from).sum();
    }
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.ranges.iter().map(|(from, to)| (*from, *to))
    }
    pub const fn blocks(&self) -> u64 {
        self.blocks
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    pub uuid: Uuid,
    pub parent: Option<Uuid>,
    /// A volume or snapshot owns it. One that nobody owns is kept while two or more stand on it.
    pub held: bool,
    pub nodes: Vec<Uuid>,
    /// What compression leaves of a hundred bytes.
    pub stored_percent: u32,
    pub extents: Extents,
}

impl Layer {
    pub fn logical_bytes(&self) -> u64 {
        self.extents.blocks() * BLOCK
    }
    /// On each of its nodes.
    pub fn stored_bytes(&self) -> u64 {
        stored(self.logical_bytes(), self.stored_percent)
    }
}

pub fn stored(logical: u64, percent: u32) -> u64 {
    u64::try_from(u128::from(logical) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn touching_ranges_become_one() {
        let mut set = Extents::default();
        assert_eq!(set.insert(0, 4), 4);
        assert_eq!(set.insert(8, 12), 4);
        assert_eq!(set.insert(4, 8), 4);
        assert_eq!(set.ranges().collect::<Vec<_>>(), [(0, 12)]);
        assert_eq!(set.insert(3, 5), 0);
        set.truncate(5);
        assert_eq!(set.ranges().collect::<Vec<_>>(), [(0, 5)]);
    }

    proptest! {
        #[test]
        fn agrees_with_a_set_of_blocks(ranges in prop::collection::vec((0u64..60, 0u64..20), 0..40), cut in 0u64..80) {
            let (mut extents, mut model) = (Extents::default(), BTreeSet::new());
            for (from, length) in ranges {
                let before = model.len() as u64;
                model.extend(from..from + length);
                prop_assert_eq!(extents.insert(from, from + length), model.len() as u64 - before);
            }
            extents.truncate(cut);
            model.retain(|block| *block < cut);
            prop_assert_eq!(extents.ranges().flat_map(|(from, to)| from..to).collect::<BTreeSet<_>>(), model);
            let ranges: Vec<_> = extents.ranges().collect();
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
