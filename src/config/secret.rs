//! Secrets in files: read, and refused when everybody on the host can read them too.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use secrecy::SecretString;
use serde::Serializer;

/// A password or a URL is never longer.
const LONGEST_SECRET: u64 = 64 * 1024;

/// Who besides its owner and group can read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    Closed,
    /// Everybody on the host.
    World,
}

/// # Errors
/// The file cannot be looked at.
pub fn exposure(path: &Path) -> std::io::Result<Exposure> {
    let mode = fs::metadata(path)?.permissions().mode();
    Ok(if mode & 0o004 == 0 { Exposure::Closed } else { Exposure::World })
}

/// The text of a secret file without surrounding white space.
///
/// # Errors
/// In words, without the secret: missing, empty, too long, or readable by everybody.
pub fn read_secret(path: &Path) -> Result<SecretString, String> {
    let shown = path.display();
    let size = fs::metadata(path).map_err(|e| format!("{shown}: {e}"))?.len();
    if size > LONGEST_SECRET {
        return Err(format!("{shown} is too long for a secret"));
    }
    if exposure(path).map_err(|e| format!("{shown}: {e}"))? == Exposure::World {
        return Err(format!("{shown} can be read by everybody on this host; run: chmod o-r {shown}"));
    }
    let text = fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let text = text.trim();
    if text.is_empty() { Err(format!("{shown} is empty")) } else { Ok(text.to_owned().into()) }
}

pub(super) fn redacted<S: Serializer>(secret: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    if secret.is_some() { to.serialize_some("***") } else { to.serialize_none() }
}
