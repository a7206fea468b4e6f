//! A volume that is open.

use bytes::Bytes;

use super::discovery_client::Connected;
use super::nvme_tcp::Attached;
use super::{Trouble, Turn};
use crate::domain;

/// Reads and writes at once as many as you like; offsets and lengths are multiples of 4096, unless
/// the volume ends there.
///
/// Dropped without [`close`](Self::close) it disconnects, too, but nobody hears of what went wrong.
#[derive(Debug)]
pub struct Disk {
    kind: Kind,
    turn: Turn,
}

#[derive(Debug)]
enum Kind {
    Device(Connected),
    Namespace(Attached),
}

impl Disk {
    pub(super) const fn device(connected: Connected, turn: Turn) -> Self {
        Self { kind: Kind::Device(connected), turn }
    }

    pub(super) const fn namespace(attached: Attached, turn: Turn) -> Self {
        Self { kind: Kind::Namespace(attached), turn }
    }

    /// What the device holds: at least what was asked for.
    pub const fn size(&self) -> domain::Bytes {
        match &self.kind {
            Kind::Device(connected) => connected.device.size(),
            Kind::Namespace(attached) => attached.size(),
        }
    }

    /// For what is opened beside it.
    pub fn turn(&self) -> Turn {
        self.turn.clone()
    }

    /// # Errors
    /// Also when it does not hold that much.
    pub async fn read(&self, offset: u64, length: usize) -> Result<Bytes, Trouble> {
        match &self.kind {
            Kind::Device(connected) => connected.device.read(offset, length).await,
            Kind::Namespace(attached) => attached.read(offset, length).await,
        }
    }

    /// # Errors
    /// Then any part of it may have been written.
    pub async fn write(&self, offset: u64, data: Bytes) -> Result<(), Trouble> {
        match &self.kind {
            Kind::Device(connected) => connected.device.write(offset, data).await,
            Kind::Namespace(attached) => attached.write(offset, data).await,
        }
    }

    /// # Errors
    /// Then any part of it may have been written.
    pub async fn write_zeroes(&self, offset: u64, length: u64) -> Result<(), Trouble> {
        match &self.kind {
            Kind::Device(connected) => connected.device.write_zeroes(offset, length).await,
            Kind::Namespace(attached) => attached.write_zeroes(offset, length).await,
        }
    }

    /// What was written before is durable after it.
    ///
    /// # Errors
    /// Then nothing is known of what was written since the last one.
    pub async fn flush(&self) -> Result<(), Trouble> {
        match &self.kind {
            Kind::Device(connected) => connected.device.flush().await,
            Kind::Namespace(attached) => attached.flush().await,
        }
    }

    /// Disconnects.
    ///
    /// # Errors
    /// When the volume may still be connected.
    pub async fn close(self) -> Result<(), Trouble> {
        match self.kind {
            Kind::Device(connected) => connected.close().await,
            // The connection is gone however the leave was taken.
            Kind::Namespace(attached) => {
                attached.close().await;
                Ok(())
            }
        }
    }
}
