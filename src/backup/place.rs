//! Where in the vault a backup is: container and prefix.
//!
//! The user may name the container, and a record from elsewhere both. They become names of folders
//! and files, so whatever could lead out of the vault is no name.

use super::Trouble;
use crate::domain::BackupId;

/// A container, and what the names of the backup's objects in it begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    container: String,
    prefix: String,
}

impl Place {
    /// # Errors
    /// `Invalid` for names that could mean anything outside of the vault, or more than one backup.
    pub fn new(container: &str, prefix: &str) -> Result<Self, Trouble> {
        if !is_sound_container(container) {
            return Err(Trouble::invalid("the container is not the name of a folder among those of backups"));
        }
        if !is_sound_prefix(prefix) {
            return Err(Trouble::invalid("the prefix of its objects is not one of a backup"));
        }
        Ok(Self { container: container.to_owned(), prefix: prefix.to_owned() })
    }

    pub(super) fn container(&self) -> &str {
        &self.container
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn metadata(&self) -> String {
        format!("{}_metadata", self.prefix)
    }

    pub(super) fn sha256file(&self) -> String {
        format!("{}_sha256file", self.prefix)
    }
}

/// Cinder's folder of a backup whose user names no container.
pub fn in_own_folder(id: BackupId) -> String {
    let text = id.to_string();
    format!("{}/{}/{text}", &text[0..2], &text[2..4])
}

/// Relative, downwards, and no more than Cinder would take. Empty is the vault itself.
fn is_sound_container(name: &str) -> bool {
    name.is_empty()
        || name.split('/').all(|part| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.len() <= 255
                && !part.chars().any(|c| c.is_control() || c == '\\')
        })
}

/// `volume_<id>_<time>_backup_<id>`: of one backup and no other.
fn is_sound_prefix(prefix: &str) -> bool {
    let parts: Vec<&str> = prefix.split('_').collect();
    let is_id = |text: &str| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    matches!(parts[..], ["volume", volume, time, "backup", backup]
        if is_id(volume)
            && is_id(backup)
            && time.len() == 14
            && time.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::backup::object_prefix;

    const PREFIX: &str = "volume_5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9_20261120202500_backup_a10d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9";

    #[test]
    fn names_are_those_that_cinder_gives() {
        let (volume, backup) = (
            "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9".parse().unwrap(),
            "a10d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9".parse().unwrap(),
        );
        assert_eq!(in_own_folder(backup), "a1/0d/a10d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9");
        let at = chrono::DateTime::parse_from_rfc3339("2026-11-20T20:25:00.9Z").unwrap();
        let prefix = object_prefix(volume, Timestamp(at.timestamp_micros()), backup);
        assert_eq!(prefix, PREFIX);
        assert!(is_sound_prefix(&prefix));
    }

    #[test]
    fn nothing_leads_out_of_the_vault() {
        for good in ["", "c", "a/b/c", "mein Behälter", "..x", "%2e%2e", "a#1"] {
            assert!(is_sound_container(good), "{good}");
        }
        for bad in ["..", ".", "/", "/etc", "a//b", "a/", "a/../../b", "a/./b", "a\0", "a\nb", "a\\b"] {
            assert!(!is_sound_container(bad), "{bad}");
        }
        for bad in ["", "volume_", "../x", &PREFIX[..80], &format!("{PREFIX}/x"), &format!("x{PREFIX}")] {
            assert!(!is_sound_prefix(bad), "{bad}");
        }
        assert!(Place::new("a/../b", PREFIX).is_err());
        assert!(Place::new("a", "volume_").is_err());
        assert!(Place::new("a", PREFIX).is_ok());
    }
}
