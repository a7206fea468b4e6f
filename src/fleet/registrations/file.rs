//! The file itself: whole or not at all, whatever happens in between.
//!
//! A change is written to a temporary file beside it (mode 0600), flushed, renamed over it, and
//! the folder flushed; a crash at any point leaves the old file or the new one. Two hearths on
//! one host take turns by a lock on the folder (a lock on the file would go with the rename).

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::domain::{Error, Result};

const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// A hundred clusters take less than a tenth of it.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// Whether this process can change the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Writable,
    /// A read-only mount (ConfigMap): the file is maintained elsewhere.
    ReadOnly,
}

/// The text; a file that does not exist is an empty one.
///
/// # Errors
/// `Unavailable` when it exists and cannot be read, or is no text.
pub fn read_file(path: &Path) -> Result<String> {
    let unreadable = |error: std::io::Error| {
        Error::unavailable(format!("The registrations file {} cannot be read: {error}", path.display()))
    };
    match fs::metadata(path) {
        Ok(found) if found.len() > LONGEST_FILE => {
            return Err(Error::unavailable(format!(
                "The registrations file {} is too long.",
                path.display()
            )));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(unreadable(error)),
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(unreadable(error)),
    }
}

/// Reads, lets `change` make the new text, and puts it in place. Blocks; call it off the runtime.
///
/// # Errors
/// Those of `change`; `Conflict` when the file cannot be written where it is.
pub fn edit_file(path: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<String> {
    // A link (as ConfigMaps and dotfile managers make) is followed, not replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder(&path)?;
    let _turn = take_turn(&folder)?;
    let old = read_file(&path)?;
    let new = change(&old)?;
    if new != old {
        replace(&path, &folder, &new).map_err(|error| not_written(&path, &error))?;
    }
    Ok(new)
}

fn folder(path: &Path) -> Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::create_dir_all(folder) {
        Ok(()) => Ok(folder.to_owned()),
        Err(error) => Err(not_written(path, &error)),
    }
}

fn take_turn(folder: &Path) -> Result<File> {
    let handle = File::open(folder).map_err(|error| not_written(folder, &error))?;
    let began = Instant::now();
    loop {
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(handle),
            // A file system without locks has one user.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => return Ok(handle),
            Err(_) if began.elapsed() < LOCK_PATIENCE => std::thread::sleep(Duration::from_millis(10)),
            Err(error) => {
                return Err(Error::unavailable("The registrations file is being changed, try again.")
                    .because(std::io::Error::from(error)));
            }
        }
    }
}

fn replace(path: &Path, folder: &Path, text: &str) -> std::io::Result<()> {
    let mut fresh = tempfile::Builder::new()
        .prefix(".clusters-")
        .suffix(".tmp")
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    fresh.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

fn not_written(path: &Path, error: &std::io::Error) -> Error {
    let shown = path.display();
    Error::conflict(match error.kind() {
        ErrorKind::ReadOnlyFilesystem => format!(
            "The registrations file {shown} is on a read-only mount; change it where it is maintained."
        ),
        ErrorKind::PermissionDenied => {
            format!("The registrations file {shown} may not be changed by this process (permission denied).")
        }
        _ => format!("The registrations file {shown} cannot be written: {error}"),
    })
}

impl Access {
    /// Tries, without changing anything that stays.
    pub fn of(path: &Path) -> Self {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match rustix::fs::access(folder, rustix::fs::Access::WRITE_OK) {
            Ok(()) => Self::Writable,
            Err(rustix::io::Errno::NOENT) => Self::Writable,
            Err(_) => Self::ReadOnly,
        }
    }
}
