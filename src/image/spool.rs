//! An image in a file of its own, while it is read.
//!
//! The design says that there is no temporary file, and a raw image needs none. But the tables of
//! a qcow2 may be anywhere in it, and nothing of them should be believed before the digest of the
//! whole has been found right; to fetch it twice, in ranges, would be to believe another copy than
//! the one that was checked. The file has no name: it is gone with the process, whatever happens.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use super::format::HEAD;
use super::glance::Download;
use super::pour::{Failed, Incoming};

pub(super) struct Spool {
    file: Arc<File>,
    pub(super) length: u64,
}

/// Takes in all of it, and checks it.
pub(super) async fn spool(
    mut incoming: Incoming,
    mut download: Download,
    folder: Option<&Path>,
) -> Result<Spool, Failed> {
    let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned);
    let needed = incoming.expected();
    let mut file = blocking(move || {
        std::fs::create_dir_all(&folder).map_err(no_file)?;
        let room = rustix::fs::statvfs(&folder).map_err(|error| no_file(error.into()))?;
        if room.f_bavail.saturating_mul(room.f_frsize) <= needed {
            return Err(Failed::NoSpace(format!("{} has no room for it", folder.display())));
        }
        tempfile::tempfile_in(&folder).map_err(no_file)
    })
    .await?;
    while let Some(bytes) = download.next().await? {
        incoming.take(&bytes)?;
        file = blocking(move || {
            file.write_all(&bytes).map_err(no_file)?;
            Ok(file)
        })
        .await?;
    }
    let length = incoming.end()?;
    Ok(Spool { file: Arc::new(file), length })
}

impl Spool {
    pub(super) async fn head(&self) -> Result<Vec<u8>, Failed> {
        let file = self.file.clone();
        let length = usize::try_from(self.length).unwrap_or(HEAD).min(HEAD);
        blocking(move || {
            let mut head = vec![0; length];
            file.read_exact_at(&mut head, 0).map_err(no_file)?;
            Ok(head)
        })
        .await
    }

    /// # Errors
    /// When there are no more files to be had.
    pub(super) fn file(&self) -> Result<File, Failed> {
        self.file.try_clone().map_err(no_file)
    }
}

fn no_file(error: std::io::Error) -> Failed {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Failed::NoSpace(error.to_string())
        }
        _ => Failed::Source(format!("the file for an image: {error}")),
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Failed::Source(format!("the file for an image: {error}"))),
    }
}
