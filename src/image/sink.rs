//! Writing a disk from its beginning to its end. Zeroes are not sent: on a disk that has just been
//! made they are there already, on any other the cluster makes them.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use crate::datapath::{Disk, Trouble};

/// Written at once.
const CHUNK: usize = 1 << 20;
/// Zeroes are looked for in pieces of this size.
const GRAIN: usize = 64 << 10;
/// Writes under way: with [`CHUNK`], the memory of a copy.
const FLYING: usize = 4;
/// Zeroed at once, so that a disk that writes them itself is not busy for ever.
const MOST_ZEROES: u64 = 1 << 30;
/// What a disk takes: see [`Disk`].
const BLOCK: usize = 4096;

/// What is on the disk before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Nothing: it reads as zeroes.
    Blank,
    /// Anything, as after a copy that was broken off.
    Used,
}

pub(super) struct Sink<'d> {
    disk: &'d Disk,
    ground: Ground,
    /// Everything below is written, or on its way.
    at: u64,
    /// Zeroes before `at` that are still to be made.
    zeroes: u64,
    held: BytesMut,
    flying: FuturesUnordered<BoxFuture<'d, Result<(), Trouble>>>,
}

impl<'d> Sink<'d> {
    pub(super) fn new(disk: &'d Disk, ground: Ground) -> Self {
        let held = BytesMut::with_capacity(CHUNK);
        Self { disk, ground, at: 0, zeroes: 0, held, flying: FuturesUnordered::new() }
    }

    /// How much has come in.
    pub(super) fn position(&self) -> u64 {
        self.at + self.held.len() as u64
    }

    pub(super) async fn push(&mut self, mut bytes: &[u8]) -> Result<(), Trouble> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.held.len()));
            self.held.extend_from_slice(now);
            bytes = later;
            if self.held.len() == CHUNK {
                self.write_held().await?;
            }
        }
        Ok(())
    }

    pub(super) async fn push_zeroes(&mut self, mut length: u64) -> Result<(), Trouble> {
        const ZEROES: &[u8] = &[0; BLOCK];
        // Up to the end of the chunk they are bytes like any other.
        while length > 0 && !self.held.is_empty() {
            let part =
                ZEROES.len().min(CHUNK - self.held.len()).min(usize::try_from(length).unwrap_or(CHUNK));
            self.push(ZEROES.get(..part).unwrap_or_default()).await?;
            length -= part as u64;
        }
        let whole = length - length % CHUNK as u64;
        self.skip(whole);
        length -= whole;
        while length > 0 {
            let part = ZEROES.len().min(usize::try_from(length).unwrap_or(CHUNK));
            self.push(ZEROES.get(..part).unwrap_or_default()).await?;
            length -= part as u64;
        }
        Ok(())
    }

    /// Everything that came in is durable on the disk; on used ground, zeroes follow up to `end`.
    pub(super) async fn finish(mut self, end: u64) -> Result<(), Trouble> {
        if !self.held.is_empty() {
            let rest = self.held.len().next_multiple_of(BLOCK);
            self.held.resize(rest, 0);
            self.write_held().await?;
        }
        self.skip(end.saturating_sub(self.at));
        self.make_zeroes().await?;
        while let Some(written) = self.flying.next().await {
            written?;
        }
        self.disk.flush().await
    }

    /// Nothing more is on its way to the disk.
    pub(super) async fn settle(mut self) {
        while self.flying.next().await.is_some() {}
    }

    async fn write_held(&mut self) -> Result<(), Trouble> {
        let chunk = std::mem::replace(&mut self.held, BytesMut::with_capacity(CHUNK)).freeze();
        let mut from = 0;
        while from < chunk.len() {
            let zero = is_zero(grain(&chunk, from));
            let mut to = from;
            while to < chunk.len() && is_zero(grain(&chunk, to)) == zero {
                to += grain(&chunk, to).len();
            }
            if zero {
                self.skip((to - from) as u64);
            } else {
                self.make_zeroes().await?;
                self.write(chunk.slice(from..to)).await?;
            }
            from = to;
        }
        Ok(())
    }

    const fn skip(&mut self, length: u64) {
        self.at += length;
        if matches!(self.ground, Ground::Used) {
            self.zeroes += length;
        }
    }

    async fn make_zeroes(&mut self) -> Result<(), Trouble> {
        while self.zeroes > 0 {
            let part = self.zeroes.min(MOST_ZEROES);
            let (disk, from) = (self.disk, self.at - self.zeroes);
            self.zeroes -= part;
            self.start(Box::pin(disk.write_zeroes(from, part))).await?;
        }
        Ok(())
    }

    async fn write(&mut self, data: Bytes) -> Result<(), Trouble> {
        let (disk, at) = (self.disk, self.at);
        self.at += data.len() as u64;
        self.start(Box::pin(disk.write(at, data))).await
    }

    async fn start(&mut self, write: BoxFuture<'d, Result<(), Trouble>>) -> Result<(), Trouble> {
        self.flying.push(write);
        while self.flying.len() >= FLYING {
            match self.flying.next().await {
                Some(written) => written?,
                None => break,
            }
        }
        Ok(())
    }
}

fn grain(chunk: &[u8], from: usize) -> &[u8] {
    chunk.get(from..chunk.len().min(from + GRAIN)).unwrap_or_default()
}

fn is_zero(bytes: &[u8]) -> bool {
    const ZEROES: [u8; BLOCK] = [0; BLOCK];
    bytes.chunks(BLOCK).all(|part| ZEROES.get(..part.len()) == Some(part))
}
