//! From a volume's bytes to objects. Pure: what is to be written comes out as events.
//!
//! A full backup is cut every `chunk` bytes. Of an incremental one only runs of changed blocks
//! become objects, which end where the run ends, or the chunk.

use md5::{Digest as _, Md5};

use super::Trouble;
use super::compression::{Compression, Encoder};
use super::hashes::Hash;
use super::manifest::Entry;

pub(super) enum Event {
    Begin(String),
    Data(Vec<u8>),
    End(String, Entry),
}

pub(super) struct Cutter {
    prefix: String,
    chunk: u64,
    block: u64,
    compression: Compression,
    /// Objects begun.
    count: u32,
    open: Option<Open>,
}

struct Open {
    name: String,
    offset: u64,
    length: u64,
    md5: Md5,
    encoder: Encoder,
}

impl Cutter {
    pub(super) fn new(prefix: &str, (chunk, block): (u64, u64), compression: Compression) -> Self {
        Self { prefix: prefix.to_owned(), chunk, block, compression, count: 0, open: None }
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// A piece, which lies within one chunk, with the hash of each of its blocks; `parent`: those
    /// that it had before.
    pub(super) fn feed(
        &mut self,
        offset: u64,
        piece: &[u8],
        (hashes, parent): (&[Hash], Option<&[Hash]>),
    ) -> Result<Vec<Event>, Trouble> {
        let mut events = Vec::new();
        if offset.is_multiple_of(self.chunk) {
            self.end(&mut events)?;
        }
        let block = usize::try_from(self.block).unwrap_or(usize::MAX);
        let mut at = 0;
        while at < piece.len() {
            let is_kept =
                |at: usize| parent.is_some_and(|parent| parent.get(at / block) == hashes.get(at / block));
            let kept = is_kept(at);
            let begin = at;
            while at < piece.len() && is_kept(at) == kept {
                at = at.saturating_add(block);
            }
            at = at.min(piece.len());
            if kept {
                self.end(&mut events)?;
            } else {
                self.add(offset + begin as u64, &piece[begin..at], &mut events)?;
            }
        }
        Ok(events)
    }

    /// Nothing comes any more.
    pub(super) fn finish(&mut self) -> Result<Vec<Event>, Trouble> {
        let mut events = Vec::new();
        self.end(&mut events)?;
        Ok(events)
    }

    fn add(&mut self, offset: u64, data: &[u8], events: &mut Vec<Event>) -> Result<(), Trouble> {
        if self.open.is_none() {
            self.count += 1;
            let name = format!("{}-{:05}", self.prefix, self.count);
            events.push(Event::Begin(name.clone()));
            let encoder = self.compression.encoder();
            self.open = Some(Open { name, offset, length: 0, md5: Md5::new(), encoder });
        }
        if let Some(open) = &mut self.open {
            open.length += data.len() as u64;
            open.md5.update(data);
            let out = open.encoder.feed(data).map_err(not_compressed)?;
            if !out.is_empty() {
                events.push(Event::Data(out));
            }
        }
        Ok(())
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Trouble> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let rest = open.encoder.finish().map_err(not_compressed)?;
        if !rest.is_empty() {
            events.push(Event::Data(rest));
        }
        let entry = Entry {
            compression: self.compression.as_str().to_owned(),
            length: open.length,
            md5: hex::encode(open.md5.finalize()),
            offset: open.offset,
        };
        events.push(Event::End(open.name, entry));
        Ok(())
    }
}

fn not_compressed(error: std::io::Error) -> Trouble {
    Trouble::Storage { doing: "compressing the data of the backup failed", detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::hashes::hashes;
    use super::*;

    fn objects(events: Vec<Event>) -> Vec<(String, u64, u64)> {
        let end = |event| match event {
            Event::End(name, entry) => Some((name, entry.offset, entry.length)),
            _ => None,
        };
        events.into_iter().filter_map(end).collect()
    }

    #[test]
    fn a_full_backup_is_cut_into_chunks() {
        let mut cutter = Cutter::new("p", (8, 2), Compression::None);
        let mut events = Vec::new();
        for (offset, piece) in [(0, &b"abcdef"[..]), (6, b"gh"), (8, b"ijkl")] {
            events.extend(cutter.feed(offset, piece, (&hashes(piece, 2), None)).unwrap());
        }
        events.extend(cutter.finish().unwrap());
        assert_eq!(objects(events), [("p-00001".to_owned(), 0, 8), ("p-00002".to_owned(), 8, 4)]);
        assert_eq!(cutter.count(), 2);
    }

    #[test]
    fn of_an_incremental_one_only_runs_of_changes_stay() {
        let before = hashes(b"abcdefghijkl", 2);
        let now = b"abXXXXghXXXl";
        let mut cutter = Cutter::new("p", (8, 2), Compression::None);
        let mut events = Vec::new();
        for range in [0..4usize, 4..8, 8..12] {
            let piece = &now[range.clone()];
            let parent = &before[range.start / 2..range.end / 2];
            let offset = range.start as u64;
            events.extend(cutter.feed(offset, piece, (&hashes(piece, 2), Some(parent))).unwrap());
        }
        events.extend(cutter.finish().unwrap());
        assert_eq!(objects(events), [("p-00001".to_owned(), 2, 4), ("p-00002".to_owned(), 8, 4)]);
        let mut same = Cutter::new("p", (8, 2), Compression::None);
        let none = same.feed(0, b"abcd", (&before[..2], Some(&before[..2]))).unwrap();
        assert!(none.is_empty() && same.finish().unwrap().is_empty());
    }
}
