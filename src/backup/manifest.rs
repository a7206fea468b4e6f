//! `…_metadata`: what a backup consists of. Written when everything else is there.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Trouble;

/// The only one there has ever been.
pub(super) const VERSION: &str = "1.0.0";

/// The keys in the order in which Cinder sorts them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    #[serde(default)]
    pub(super) backup_description: Option<String>,
    #[serde(default)]
    pub(super) backup_id: String,
    #[serde(default)]
    pub(super) backup_name: Option<String>,
    #[serde(default)]
    pub(super) created_at: String,
    /// Each a map of one name.
    pub(super) objects: Vec<IndexMap<String, Entry>>,
    #[serde(default)]
    pub(super) parent_id: Option<String>,
    pub(super) version: String,
    #[serde(default)]
    pub(super) volume_id: String,
    /// What the volume was called, and more of that kind: JSON in a string.
    #[serde(default)]
    pub(super) volume_meta: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) compression: String,
    pub(super) length: u64,
    /// Of the data, not of what is kept.
    pub(super) md5: String,
    /// In the volume.
    pub(super) offset: u64,
}

impl Manifest {
    pub(super) fn parse(text: &[u8]) -> Result<Self, Trouble> {
        let manifest: Self = serde_json::from_slice(text)
            .map_err(|error| Trouble::invalid(format!("its metadata cannot be read ({error})")))?;
        if manifest.version != VERSION {
            let version = manifest.version;
            return Err(Trouble::invalid(format!("No support to restore backup version {version}")));
        }
        Ok(manifest)
    }

    pub(super) fn write(&self) -> Result<Vec<u8>, Trouble> {
        serde_json::to_vec_pretty(self).map_err(Trouble::invalid)
    }

    /// Names and what they are, in the order in which they were written.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Entry)> {
        self.objects.iter().filter_map(|object| object.first())
    }
}
