//! A namespace: reads and writes of any number of blocks, on whichever portal works.
//!
//! What is larger than a command may be is split, and the pieces are in flight together. A
//! command whose path fails is given again on the next one: every command here may be given
//! twice, for it says what the blocks are to hold and not how to change them.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::time::Instant;
use uuid::Uuid;

use super::command::{Command, opcode};
use super::identify::Geometry;
use super::portals::Portals;
use super::session::{Limits, Session};
use super::slots::Payload;
use super::{Error, Settings};

/// Pieces of one call in flight together.
const AT_ONCE: usize = 8;
/// DEAC of Write Zeroes: the blocks may be deallocated.
const DEALLOCATE: u32 = 1 << 25;

pub struct Namespace {
    portals: Portals,
    geometry: Geometry,
    limits: Limits,
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("uuid", &self.portals.wanted).finish_non_exhaustive()
    }
}

/// A range of blocks.
#[derive(Debug, Clone, Copy)]
struct Piece {
    first: u64,
    count: u64,
}

impl Namespace {
    /// Connects to the first portal that shows this host the namespace.
    ///
    /// # Errors
    /// None does, or not in time.
    pub async fn open(settings: Settings, uuid: Uuid) -> Result<Self, Error> {
        let give_up = Instant::now() + settings.deadlines.recovery;
        let portals = Portals::new(settings, uuid);
        let session = portals.session(give_up).await?;
        let (geometry, limits) = (session.geometry, session.limits);
        Ok(Self { portals, geometry, limits })
    }

    /// Bytes, as of when it was opened.
    pub const fn size(&self) -> u64 {
        self.geometry.bytes()
    }
    /// Bytes: all offsets and lengths are multiples of it.
    pub const fn block_size(&self) -> u32 {
        1 << self.geometry.shift
    }

    /// # Errors
    /// The range is not whole blocks within the namespace, or no path was found in time.
    pub async fn read(&self, offset: u64, length: usize) -> Result<Bytes, Error> {
        let whole = self.piece(offset, length as u64)?;
        let reads = self.split(whole, self.limits.transfer).map(|piece| self.read_piece(piece));
        let mut parts = stream::iter(reads).buffered(AT_ONCE);
        let first = parts.try_next().await?.unwrap_or_default();
        if first.len() == length {
            return Ok(first.into());
        }
        let mut all = BytesMut::with_capacity(length);
        all.extend_from_slice(&first);
        while let Some(part) = parts.try_next().await? {
            all.extend_from_slice(&part);
        }
        Ok(all.freeze())
    }

    async fn read_piece(&self, piece: Piece) -> Result<Vec<u8>, Error> {
        let length = usize::try_from(piece.count << self.geometry.shift).unwrap_or(usize::MAX);
        self.run("read", |_| (command(opcode::READ, piece), Payload::In(length))).await
    }

    /// # Errors
    /// The range is not whole blocks within the namespace, the controller refuses it, or no path
    /// was found in time.
    pub async fn write(&self, offset: u64, data: Bytes) -> Result<(), Error> {
        let whole = self.piece(offset, data.len() as u64)?;
        let pieces = self.split(whole, self.limits.transfer).map(|piece| {
            let start = (piece.first - whole.first) << self.geometry.shift;
            let end = start + (piece.count << self.geometry.shift);
            (piece, data.slice(start as usize..end as usize))
        });
        let writes = pieces.map(|(piece, data)| self.write_piece(piece, data));
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn write_piece(&self, piece: Piece, data: Bytes) -> Result<(), Error> {
        self.run("write", |_| (command(opcode::WRITE, piece), Payload::Out(data.clone()))).await.map(drop)
    }

    /// With the command for it where the controller has one, with zeroes where it has not.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_zeroes(&self, offset: u64, length: u64) -> Result<(), Error> {
        let whole = self.piece(offset, length)?;
        if self.limits.zeroes == 0 {
            let most = self.limits.transfer.min(whole.count);
            let zeroes = Bytes::from(vec![0; (most << self.geometry.shift) as usize]);
            let writes = self.split(whole, self.limits.transfer).map(|piece| {
                self.write_piece(piece, zeroes.slice(..(piece.count << self.geometry.shift) as usize))
            });
            return stream::iter(writes).buffer_unordered(AT_ONCE).try_collect().await;
        }
        let flags = if self.geometry.deallocates { DEALLOCATE } else { 0 };
        let writes = self.split(whole, self.limits.zeroes).map(|piece| async move {
            let zero = command(opcode::WRITE_ZEROES, piece);
            let zero = zero.with_dword(12, zero.dword(12) | flags);
            self.run("write zeroes", |_| (zero, Payload::None)).await.map(drop)
        });
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// What was answered before is durable after this.
    ///
    /// # Errors
    /// No path was found in time.
    pub async fn flush(&self) -> Result<(), Error> {
        self.run("flush", |_| (Command::new(opcode::FLUSH, 0), Payload::None)).await.map(drop)
    }

    /// Takes leave of the controller. Without it the connection just ends.
    pub async fn close(self) {
        self.portals.close().await;
    }

    /// The range as blocks.
    fn piece(&self, offset: u64, length: u64) -> Result<Piece, Error> {
        let block = u64::from(self.block_size());
        let end = offset.checked_add(length).filter(|end| *end <= self.size());
        if end.is_none() || !offset.is_multiple_of(block) || !length.is_multiple_of(block) {
            return Err(Error::Range { offset, length });
        }
        Ok(Piece { first: offset / block, count: length / block })
    }

    /// In pieces of at most `most` blocks.
    fn split(&self, whole: Piece, most: u64) -> impl Iterator<Item = Piece> + use<> {
        (0..whole.count.div_ceil(most)).map(move |index| {
            let done = index * most;
            Piece { first: whole.first + done, count: most.min(whole.count - done) }
        })
    }

    /// Gives a command until a controller has answered it for good. It is made anew each time:
    /// the namespace may have another number on another controller.
    async fn run(
        &self,
        operation: &'static str,
        make: impl Fn(&Session) -> (Command, Payload),
    ) -> Result<Vec<u8>, Error> {
        let mut give_up = None;
        loop {
            let started = Instant::now();
            let recovery = self.portals.settings.deadlines.recovery;
            let session = self.portals.session(give_up.unwrap_or(started + recovery)).await?;
            if session.geometry.shift != self.geometry.shift || session.geometry.blocks < self.geometry.blocks
            {
                return Err(Error::Unusable("the namespace is not the one it was"));
            }
            let (command, payload) = make(&session);
            let command = command.with_dword(1, session.namespace);
            let error = match session.execute(command, payload).await {
                Ok(answer) if answer.completion.status.is_success() => return Ok(answer.data),
                Ok(answer) if answer.completion.status.is_of_the_path() => {
                    session.error(answer.completion.status.to_string())
                }
                Ok(answer) => return Err(Error::Refused { operation, status: answer.completion.status }),
                Err(error) => error,
            };
            self.leave(&session).await;
            let now = Instant::now();
            if now >= *give_up.get_or_insert(now + recovery) {
                return Err(error);
            }
        }
    }

    async fn leave(&self, session: &Arc<Session>) {
        self.portals.leave(session).await;
    }
}

const fn command(opcode: u8, piece: Piece) -> Command {
    // Split to what fits into NLB.
    Command::new(opcode, 0).with_blocks(piece.first, piece.count as u32)
}
