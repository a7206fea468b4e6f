//! Records of backups, with which they move between clouds: JSON, with Cinder's fields of a backup.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Backup, BackupDetails};
use crate::domain::{BackupId, Gib, Metadata, SnapshotId, Timestamp, VolumeId};

/// A record that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRecord {
    pub id: BackupId,
    pub size: Gib,
    /// Who keeps the data.
    pub service: String,
    /// The record as JSON. What is missing in it, only who keeps the data says.
    pub text: String,
}

/// What a record has to say, beside id and size.
const REQUIRED: [&str; 5] =
    ["display_name", "display_description", "container", "service_metadata", "object_count"];

/// What a record says of a backup.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RecordContents {
    pub id: Option<BackupId>,
    pub size: Option<u32>,
    pub display_name: Option<String>,
    pub display_description: Option<String>,
    pub container: Option<String>,
    pub service_metadata: Option<String>,
    pub object_count: Option<u32>,
    pub volume_id: Option<VolumeId>,
    pub snapshot_id: Option<SnapshotId>,
    pub parent_id: Option<BackupId>,
    pub data_timestamp: Option<String>,
    pub metadata: Option<Metadata>,
    pub encryption_key_id: Option<String>,
}

impl RecordContents {
    /// # Errors
    /// The sentence for the user: no record, fields that are missing, or another backup's.
    pub fn parse(text: &str, of: BackupId) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("Can't parse backup record. ({error})");
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(unreadable)?;
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|key| !fields.contains_key(*key)).collect();
        if !missing.is_empty() {
            return Err(format!(
                "Driver successfully decoded imported backup data, but there are missing fields ({}).",
                missing.join(", ")
            ));
        }
        let contents: Self = serde_json::from_value(Value::Object(fields)).map_err(unreadable)?;
        match contents.id {
            Some(id) if id == of => Ok(contents),
            id => Err(format!(
                "Trying to import backup metadata from id {} into backup {of}.",
                id.map(|id| id.to_string()).unwrap_or_default()
            )),
        }
    }

    pub fn data_timestamp(&self) -> Option<Timestamp> {
        let text = self.data_timestamp.as_deref()?;
        let with_zone = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_micros());
        let without = || text.parse::<chrono::NaiveDateTime>().map(|at| at.and_utc().timestamp_micros());
        with_zone.or_else(|_| without()).ok().map(Timestamp)
    }
}

impl BackupDetails {
    /// The record of a backup whose data is there.
    pub fn record(&self) -> Value {
        let Backup { id, container, parent_id, status, service, .. } = &self.backup;
        let backup = &self.backup;
        json!({
            "driver_info": {},
            "id": id,
            "user_id": backup.user_id,
            "project_id": backup.project_id,
            "volume_id": backup.volume_id,
            "host": "hearth",
            "availability_zone": backup.availability_zone,
            "container": container,
            "parent_id": parent_id,
            "status": status.as_str(),
            "fail_reason": backup.fail_reason,
            "size": backup.size,
            "display_name": backup.name,
            "display_description": backup.description,
            "service_metadata": backup.object_prefix(),
            "service": service,
            "object_count": backup.object_count,
            "temp_volume_id": null,
            "temp_snapshot_id": null,
            "num_dependent_backups": self.dependents,
            "snapshot_id": backup.snapshot_id,
            "data_timestamp": backup.data_timestamp.map(Timestamp::to_rfc3339),
            "restore_volume_id": null,
            "metadata": backup.metadata,
            "encryption_key_id": null,
            "created_at": backup.created_at.to_rfc3339(),
            "updated_at": backup.updated_at.map(Timestamp::to_rfc3339),
            "deleted_at": null,
            "deleted": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_what_it_lacks() {
        let id = BackupId::random();
        let whole = json!({
            "id": id, "size": 1, "display_name": "n", "display_description": null, "container": "a/b",
            "service_metadata": "volume_x", "object_count": 3, "data_timestamp": "2026-11-20T20:25:00Z",
        });
        let contents = RecordContents::parse(&whole.to_string(), id).unwrap();
        assert_eq!((contents.display_name.as_deref(), contents.object_count), (Some("n"), Some(3)));
        let at = contents.data_timestamp().unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-20T20:25:00Z");
        let told = |change: &dyn Fn(&mut Map<String, Value>)| {
            let mut fields = whole.as_object().unwrap().clone();
            change(&mut fields);
            RecordContents::parse(&Value::Object(fields).to_string(), id).unwrap_err()
        };
        let told_of_missing = told(&|fields| {
            fields.remove("container");
            fields.remove("object_count");
        });
        assert!(told_of_missing.ends_with("there are missing fields (container, object_count)."));
        let other = told(&|fields| {
            fields.insert("id".to_owned(), json!(BackupId::random()));
        });
        assert!(other.starts_with("Trying to import backup metadata from id "), "{other}");
        let odd = told(&|fields| {
            fields.insert("container".to_owned(), json!(7));
        });
        assert!(odd.starts_with("Can't parse backup record."), "{odd}");
        assert!(RecordContents::parse("[]", id).is_err());
    }
}
