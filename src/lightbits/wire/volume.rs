//! Volume objects.

use crate::domain::{BackendUuid, LightosProject, Metadata};
use crate::lightbits::{Acl, ETag, ObjectStatistics, Volume};

use super::{Fields, FromWire};

impl FromWire for Volume {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            uuid: BackendUuid::from_uuid(fields.id("UUID")?),
            name: fields.text("name").unwrap_or_default(),
            project: fields.text("projectName").map(LightosProject::new),
            size: fields.size("size")?,
            state: fields.of("state"),
            protection: fields.of("protectionState"),
            replicas: fields.small("replicaCount"),
            acl: acl(fields, "acl"),
            ip_acl: acl(fields, "IPAcl"),
            compression: fields.flag("compression"),
            nsid: fields.small("nsid"),
            sector_size: fields.small("sectorSize"),
            etag: fields.text("ETag").map(ETag),
            source_snapshot_uuid: fields.uuid("sourceSnapshotUUID").map(BackendUuid::from_uuid),
            source_snapshot_name: fields.text("sourceSnapshotName"),
            qos_policy_uuid: fields.uuid("qosPolicyUUID"),
            qos_policy_name: fields.text("qosPolicyName"),
            labels: labels(fields),
            node_uuids: fields.uuids("nodeList"),
            primary_node_uuid: fields.uuid("primaryNodeUUID"),
            connected_hosts: fields.texts("connectedHosts"),
            rebuild_progress: fields.text("rebuildProgress").filter(|progress| progress != "None"),
            statistics: statistics(fields),
            created_at: fields.time("creationTime"),
        })
    }
}

fn acl(fields: Fields<'_>, key: &str) -> Acl {
    let values = fields.object(key).map(|list| list.texts("values")).unwrap_or_default();
    if values.iter().any(|value| value == "ALLOW_ANY") {
        return Acl::Any;
    }
    let hosts: Vec<String> = values.into_iter().filter(|value| value != "ALLOW_NONE").collect();
    if hosts.is_empty() { Acl::Nobody } else { Acl::Only(hosts) }
}

pub(super) fn labels(fields: Fields<'_>) -> Metadata {
    fields
        .objects("labels")
        .filter_map(|label| Some((label.text("key")?, label.text("value").unwrap_or_default())))
        .collect()
}

pub(super) fn statistics(fields: Fields<'_>) -> ObjectStatistics {
    let Some(fields) = fields.object("statistics") else { return ObjectStatistics::default() };
    ObjectStatistics {
        logical_used: fields.bytes("logicalUsedStorage"),
        physical_used: fields.bytes("physicalUsedStorage"),
        physical_capacity: fields.bytes("physicalCapacity"),
        physical_owned: fields.bytes("physicalOwnedCapacity"),
        user_written: fields.bytes("userWritten"),
        compression_ratio: fields.ratio("compressionRatio"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Bytes;
    use crate::lightbits::VolumeState;

    fn read(value: &Value) -> Result<Volume, String> {
        Volume::from_wire(Fields::new(value.as_object().unwrap()))
    }

    #[test]
    fn a_volume_with_zero_values_left_out() {
        let uuid = BackendUuid::random();
        let volume = read(&json!({"UUID": uuid.to_string(), "name": "v", "size": "4096"})).unwrap();
        assert_eq!((volume.uuid, volume.size, volume.nsid), (uuid, Bytes(4096), 0));
        assert_eq!((volume.state, volume.acl), (VolumeState::Unknown, Acl::Nobody));
    }

    #[test]
    fn a_volume_in_full() {
        let (uuid, snapshot) = (BackendUuid::random(), BackendUuid::random());
        let volume = read(&json!({"UUID": uuid.to_string(), "name": "v", "size": 8192, "state": "Migrating",
            "replicaCount": "2", "compression": "True", "acl": {"values": ["nqn.b", "nqn.a"]},
            "IPAcl": {"values": ["ALLOW_ANY"]}, "sourceSnapshotUUID": snapshot.to_string(),
            "labels": [{"key": "k", "value": "v"}, {"value": "no key"}], "rebuildProgress": "None",
            "creationTime": "2025-01-02T03:04:05.5Z", "ETag": "7", "statistics": null, "later": [{}]}))
        .unwrap();
        assert!(volume.state.is_ready() && volume.compression);
        assert_eq!(volume.acl, Acl::Only(vec!["nqn.b".to_owned(), "nqn.a".to_owned()]));
        assert_eq!((volume.ip_acl, volume.replicas), (Acl::Any, 2));
        assert_eq!(volume.source_snapshot_uuid, Some(snapshot));
        assert_eq!(volume.labels.get("k").map(String::as_str), Some("v"));
        assert_eq!(volume.rebuild_progress, None);
        assert_eq!(volume.created_at.map(|t| t.0), Some(1_735_787_045_500_000));
    }

    #[test]
    fn a_size_that_is_no_number_is_an_error_and_so_is_a_list_with_it() {
        let volume = json!({"UUID": BackendUuid::random().to_string(), "size": "big"});
        assert!(read(&volume).is_err());
        let good = json!({"UUID": BackendUuid::random().to_string()});
        for list in [json!([good, volume]), json!([good, null]), json!({}), json!("x")] {
            let page = json!({"volumes": list});
            assert!(Fields::new(page.as_object().unwrap()).list::<Volume>("volumes").is_err(), "{page}");
        }
        for empty in [json!({}), json!({"volumes": null}), json!({"volumes": []})] {
            assert_eq!(Fields::new(empty.as_object().unwrap()).list::<Volume>("volumes"), Ok(vec![]));
        }
    }
}
