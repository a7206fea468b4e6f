//! A backup being made.

use bytes::Bytes;
use indexmap::IndexMap;

use super::blocks::Blocks;
use super::cutter::{Cutter, Event};
use super::hashes::{self, Hash, Head, hashes};
use super::manifest::{self, Manifest};
use super::objects::{Objects, Upload};
use super::{Place, Trouble, Vault};
use crate::domain::{BackupId, Bytes as Size, Timestamp, VolumeId};

/// What is read, hashed and compressed at once.
const PIECE: u64 = 2 << 20;

/// What is to be copied.
#[derive(Debug, Clone)]
pub struct CopyOut {
    pub place: Place,
    pub size: Size,
    pub backup: BackupId,
    pub volume: VolumeId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub created_at: Timestamp,
    /// To which the copy is to be the difference.
    pub parent: Option<Parent>,
    /// What else there is to be said of the volume, as `volume_meta` of Cinder.
    pub volume_meta: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Parent {
    pub id: BackupId,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub objects: u32,
}

impl Vault {
    /// Copies a volume. Can be done again at any time, with the same outcome.
    ///
    /// # Errors
    /// Then something may be left of it, for the next try or [`Vault::remove`].
    pub async fn copy_out(&self, blocks: &impl Blocks, copy: &CopyOut) -> Result<Written, Trouble> {
        let objects = self.objects().await?;
        let parent = match &copy.parent {
            Some(parent) => Some(self.hashes_of(&objects, parent).await?),
            None => None,
        };
        // Of an earlier try.
        objects.remove_all(&copy.place).await?;
        let mut work = Work::begin(self, &objects, copy, parent).await?;
        let mut offset = 0;
        while offset < copy.size.0 {
            let end_of_chunk = (offset / work.chunk + 1) * work.chunk;
            let length = work.piece.min(end_of_chunk - offset).min(copy.size.0 - offset);
            let piece = blocks.read(offset, usize::try_from(length).unwrap_or(usize::MAX)).await?;
            if piece.len() as u64 != length {
                return Err(Trouble::Volume(format!("{} bytes read instead of {length}", piece.len())));
            }
            work.take(offset, piece).await?;
            offset += length;
        }
        work.finish(copy).await
    }

    /// The hashes of the parent, once it is certain that they can be compared.
    async fn hashes_of(&self, objects: &Objects, parent: &Parent) -> Result<hashes::Reader, Trouble> {
        let (reader, old) = hashes::Reader::open(objects, &parent.place).await?;
        let new = self.settings.sha_block_size;
        if old != new {
            return Err(Trouble::invalid(format!(
                "Hash block size has changed since the last backup. New hash block size: {new}. Old hash block \
                 size: {old}. Do a full backup."
            )));
        }
        Ok(reader)
    }

    /// Removes whatever there is of a backup. That there is nothing is as good.
    ///
    /// # Errors
    /// Then some of it may be gone.
    pub async fn remove(&self, place: &Place) -> Result<(), Trouble> {
        let objects = self.objects().await?;
        objects.remove_all(place).await
    }

    /// Removes the folder that was made for a backup whose user named no container, if it is empty.
    pub async fn remove_folder(&self, place: &Place) {
        if let Ok(objects) = self.objects().await {
            objects.remove_folder(place).await;
        }
    }
}

/// A copy under way.
struct Work<'a> {
    objects: &'a Objects,
    place: &'a Place,
    chunk: u64,
    block: u64,
    piece: u64,
    parent: Option<hashes::Reader>,
    hashes: hashes::Writer,
    /// Away while a thread works with it.
    cutter: Option<Cutter>,
    upload: Option<Upload>,
    entries: Vec<IndexMap<String, manifest::Entry>>,
}

impl<'a> Work<'a> {
    async fn begin(
        vault: &Vault,
        objects: &'a Objects,
        copy: &'a CopyOut,
        parent: Option<hashes::Reader>,
    ) -> Result<Self, Trouble> {
        let (chunk, block) = (vault.settings.file_size, vault.settings.sha_block_size);
        let head = Head {
            backup_description: copy.description.clone(),
            backup_id: copy.backup.to_string(),
            backup_name: copy.name.clone(),
            chunk_size: block,
            created_at: python_time(copy.created_at),
        };
        Ok(Self {
            objects,
            place: &copy.place,
            chunk,
            block,
            piece: (PIECE / block * block).max(block),
            parent,
            hashes: hashes::Writer::begin(objects, &copy.place, &head, copy.volume.to_string()).await?,
            cutter: Some(Cutter::new(copy.place.prefix(), (chunk, block), vault.settings.compression)),
            upload: None,
            entries: Vec::new(),
        })
    }

    async fn take(&mut self, offset: u64, piece: Bytes) -> Result<(), Trouble> {
        let count = usize::try_from((piece.len() as u64).div_ceil(self.block)).unwrap_or(usize::MAX);
        let before = match &mut self.parent {
            Some(parent) => Some(parent.next(count).await?),
            None => None,
        };
        let (mut cutter, block) = (self.cutter.take().ok_or_else(lost)?, self.block);
        let cut = move || -> Result<(Cutter, Vec<Hash>, Vec<Event>), Trouble> {
            let hashes = hashes(&piece, block);
            let events = cutter.feed(offset, &piece, (&hashes, before.as_deref()))?;
            Ok((cutter, hashes, events))
        };
        let (cutter, hashes, events) = tokio::task::spawn_blocking(cut).await.map_err(|_| lost())??;
        self.cutter = Some(cutter);
        self.hashes.write(&hashes).await?;
        self.write(events).await
    }

    async fn write(&mut self, events: Vec<Event>) -> Result<(), Trouble> {
        for event in events {
            match event {
                Event::Begin(name) => self.upload = Some(self.objects.begin(self.place, &name).await?),
                Event::Data(data) => self.upload.as_mut().ok_or_else(lost)?.write(&data).await?,
                Event::End(name, entry) => {
                    self.upload.take().ok_or_else(lost)?.finish().await?;
                    self.entries.push(IndexMap::from([(name, entry)]));
                }
            }
        }
        Ok(())
    }

    async fn finish(mut self, copy: &CopyOut) -> Result<Written, Trouble> {
        let mut cutter = self.cutter.take().ok_or_else(lost)?;
        self.write(cutter.finish()?).await?;
        self.hashes.finish().await?;
        let manifest = Manifest {
            backup_description: copy.description.clone(),
            backup_id: copy.backup.to_string(),
            backup_name: copy.name.clone(),
            created_at: python_time(copy.created_at),
            objects: self.entries,
            parent_id: copy.parent.as_ref().map(|parent| parent.id.to_string()),
            version: manifest::VERSION.to_owned(),
            volume_id: copy.volume.to_string(),
            volume_meta: copy.volume_meta.clone(),
        };
        self.objects.put(self.place, &self.place.metadata(), manifest.write()?).await?;
        Ok(Written { objects: cutter.count() })
    }
}

/// A thread died with it.
fn lost() -> Trouble {
    Trouble::Storage {
        doing: "compressing the data of the backup failed",
        detail: "a thread died".to_owned(),
    }
}

/// As Python shows a time with its zone.
fn python_time(at: Timestamp) -> String {
    let at = chrono::DateTime::from_timestamp_micros(at.0).unwrap_or_default();
    at.format("%Y-%m-%d %H:%M:%S+00:00").to_string()
}
