//! `…_sha256file`: the SHA-256 of every block of the volume as it was, whatever part of it the
//! backup holds. An incremental backup holds the blocks whose hash is not the one that its parent
//! has in that place.
//!
//! There are 32 of them to a MiB of volume, so they are written and read as they come.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::manifest::VERSION;
use super::objects::{Objects, Upload};
use super::{Place, Trouble};

pub(super) type Hash = [u8; 32];

/// What is read at once.
const STEP: u64 = 1 << 20;
/// What may come before the hashes: the backup's name and description.
const MOST_HEAD: usize = 4 << 20;
const KEY: &[u8] = b"\"sha256s\"";

pub(super) fn hashes(data: &[u8], block: u64) -> Vec<Hash> {
    data.chunks(usize::try_from(block).unwrap_or(usize::MAX))
        .map(|block| Sha256::digest(block).into())
        .collect()
}

/// The keys before the hashes, in Cinder's order.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Head {
    pub(super) backup_description: Option<String>,
    pub(super) backup_id: String,
    pub(super) backup_name: Option<String>,
    /// That of a block, in fact.
    pub(super) chunk_size: u64,
    pub(super) created_at: String,
}

/// Written beside the data.
pub(super) struct Writer {
    upload: Upload,
    volume_id: String,
    first: bool,
}

impl Writer {
    pub(super) async fn begin(
        objects: &Objects,
        place: &Place,
        head: &Head,
        volume_id: String,
    ) -> Result<Self, Trouble> {
        let text = serde_json::to_string_pretty(head).map_err(Trouble::invalid)?;
        let mut upload = objects.begin(place, &place.sha256file()).await?;
        upload.write(text.trim_end_matches(['\n', '}']).as_bytes()).await?;
        upload.write(b",\n  \"sha256s\": [").await?;
        Ok(Self { upload, volume_id, first: true })
    }

    pub(super) async fn write(&mut self, hashes: &[Hash]) -> Result<(), Trouble> {
        let mut text = String::with_capacity(hashes.len() * 72);
        for hash in hashes {
            text.push_str(if self.first { "\n    \"" } else { ",\n    \"" });
            text.push_str(&hex::encode(hash));
            text.push('"');
            self.first = false;
        }
        self.upload.write(text.as_bytes()).await
    }

    pub(super) async fn finish(mut self) -> Result<(), Trouble> {
        let volume = serde_json::to_string(&self.volume_id).map_err(Trouble::invalid)?;
        let tail = format!("\n  ],\n  \"version\": \"{VERSION}\",\n  \"volume_id\": {volume}\n}}");
        self.upload.write(tail.as_bytes()).await?;
        self.upload.finish().await
    }
}

/// Those of the parent, from the first to the last.
pub(super) struct Reader {
    objects: Objects,
    place: Place,
    name: String,
    offset: u64,
    size: u64,
    buffer: Vec<u8>,
}

#[derive(Deserialize)]
struct BlockSize {
    chunk_size: u64,
}

impl Reader {
    /// Stands before the first hash. The second value is the size of a block.
    pub(super) async fn open(objects: &Objects, place: &Place) -> Result<(Self, u64), Trouble> {
        let name = place.sha256file();
        let size = objects.size(place, &name).await?;
        let size = size.ok_or_else(|| Trouble::invalid(format!("{name} is missing")))?;
        let mut reader = Self {
            objects: objects.clone(),
            place: place.clone(),
            name,
            offset: 0,
            size,
            buffer: Vec::new(),
        };
        let mut head = loop {
            // Within a string its quotation marks would be escaped.
            if let Some(begin) = reader.begin_of_hashes() {
                break reader.buffer.drain(..begin).collect::<Vec<u8>>();
            }
            if reader.buffer.len() > MOST_HEAD || !reader.more().await? {
                return Err(reader.unreadable());
            }
        };
        head.extend_from_slice(b"]}");
        let head: BlockSize = serde_json::from_slice(&head).map_err(|_| reader.unreadable())?;
        Ok((reader, head.chunk_size))
    }

    /// Behind the bracket.
    fn begin_of_hashes(&self) -> Option<usize> {
        let key = self.buffer.windows(KEY.len()).position(|window| window == KEY)?;
        let bracket = self.buffer[key..].iter().position(|byte| *byte == b'[')?;
        Some(key + bracket + 1)
    }

    async fn more(&mut self) -> Result<bool, Trouble> {
        let end = self.size.min(self.offset + STEP);
        if self.offset >= end {
            return Ok(false);
        }
        let read = self.objects.read(&self.place, &self.name, self.offset..end).await?;
        self.offset += read.len() as u64;
        self.buffer.extend_from_slice(&read);
        Ok(!read.is_empty())
    }

    fn unreadable(&self) -> Trouble {
        Trouble::invalid(format!("{} cannot be read", self.name))
    }

    /// # Errors
    /// `Invalid` when there are fewer.
    pub(super) async fn next(&mut self, count: usize) -> Result<Vec<Hash>, Trouble> {
        let mut hashes = Vec::with_capacity(count);
        let mut at = 0;
        while hashes.len() < count {
            match self.buffer[at..].iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b',') {
                Some(skip) if self.buffer[at + skip] == b']' => return Err(self.unreadable()),
                Some(skip) if self.buffer.len() >= at + skip + 66 => {
                    let quoted = &self.buffer[at + skip..at + skip + 66];
                    let mut hash = Hash::default();
                    let decoded = hex::decode_to_slice(&quoted[1..65], &mut hash);
                    if quoted[0] != b'"' || quoted[65] != b'"' || decoded.is_err() {
                        return Err(self.unreadable());
                    }
                    hashes.push(hash);
                    at += skip + 66;
                }
                _ => {
                    self.buffer.drain(..at);
                    at = 0;
                    if !self.more().await? {
                        return Err(self.unreadable());
                    }
                }
            }
        }
        self.buffer.drain(..at);
        Ok(hashes)
    }
}
