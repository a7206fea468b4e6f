//! The vault: where the data of backups is kept, outside of the clusters.
//!
//! A folder in the format of Cinder's chunked backup drivers, as its `PosixBackupDriver` keeps it:
//! what one of them wrote the other restores. A backup is a row of objects under one prefix in one
//! container (a folder): `…-00001`, `…-00002` and so on with the data, `…_sha256file` with a hash
//! of every block, against which an incremental backup is made, and `…_metadata`, which says what
//! there is. That one is written last: without it there is no backup, and a copy that died half-way
//! is begun again under the same names.
//!
//! Everything is streamed: however large volume, object and list of hashes are, a copy holds some
//! MiB.
//!
//! | file | idea |
//! |---|---|
//! | `place` | containers, prefixes, and what must not be one |
//! | `objects` | the folder as an object store |
//! | `compression` | data as it is kept, and back |
//! | `manifest` | `…_metadata` |
//! | `hashes` | `…_sha256file` |
//! | `cutter` | from a volume's bytes to objects; pure |
//! | `copy_out`, `copy_in` | a backup being made; its restore |
//! | `blocks` | a volume, as far as a copy needs it |

mod blocks;
mod compression;
mod copy_in;
mod copy_out;
mod cutter;
mod hashes;
mod manifest;
mod objects;
mod place;

use std::path::PathBuf;
use std::sync::Arc;

pub use blocks::Blocks;
pub use compression::Compression;
pub use copy_in::{Layer, Zeroes};
pub use copy_out::{CopyOut, Parent, Written};
pub use place::{Place, in_own_folder};

/// Of Cinder's posix driver (`backup_file_size`, `backup_sha_block_size_bytes`).
pub const FILE_SIZE: u64 = 61_035 * 32_768;
pub const SHA_BLOCK_SIZE: u64 = 32_768;

#[derive(Debug, Clone)]
pub struct Settings {
    pub folder: PathBuf,
    /// Data of an object, before compression; a multiple of `sha_block_size`.
    pub file_size: u64,
    /// The unit in which changes are found; a multiple of 4096.
    pub sha_block_size: u64,
    pub compression: Compression,
    /// Of backups whose users name none; `None`: a folder for each.
    pub container: Option<String>,
    /// The zone of the backup service.
    pub availability_zone: String,
}

impl Settings {
    /// Cinder's defaults.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            file_size: FILE_SIZE,
            sha_block_size: SHA_BLOCK_SIZE,
            compression: Compression::Zlib,
            container: None,
            availability_zone: "nova".to_owned(),
        }
    }
}

/// Why the data of a backup cannot be written, read or removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The folder is not there (not mounted, say). For the operator.
    #[error("the folder of backups is not there: {0}")]
    Away(String),
    /// It is, but does not do what it is asked for: full, not writable, broken.
    #[error("{doing}: {detail}")]
    Storage { doing: &'static str, detail: String },
    /// What is kept is not (or no longer) a backup that can be used. In Cinder's words, for users.
    #[error("{0}")]
    Invalid(String),
    /// The volume cannot be read or written.
    #[error("{0}")]
    Volume(String),
}

impl Trouble {
    fn invalid(why: impl std::fmt::Display) -> Self {
        Self::Invalid(format!("Invalid backup: {why}"))
    }

    /// The sentence for the user, who is not told what folders are called.
    pub fn told(&self) -> String {
        match self {
            Self::Away(_) => "The backup service cannot reach its storage.".to_owned(),
            Self::Storage { doing, .. } => format!("The backup service could not go on: {doing}."),
            Self::Invalid(why) => why.clone(),
            Self::Volume(_) => "The volume could not be read or written.".to_owned(),
        }
    }
}

/// The folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    settings: Arc<Settings>,
}

impl Vault {
    /// Looks at nothing: the folder may come and go.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    /// The container of backups whose users name none, if they are not to have a folder each.
    pub fn default_container(&self) -> Option<&str> {
        self.settings.container.as_deref()
    }

    pub fn availability_zone(&self) -> &str {
        &self.settings.availability_zone
    }

    /// Whether the folder can be got at now.
    ///
    /// # Errors
    /// `Away`.
    pub async fn is_there(&self) -> Result<(), Trouble> {
        self.objects().await.map(|_| ())
    }
}

#[cfg(test)]
mod tests;
