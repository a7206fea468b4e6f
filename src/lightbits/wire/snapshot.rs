//! Snapshot objects and changed blocks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::{BackendUuid, LightosProject};
use crate::lightbits::{ChangedBlocks, LbaRange, Snapshot};

use super::volume::{labels, statistics};
use super::{Fields, FromWire};

impl FromWire for Snapshot {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            uuid: BackendUuid::from_uuid(fields.id("UUID")?),
            name: fields.text("name").unwrap_or_default(),
            project: fields.text("projectName").map(LightosProject::new),
            size: fields.size("size")?,
            state: fields.of("state"),
            description: fields.text("description"),
            source_volume_uuid: fields.uuid("sourceVolumeUUID").map(BackendUuid::from_uuid),
            source_volume_name: fields.text("sourceVolumeName"),
            replicas: fields.small("replicaCount"),
            compression: fields.flag("compression"),
            labels: labels(fields),
            statistics: statistics(fields),
            created_at: fields.time("creationTime"),
        })
    }
}

impl FromWire for ChangedBlocks {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            ranges: fields.list("lbaRanges")?,
            next_offset_lba: fields.number("nextOffsetLBA").filter(|next| *next != 0),
        })
    }
}

/// A range that cannot be read is an error: a lost one would be a block not copied.
impl FromWire for LbaRange {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        let bitmap = fields.text("dataBitMap").unwrap_or_default();
        Ok(Self {
            start: fields.size("lbaStart")?.0,
            end: fields.size("lbaEnd")?.0,
            bitmap: STANDARD.decode(bitmap).map_err(|_| "a bitmap that is not base64")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changed_blocks_with_and_without_more() {
        let value = json!({"nextOffsetLBA": "640", "lbaRanges": [{"lbaEnd": "63", "dataBitMap": "gAE="}]});
        let page = ChangedBlocks::from_wire(Fields::new(value.as_object().unwrap())).unwrap();
        assert_eq!(page.next_offset_lba, Some(640));
        assert_eq!(page.ranges, [LbaRange { start: 0, end: 63, bitmap: vec![0x80, 1] }]);
        let last = json!({"nextOffsetLBA": "0"});
        assert_eq!(
            ChangedBlocks::from_wire(Fields::new(last.as_object().unwrap())),
            Ok(ChangedBlocks::default())
        );
        let bad = json!({"lbaRanges": [{"dataBitMap": "!"}]});
        assert!(ChangedBlocks::from_wire(Fields::new(bad.as_object().unwrap())).is_err());
    }
}
