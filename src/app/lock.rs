//! One process owns a SQLite file. The lock is advisory and dies with the process, so nothing
//! has to be cleaned up after a crash.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, flock};

/// Held while it lives.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// The lock of a SQLite database file, made with its folder if need be; `None` for a database
    /// server or one in memory.
    ///
    /// # Errors
    /// Another process has it, or the folder cannot be written.
    pub fn for_database(url: &str) -> anyhow::Result<Option<Self>> {
        let Some(path) = url.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//")) else {
            return Ok(None);
        };
        let path = path.split('?').next().unwrap_or_default();
        if path.is_empty() || path == ":memory:" {
            return Ok(None);
        }
        let mut lock = PathBuf::from(path);
        if let Some(folder) = lock.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        lock.as_mut_os_string().push(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock)
            .with_context(|| format!("cannot open {}", lock.display()))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            bail!("another hearth is using {path}; several need a database server (mysql:// or postgres://)");
        }
        Ok(Some(Self { _file: file }))
    }
}
