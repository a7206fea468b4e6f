//! Files in the simulator's folder, written so that a reader never sees half of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Owner,
    Everybody,
}

/// Writes to a file beside it and renames that over `path`.
pub fn replace(path: &Path, text: &[u8], audience: Audience) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mode = if audience == Audience::Owner { 0o600 } else { 0o644 };
    // A left-over of a killed process may have another mode.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(text)?;
    drop(file);
    fs::rename(&beside, path)
}

/// The file's text, or what `make` gives, which is then kept.
pub fn read_or_make(
    path: &Path,
    audience: Audience,
    make: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = make()?;
            replace(path, text.as_bytes(), audience)?;
            Ok(text)
        }
        Err(error) => Err(error.into()),
    }
}
