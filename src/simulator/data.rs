//! The bytes of the volumes: one sparse file for each layer that was ever written to, made by
//! its first write. What no file has is zero.
//!
//! A block is in the topmost layer that has it, in the first of that layer's files that has it.
//! The lists of blocks are kept by the journal, after the bytes are in their file: a write that
//! was cut off between the two was never answered, and is not there.
//!
//! What is called a file here is as many as its length needs, for a file system's largest file
//! is smaller than a cluster's largest volume.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use uuid::Uuid;

use super::model::extents::BLOCK;
use super::model::{Layer, Record, Tables};
use super::rules::layers;

/// Bytes of one file.
const SEGMENT: u64 = 1 << 40;

#[derive(Debug)]
pub struct Data {
    dir: PathBuf,
}

impl Data {
    /// Files that no layer speaks of are left-overs of a killed process.
    pub fn open(dir: &Path, tables: &Tables) -> Self {
        let data = Self { dir: dir.join("data") };
        let known: HashSet<Uuid> =
            tables.layers.values().flat_map(|layer| layer.files().map(|(file, _)| file)).collect();
        for entry in fs::read_dir(&data.dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let named = name.to_str().and_then(|name| name.split('.').next()?.parse().ok());
            if named.is_some_and(|uuid: Uuid| !known.contains(&uuid)) {
                data.remove(&entry.path());
            }
        }
        data
    }

    /// Fills `into` with what `top` and the layers below it have at `offset`.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&self, tables: &Tables, top: Option<Uuid>, offset: u64, into: &mut [u8]) -> io::Result<()> {
        into.fill(0);
        let end = offset + into.len() as u64;
        let mut missing = vec![(offset / BLOCK, end.div_ceil(BLOCK))];
        for (uuid, extents) in layers::chain(tables, top).flat_map(Layer::files) {
            let found = |(from, to): &(u64, u64)| extents.within(*from, *to).collect::<Vec<_>>();
            let here: Vec<(u64, u64)> = missing.iter().flat_map(found).collect();
            if here.is_empty() {
                continue;
            }
            for (from, to) in &here {
                let (start, stop) = ((from * BLOCK).max(offset), (to * BLOCK).min(end));
                let part = into.get_mut((start - offset) as usize..(stop - offset) as usize);
                self.read_file(uuid, start, part.unwrap_or_default())?;
            }
            missing = missing.iter().flat_map(|range| without(*range, &here)).collect();
        }
        Ok(())
    }

    /// Puts `bytes` at `offset` into the layer's own file.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, tables: &Tables, layer: Uuid, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = offset + bytes.len() as u64;
        let (first, last) = (offset / BLOCK * BLOCK, end.div_ceil(BLOCK) * BLOCK);
        if (first, last) == (offset, end) {
            return self.write_file(layer, offset, bytes);
        }
        // Sectors are smaller than blocks: what is around them comes along.
        let mut whole = vec![0; (last - first) as usize];
        self.read(tables, Some(layer), first, &mut whole)?;
        if let Some(part) = whole.get_mut((offset - first) as usize..(end - first) as usize) {
            part.copy_from_slice(bytes);
        }
        self.write_file(layer, first, &whole)
    }

    /// Whole blocks of the layer's own file read as zeroes.
    ///
    /// # Errors
    /// The disk's.
    pub fn punch(&self, layer: Uuid, offset: u64, length: u64) -> io::Result<()> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        for (segment, at, part) in segments(offset, length) {
            fallocate(&self.make(layer, segment)?, flags, at, part)?;
        }
        Ok(())
    }

    /// Removes the files of the layers that these records end, but not of those that went into
    /// another layer.
    pub fn follow(&self, tables: &Tables, records: &[Record]) {
        let gone = records.iter().filter_map(|record| match record {
            Record::LayerGone(uuid) => tables.layers.get(uuid),
            _ => None,
        });
        for (uuid, extents) in gone.flat_map(Layer::files) {
            let kept = records.iter().any(|record| match record {
                Record::Layer(layer) => layer.files.iter().any(|file| file.uuid == uuid),
                _ => false,
            });
            if !kept && self.dir.exists() {
                let last = extents.ranges().last().map_or(0, |(_, end)| end * BLOCK / SEGMENT);
                (0..=last).for_each(|segment| self.remove(&self.path(uuid, segment)));
            }
        }
    }

    fn read_file(&self, file: Uuid, offset: u64, mut into: &mut [u8]) -> io::Result<()> {
        for (segment, at, length) in segments(offset, into.len() as u64) {
            let (part, rest) = into.split_at_mut(length as usize);
            into = rest;
            match File::open(self.path(file, segment)) {
                // Blocks that only the control endpoint wrote, which says where and not what.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => read_as_far(&other?, part, at)?,
            }
        }
        Ok(())
    }

    fn write_file(&self, file: Uuid, offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        for (segment, at, length) in segments(offset, bytes.len() as u64) {
            let (part, rest) = bytes.split_at(length as usize);
            bytes = rest;
            self.make(file, segment)?.write_all_at(part, at)?;
        }
        Ok(())
    }

    fn make(&self, file: Uuid, segment: u64) -> io::Result<File> {
        let path = self.path(file, segment);
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.dir)?;
                open()
            }
            other => other,
        }
    }

    fn path(&self, file: Uuid, segment: u64) -> PathBuf {
        self.dir.join(format!("{file}.{segment}"))
    }

    fn remove(&self, path: &Path) {
        match fs::remove_file(path) {
            // Blocks that only the control endpoint wrote have no file.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "cannot remove the data of a layer");
            }
            _ => {}
        }
    }
}

/// The parts of a range: which file, where in it, how many bytes.
fn segments(mut offset: u64, length: u64) -> impl Iterator<Item = (u64, u64, u64)> {
    let end = offset + length;
    std::iter::from_fn(move || {
        let (segment, at) = (offset / SEGMENT, offset % SEGMENT);
        let part = (SEGMENT - at).min(end - offset);
        offset += part;
        (part > 0).then_some((segment, at, part))
    })
}

/// Beyond the end of a sparse file there are zeroes.
fn read_as_far(file: &File, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !into.is_empty() {
        match file.read_at(into, offset) {
            Ok(0) => break,
            Ok(read) => {
                into = into.get_mut(read..).unwrap_or_default();
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// `range` without those of `gone`, which are in order.
fn without(range: (u64, u64), gone: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let (mut from, to) = range;
    let mut left = Vec::new();
    for (start, end) in gone.iter().filter(|(start, end)| *end > range.0 && *start < to) {
        if from < *start {
            left.push((from, *start));
        }
        from = (*end).max(from);
    }
    if from < to {
        left.push((from, to));
    }
    left
}
