//! A block device, or a file in its place.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rustix::fs::{FallocateFlags, fallocate};

use super::Trouble;
use crate::domain;

/// Where a device cannot zero by itself, this much is written at once.
const ZEROES: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Device {
    file: Arc<File>,
    size: domain::Bytes,
}

impl Device {
    pub(super) async fn open(path: &Path) -> Result<Self, Trouble> {
        let wanted = path.to_owned();
        let open = move || {
            let mut file = OpenOptions::new().read(true).write(true).open(wanted)?;
            // A block device's metadata say nothing of its size.
            let size = file.seek(SeekFrom::End(0))?;
            Ok((file, size))
        };
        let (file, size) = off_the_loop(open).await?;
        Ok(Self { file: Arc::new(file), size: domain::Bytes(size) })
    }

    pub(super) const fn size(&self) -> domain::Bytes {
        self.size
    }

    pub(super) async fn read(&self, offset: u64, length: usize) -> Result<Bytes, Trouble> {
        let file = self.file.clone();
        off_the_loop(move || {
            let mut buffer = vec![0; length];
            file.read_exact_at(&mut buffer, offset)?;
            Ok(Bytes::from(buffer))
        })
        .await
    }

    pub(super) async fn write(&self, offset: u64, data: Bytes) -> Result<(), Trouble> {
        self.within(offset, data.len() as u64)?;
        let file = self.file.clone();
        off_the_loop(move || file.write_all_at(&data, offset)).await
    }

    pub(super) async fn write_zeroes(&self, offset: u64, length: u64) -> Result<(), Trouble> {
        self.within(offset, length)?;
        let file = self.file.clone();
        off_the_loop(move || zero(&file, offset, length)).await
    }

    pub(super) async fn flush(&self) -> Result<(), Trouble> {
        let file = self.file.clone();
        off_the_loop(move || file.sync_all()).await
    }

    /// A file would grow instead.
    fn within(&self, offset: u64, length: u64) -> Result<(), Trouble> {
        match offset.checked_add(length) {
            Some(end) if end <= self.size.0 => Ok(()),
            _ => {
                Err(Trouble(format!("{length} bytes at {offset} are not on a disk of {} bytes", self.size.0)))
            }
        }
    }
}

fn zero(file: &File, offset: u64, length: u64) -> io::Result<()> {
    if length == 0 {
        return Ok(());
    }
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    if fallocate(file, flags, offset, length).is_ok() {
        return Ok(());
    }
    let zeroes = vec![0; ZEROES];
    let (mut at, end) = (offset, offset + length);
    while at < end {
        let part = usize::try_from(end - at).unwrap_or(ZEROES).min(ZEROES);
        file.write_all_at(zeroes.get(..part).unwrap_or_default(), at)?;
        at += part as u64;
    }
    Ok(())
}

async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Trouble> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| Trouble(format!("the device: {error}"))),
        Err(error) => Err(Trouble(format!("the device: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_and_zeroes_are_zeroes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(64 << 10).unwrap();
        let device = Device::open(file.path()).await.unwrap();
        assert_eq!(device.size(), domain::Bytes(64 << 10));
        device.write(4096, Bytes::from(vec![7; 8192])).await.unwrap();
        device.write_zeroes(8192, 4096).await.unwrap();
        device.flush().await.unwrap();
        let read = device.read(0, 16384).await.unwrap();
        let expected = [vec![0; 4096], vec![7; 4096], vec![0; 8192]].concat();
        assert_eq!(read, expected);
    }

    #[tokio::test]
    async fn beyond_the_end_is_trouble_and_nothing_grows() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(4096).unwrap();
        let device = Device::open(file.path()).await.unwrap();
        assert!(device.read(4096, 1).await.is_err());
        assert!(device.write(4096, Bytes::from_static(b"x")).await.is_err());
        assert!(device.write_zeroes(u64::MAX, 2).await.is_err());
        assert_eq!(file.as_file().metadata().unwrap().len(), 4096);
        assert!(Device::open(Path::new("/nowhere/at/all")).await.is_err());
    }
}
