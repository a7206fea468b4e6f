//! A backup as JSON, at the asked microversion.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::links::Collection;
use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::Microversion;
use crate::domain::backup::{Backup, BackupDetails};

/// What the caller may see, asked once a request.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    pub version: Microversion,
    /// Whose it is: administrators.
    pub owner: bool,
}

impl Sees {
    pub fn of(call: &Call) -> Self {
        let owner = call.may("backup:backup_project_attribute", &Target::own(&call.ctx));
        Self { version: call.version(), owner }
    }
}

/// A backup in full. An `encryption_key_id` (3.64) is only shown where there is one, and no
/// volume here is encrypted.
pub struct Detail<'a> {
    pub details: &'a BackupDetails,
    pub links: &'a Collection,
    pub sees: Sees,
}

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (backup, sees) = (&self.details.backup, self.sees);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &backup.id)?;
        map.serialize_entry("status", backup.status.as_str())?;
        map.serialize_entry("size", &backup.size)?;
        map.serialize_entry("object_count", &backup.object_count)?;
        map.serialize_entry("availability_zone", &backup.availability_zone)?;
        map.serialize_entry("container", &backup.container)?;
        map.serialize_entry("created_at", &Time(backup.created_at))?;
        map.serialize_entry("updated_at", &backup.updated_at.map(Time))?;
        map.serialize_entry("name", &backup.name)?;
        map.serialize_entry("description", &backup.description)?;
        map.serialize_entry("fail_reason", &backup.fail_reason)?;
        map.serialize_entry("volume_id", &backup.volume_id)?;
        map.serialize_entry("links", &self.links.item(backup.id))?;
        map.serialize_entry("is_incremental", &backup.parent_id.is_some())?;
        map.serialize_entry("has_dependent_backups", &(self.details.dependents > 0))?;
        map.serialize_entry("snapshot_id", &backup.snapshot_id)?;
        map.serialize_entry("data_timestamp", &backup.data_timestamp.map(Time))?;
        if sees.version.at_least(43) {
            map.serialize_entry("metadata", &backup.metadata)?;
        }
        if sees.version.at_least(18) && sees.owner {
            map.serialize_entry("os-backup-project-attr:project_id", &backup.project_id)?;
        }
        if sees.version.at_least(56) && sees.owner {
            map.serialize_entry("user_id", &backup.user_id)?;
        }
        map.end()
    }
}

/// One line of the short list; also the replies of create, update and import.
pub struct Summary<'a> {
    pub backup: &'a Backup,
    pub links: &'a Collection,
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("id", &self.backup.id)?;
        map.serialize_entry("name", &self.backup.name)?;
        map.serialize_entry("links", &self.links.item(self.backup.id))?;
        map.end()
    }
}

/// `{"backup": …}`.
#[derive(Serialize)]
pub struct One<T> {
    pub backup: T,
}

/// `{"backups": […]}`.
#[derive(Serialize)]
pub struct List<T> {
    pub backups: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backups_links: Option<[NextLink; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}
