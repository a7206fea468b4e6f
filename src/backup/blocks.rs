//! A volume, as far as a copy needs it. Offsets and lengths are multiples of 4096.

use bytes::Bytes;

use super::Trouble;
use crate::datapath::Disk;

/// Blocks to read from, or to write to.
pub trait Blocks: Sync {
    /// # Errors
    /// `Volume`.
    fn read(&self, offset: u64, length: usize) -> impl Future<Output = Result<Bytes, Trouble>> + Send;

    /// # Errors
    /// `Volume`.
    fn write(&self, offset: u64, data: Bytes) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// # Errors
    /// `Volume`.
    fn write_zeroes(&self, offset: u64, length: u64) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// # Errors
    /// `Volume`.
    fn flush(&self) -> impl Future<Output = Result<(), Trouble>> + Send;
}

fn of_the_volume(trouble: crate::datapath::Trouble) -> Trouble {
    Trouble::Volume(trouble.to_string())
}

impl Blocks for Disk {
    async fn read(&self, offset: u64, length: usize) -> Result<Bytes, Trouble> {
        Disk::read(self, offset, length).await.map_err(of_the_volume)
    }

    async fn write(&self, offset: u64, data: Bytes) -> Result<(), Trouble> {
        Disk::write(self, offset, data).await.map_err(of_the_volume)
    }

    async fn write_zeroes(&self, offset: u64, length: u64) -> Result<(), Trouble> {
        Disk::write_zeroes(self, offset, length).await.map_err(of_the_volume)
    }

    async fn flush(&self) -> Result<(), Trouble> {
        Disk::flush(self).await.map_err(of_the_volume)
    }
}
