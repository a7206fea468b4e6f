//! Which blocks were written, as layers.
//!
//! A volume writes to its open layer. A snapshot freezes that layer and the volume goes on in a
//! fresh one above it; a clone opens a layer above the snapshot's. So the changed blocks between
//! two snapshots are the layers between them, and what a delete frees is the layer nobody else
//! stands on. The data itself is somewhere else (a sparse file), or nowhere.
//!
//! A layer that is folded into the one above brings its file along: no data moves, and a
//! process killed at any moment has lost none.

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
    /// Drops the blocks `from..to` and says how many of them were there.
    pub fn remove(&mut self, from: u64, to: u64) -> u64 {
        let gone: Vec<(u64, u64)> = self.within(from, to).collect();
        for (start, end) in &gone {
            let Some((whole, last)) = self.ranges.range(..=start).next_back().map(|(s, e)| (*s, *e)) else {
                continue;
            };
            self.ranges.remove(&whole);
            if whole < *start {
                self.ranges.insert(whole, *start);
            }
            if *end < last {
                self.ranges.insert(*end, last);
            }
        }
        let gone = gone.iter().map(|(start, end)| end - start).sum();
        self.blocks -= gone;
        gone
    }
    /// What of `from..to` is in the set.
    pub fn within(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let first = self.ranges.range(..=from).next_back().map_or(from, |(start, _)| *start);
        let touching = self.ranges.range(first..to.max(first));
        touching.map(move |(s, e)| ((*s).max(from), (*e).min(to))).filter(|(s, e)| s < e)
    }
    fn covers(&self, other: &Self) -> bool {
        other.ranges().all(|(from, to)| self.within(from, to).map(|(s, e)| e - s).sum::<u64>() == to - from)
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
    /// Which file has which blocks, the one that counts first; empty while there is one only,
    /// named after the layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<DataFile>,
}

/// Blocks in one file of data, each at its own place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    pub uuid: Uuid,
    pub extents: Extents,
}

impl Layer {
    /// The blocks are in the layer's own file now.
    pub fn insert(&mut self, from: u64, to: u64) {
        self.extents.insert(from, to);
        if let Some(own) = self.files.first_mut() {
            own.extents.insert(from, to);
        }
    }
    /// The blocks are nowhere in this layer any more.
    pub fn remove(&mut self, from: u64, to: u64) {
        self.extents.remove(from, to);
        for file in &mut self.files {
            file.extents.remove(from, to);
        }
    }
    pub fn truncate(&mut self, end: u64) {
        self.extents.truncate(end);
        for file in &mut self.files {
            file.extents.truncate(end);
        }
    }
    /// Takes over what the layer below has and this one has not.
    pub fn absorb(&mut self, lower: &Self) {
        let mut files = std::mem::take(&mut self.files);
        if files.is_empty() {
            files.push(DataFile { uuid: self.uuid, extents: self.extents.clone() });
        }
        let wanted = lower.files().filter(|(_, extents)| !self.extents.covers(extents));
        files.extend(wanted.map(|(uuid, extents)| DataFile { uuid, extents: extents.clone() }));
        if files.len() > 1 {
            self.files = files;
        }
        self.extents.extend(&lower.extents);
    }
    /// The files that have its data, the one that counts first.
    pub fn files(&self) -> impl Iterator<Item = (Uuid, &Extents)> {
        let own = self.files.is_empty().then_some((self.uuid, &self.extents));
        own.into_iter().chain(self.files.iter().map(|file| (file.uuid, &file.extents)))
    }

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
            prop_assert_eq!(&extents.ranges().flat_map(|(from, to)| from..to).collect::<BTreeSet<_>>(), &model);
            let (from, to) = (cut / 3, cut);
            prop_assert_eq!(
                extents.within(from, to).flat_map(|(from, to)| from..to).collect::<Vec<_>>(),
                model.range(from..to).copied().collect::<Vec<_>>()
            );
            let gone = model.len();
            model.retain(|block| !(from..to).contains(block));
            prop_assert_eq!(extents.remove(from, to), (gone - model.len()) as u64);
            prop_assert_eq!(extents.blocks(), model.len() as u64);
            prop_assert_eq!(&extents.ranges().flat_map(|(from, to)| from..to).collect::<BTreeSet<_>>(), &model);
            let ranges: Vec<_> = extents.ranges().collect();
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
