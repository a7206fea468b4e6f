use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problem, anchor};

/// What the data of backups is compressed with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    None,
    #[default]
    Zlib,
    Bz2,
}

/// Where the data of backups is kept: in the format of Cinder's `PosixBackupDriver`, so that what
/// one of them wrote the other restores.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// Folder of all backups, the same for every hearth of a database; an NFS export, say. Without
    /// it there is no backup service. (`backup_posix_path` of Cinder.)
    pub posix_path: Option<PathBuf>,
    /// Folder below it for backups whose users name none. Unset: one for each backup.
    /// (`backup_container`.)
    pub container: Option<String>,
    /// Bytes of a volume that go into one file; a multiple of `sha_block_size`.
    /// (`backup_file_size`.)
    pub file_size: u64,
    /// Bytes of a block whose change is noticed by incremental backups; a multiple of 4096, and the
    /// same as that of the backup they build upon. (`backup_sha_block_size_bytes`.)
    pub sha_block_size: u64,
    /// `zlib`, `bz2` or `none`. What is written otherwise is read as well, and so is `zstd`.
    /// (`backup_compression_algorithm`.)
    pub compression: Compression,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            posix_path: None,
            container: None,
            file_size: 1_999_994_880,
            sha_block_size: 32_768,
            compression: Compression::default(),
        }
    }
}

/// A block is held in memory, more than once.
const LARGEST_BLOCK: u64 = 16 << 20;

impl Backup {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let block = self.sha_block_size;
        if block == 0 || !block.is_multiple_of(4096) || block > LARGEST_BLOCK {
            let rule = "must be a multiple of 4096, and at most 16777216";
            problems.push(Problem::of("backup.sha_block_size", rule));
        } else if self.file_size == 0 || !self.file_size.is_multiple_of(block) {
            problems.push(Problem::of("backup.file_size", "must be a multiple of backup.sha_block_size"));
        }
        let leaves = |part: &str| part.is_empty() || part == "." || part == "..";
        if self.container.as_deref().is_some_and(|name| name.split('/').any(leaves)) {
            problems.push(Problem::of("backup.container", "must be a folder below backup.posix_path"));
        }
    }

    pub(super) fn anchor(&mut self, folder: &Path) {
        if let Some(path) = &mut self.posix_path {
            anchor(path, folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_must_fit_each_other_and_the_container_the_folder() {
        let wrong = |backup: Backup| {
            let mut problems = Vec::new();
            backup.check(&mut problems);
            problems.into_iter().map(|problem| problem.key).collect::<Vec<_>>()
        };
        assert!(wrong(Backup::default()).is_empty());
        for block in [0, 1000, 32 << 20] {
            assert_eq!(
                wrong(Backup { sha_block_size: block, ..Backup::default() }),
                ["backup.sha_block_size"]
            );
        }
        for size in [0, 40_000] {
            assert_eq!(wrong(Backup { file_size: size, ..Backup::default() }), ["backup.file_size"]);
        }
        for name in ["..", "a/../b", "/a", "a//b", ""] {
            let container = Some(name.to_owned());
            assert_eq!(wrong(Backup { container, ..Backup::default() }), ["backup.container"], "{name}");
        }
    }
}
