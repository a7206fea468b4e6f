//! The restore of a backup: of a full one, then of each incremental one that was made upon it.

use std::io::Read as _;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use tokio::sync::mpsc;

use super::blocks::Blocks;
use super::compression::decoder;
use super::manifest::{Entry, Manifest};
use super::objects::{Kept, Objects};
use super::{Place, Trouble, Vault};
use crate::domain::Bytes as Size;

/// What is written at once, and the unit in which zeroes are looked for.
const PIECE: u64 = 1 << 20;
/// Pieces between the reading thread and the volume.
const AHEAD: usize = 2;
/// What a volume can be written in.
const SECTOR: u64 = 4096;

/// One backup of a chain.
#[derive(Debug, Clone)]
pub struct Layer {
    pub place: Place,
}

/// What becomes of zeroes in the full backup that the others build upon. Those of the others are
/// always written: they stand for data that has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zeroes {
    /// The volume has never held anything else.
    Skip,
    Write,
}

impl Vault {
    /// Writes a backup over a volume: its layers, the full one first. What else is known of the
    /// volume that was backed up (`volume_meta`) comes back, in the same order. Can be done again at
    /// any time, with the same outcome.
    ///
    /// # Errors
    /// Then anything may have been written.
    pub async fn copy_in(
        &self,
        blocks: &impl Blocks,
        size: Size,
        layers: &[Layer],
        zeroes: Zeroes,
    ) -> Result<Vec<String>, Trouble> {
        let objects = self.objects().await?;
        let mut metas = Vec::new();
        let mut zeroes = zeroes;
        for layer in layers {
            let manifest = manifest_of(&objects, &layer.place).await?;
            for (name, entry) in manifest.entries() {
                check(name, entry, size)?;
                let kept = objects.size(&layer.place, name).await?;
                let kept = kept.ok_or_else(|| Trouble::invalid(format!("{name} is missing")))?;
                let kept = objects.kept(&layer.place, name, kept)?;
                write(blocks, kept, (name, entry), zeroes).await?;
            }
            metas.extend(manifest.volume_meta);
            zeroes = Zeroes::Write;
        }
        blocks.flush().await?;
        Ok(metas)
    }

    /// Whether there is a backup, as far as can be told without reading all of it.
    ///
    /// # Errors
    /// `Invalid` when there is none, or something is missing.
    pub async fn find(&self, place: &Place) -> Result<(), Trouble> {
        let objects = self.objects().await?;
        manifest_of(&objects, place).await.map(|_| ())
    }
}

/// What a backup consists of, which must be what is there.
async fn manifest_of(objects: &Objects, place: &Place) -> Result<Manifest, Trouble> {
    let manifest = Manifest::parse(&objects.read_text(place, &place.metadata()).await?)?;
    let (metadata, sha256file) = (place.metadata(), place.sha256file());
    let mut there = objects.names(place).await?;
    there.retain(|name| *name != metadata && *name != sha256file);
    there.sort_unstable();
    let mut listed: Vec<&String> = manifest.entries().map(|(name, _)| name).collect();
    listed.sort_unstable();
    if !there.iter().eq(listed) {
        return Err(Trouble::invalid(
            "restore_backup aborted, actual object list does not match object list stored in metadata.",
        ));
    }
    Ok(manifest)
}

fn check(name: &str, entry: &Entry, size: Size) -> Result<(), Trouble> {
    if !entry.offset.is_multiple_of(SECTOR) || !entry.length.is_multiple_of(SECTOR) {
        return Err(Trouble::invalid(format!("{name} does not begin and end with a block of 4096 bytes")));
    }
    match entry.offset.checked_add(entry.length) {
        Some(end) if end <= size.0 => Ok(()),
        _ => Err(Trouble::invalid(format!("{name} reaches beyond the end of the volume"))),
    }
}

/// One object. A thread reads, decompresses and checks it; what it has goes to the volume.
async fn write(
    blocks: &impl Blocks,
    kept: Kept,
    (name, entry): (&str, &Entry),
    zeroes: Zeroes,
) -> Result<(), Trouble> {
    let (pieces, mut arrived) = mpsc::channel(AHEAD);
    let thread = {
        let (name, entry) = (name.to_owned(), entry.clone());
        tokio::task::spawn_blocking(move || unpack(kept, (&name, &entry), &pieces))
    };
    let mut at = entry.offset;
    while let Some(piece) = arrived.recv().await {
        let piece: Bytes = piece;
        let length = piece.len() as u64;
        match (is_zero(&piece), zeroes) {
            (true, Zeroes::Skip) => {}
            (true, Zeroes::Write) => blocks.write_zeroes(at, length).await?,
            (false, _) => blocks.write(at, piece).await?,
        }
        at += length;
    }
    let died = |_| Trouble::Storage {
        doing: "reading the data of the backup failed",
        detail: "a thread died".to_owned(),
    };
    thread.await.map_err(died)?
}

/// Ends early when nobody wants the pieces any more.
fn unpack(kept: Kept, (name, entry): (&str, &Entry), pieces: &mpsc::Sender<Bytes>) -> Result<(), Trouble> {
    let mut decoder = decoder(&entry.compression, kept)?;
    let mut md5 = Md5::new();
    let mut left = entry.length;
    while left > 0 {
        let mut piece = Vec::new();
        decoder.by_ref().take(left.min(PIECE)).read_to_end(&mut piece).map_err(|e| unreadable(name, &e))?;
        if piece.is_empty() || !(piece.len() as u64).is_multiple_of(SECTOR) {
            return Err(Trouble::invalid(format!("{name} is shorter than it should be")));
        }
        md5.update(&piece);
        left -= piece.len() as u64;
        if pieces.blocking_send(piece.into()).is_err() {
            return Ok(());
        }
    }
    if decoder.read(&mut [0]).map_err(|e| unreadable(name, &e))? > 0 {
        return Err(Trouble::invalid(format!("{name} is longer than it should be")));
    }
    if hex::encode(md5.finalize()) != entry.md5.to_ascii_lowercase() {
        return Err(Trouble::invalid(format!(
            "{name} is damaged: it has another MD5 than when it was written"
        )));
    }
    Ok(())
}

fn unreadable(name: &str, error: &std::io::Error) -> Trouble {
    if error.get_ref().is_some_and(|cause| cause.is::<object_store::Error>()) {
        return Trouble::Storage {
            doing: "reading the data of the backup failed",
            detail: format!("{name}: {error}"),
        };
    }
    Trouble::invalid(format!("{name} is damaged: {error}"))
}

fn is_zero(piece: &[u8]) -> bool {
    const ZEROES: [u8; 4096] = [0; 4096];
    piece.chunks(ZEROES.len()).all(|part| part == &ZEROES[..part.len()])
}
