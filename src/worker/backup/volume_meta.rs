//! What a backup says of its volume, beside the data: JSON as Cinder's `volume_meta`. What is taken
//! from it on a restore is what Cinder takes.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::domain::Metadata;
use crate::domain::backup::Backup;
use crate::domain::volume::Volume;

/// Metadata of a volume that another volume's backup was restored to.
const SOURCE: &str = "src_backup_id";
/// What volumes are called that were made for a restore by somebody who said no name.
const NAMELESS: &str = "restore_backup_";

pub(super) fn of(volume: &Volume) -> String {
    let mut all = Map::new();
    all.insert("version".to_owned(), json!(2));
    let base = json!({
        "id": volume.id,
        "user_id": volume.user_id,
        "project_id": volume.project_id,
        "size": volume.size,
        "availability_zone": volume.availability_zone,
        "display_name": volume.name,
        "display_description": volume.description,
        "volume_type_id": volume.volume_type_id,
        "bootable": volume.bootable,
        "multiattach": volume.multiattach,
        "encryption_key_id": null,
    });
    all.insert("volume-base-metadata".to_owned(), base);
    for (key, metadata) in
        [("volume-metadata", &volume.metadata), ("volume-glance-metadata", &volume.image_metadata)]
    {
        if !metadata.is_empty() {
            all.insert(key.to_owned(), json!(metadata));
        }
    }
    Value::Object(all).to_string()
}

/// As far as it is taken over.
#[derive(Debug, Default, Deserialize)]
pub(in crate::worker) struct VolumeMeta {
    version: u32,
    #[serde(default, rename = "volume-base-metadata")]
    base: Option<Base>,
    #[serde(default, rename = "volume-metadata")]
    metadata: Option<Map<String, Value>>,
    #[serde(default, rename = "volume-glance-metadata")]
    image: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Base {
    display_name: Option<String>,
    display_description: Option<String>,
    encryption_key_id: Option<String>,
}

/// # Errors
/// The sentence for the log.
pub(super) fn parse(text: &str) -> Result<VolumeMeta, String> {
    let meta: VolumeMeta = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !matches!(meta.version, 1 | 2) {
        return Err("Metadata restore failed due to incompatible version.".to_owned());
    }
    if meta.base.as_ref().is_some_and(|base| base.encryption_key_id.is_some()) {
        return Err("the volume that was backed up was encrypted".to_owned());
    }
    Ok(meta)
}

fn texts(map: &Map<String, Value>) -> Metadata {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

impl VolumeMeta {
    pub(super) fn apply(&self, volume: &mut Volume) {
        if let Some(base) = &self.base {
            let current = volume.name.as_deref().unwrap_or_default();
            let nameless = current.is_empty() || current.starts_with(NAMELESS);
            if nameless && base.display_name.as_deref().is_some_and(|name| !name.is_empty()) {
                volume.name.clone_from(&base.display_name);
                volume.description.clone_from(&base.display_description);
            }
        }
        if let Some(metadata) = &self.metadata {
            volume.metadata = texts(metadata);
        }
        if let Some(image) = &self.image {
            volume.image_metadata = texts(image);
            volume.bootable = true;
        }
    }
}

/// Says of a volume which backup its data is of, unless it is its own.
pub(super) fn mark(volume: &mut Volume, backup: &Backup) {
    let id = backup.id.to_string();
    let other = volume.metadata.get(SOURCE).is_some_and(|old| *old != id);
    if backup.volume_id != volume.id || other {
        volume.metadata.insert(SOURCE.to_owned(), id);
    }
}
