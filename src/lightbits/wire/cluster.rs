//! Cluster, node, server and project objects.

use crate::domain::ClusterId;
use crate::lightbits::{
    ClusterInfo, ClusterStatistics, ClusterStatus, Endpoint, Health, Node, Project, Server,
};

use super::{Fields, FromWire};

/// Endpoints we cannot read are left out: there are others.
fn endpoints(fields: Fields<'_>, key: &str) -> Vec<Endpoint> {
    fields.texts(key).iter().filter_map(|text| text.parse().ok()).collect()
}

impl FromWire for ClusterInfo {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            uuid: ClusterId::from_uuid(fields.id("UUID")?),
            name: fields.text("clusterName"),
            subsystem_nqn: fields.text("subsystemNQN"),
            current_max_replicas: fields.small("currentMaxReplicas"),
            supported_max_replicas: fields.small("supportedMaxReplicas"),
            api_endpoints: endpoints(fields, "apiEndpoints"),
            discovery_endpoints: endpoints(fields, "discoveryEndpoints"),
            nvme_endpoints: endpoints(fields, "nvmeEndpoints"),
            etag: fields.text("ETag"),
        })
    }
}

impl FromWire for ClusterStatus {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            info: ClusterInfo::from_wire(fields)?,
            min_version: fields.text("MinVersionInCluster"),
            max_allowed_version: fields.text("MaxAllowedVersion"),
            health: fields.object("health").map(health),
            statistics: fields.object("statistics").map(statistics),
        })
    }
}

fn health(fields: Fields<'_>) -> Health {
    Health {
        state: fields.of("state"),
        healthy_volumes: fields.small("numHealthyVolumes"),
        degraded_volumes: fields.small("numDegradedVolumes"),
        read_only_volumes: fields.small("numReadOnlyVolumes"),
        not_available_volumes: fields.small("numNotAvailableVolumes"),
        inactive_nodes: fields.small("numInactiveNodes"),
    }
}

fn statistics(fields: Fields<'_>) -> ClusterStatistics {
    ClusterStatistics {
        installed_physical: fields.bytes("installedPhysicalStorage"),
        managed_physical: fields.bytes("managedPhysicalStorage"),
        effective_physical: fields.bytes("effectivePhysicalStorage"),
        logical: fields.bytes("logicalStorage"),
        logical_used: fields.bytes("logicalUsedStorage"),
        physical_used: fields.bytes("physicalUsedStorage"),
        physical_used_including_parity: fields.bytes("physicalUsedStorageIncludingParity"),
        free_physical: fields.bytes("freePhysicalStorage"),
        estimated_free_logical: fields.bytes("estimatedFreeLogicalStorage"),
        estimated_logical: fields.bytes("estimatedLogicalStorage"),
        compression_ratio: fields.ratio("compressionRatio"),
    }
}

impl FromWire for Node {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            uuid: fields.id("UUID")?,
            name: fields.text("name"),
            state: fields.of("state"),
            hostname: fields.text("hostname"),
            nvme_endpoint: fields.text("nvmeEndpoint").and_then(|text| text.parse().ok()),
            failure_domains: fields.texts("failureDomains"),
            server_uuid: fields.uuid("serverUUID"),
            read_only: fields.flag("readOnly"),
            in_local_rebuild: fields.flag("inLocalRebuild"),
            managed_devices: fields.small("numManagedDevices"),
            statistics: fields.object("statistics").map(statistics),
            etag: fields.text("ETag"),
        })
    }
}

impl FromWire for Server {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            uuid: fields.id("UUID")?,
            name: fields.text("name"),
            state: fields.of("state"),
            node_uuids: fields.uuids("NodesUUIDs"),
            version: fields.text("LightOSVersion"),
            api_endpoints: endpoints(fields, "ApiEndpoints"),
        })
    }
}

impl FromWire for Project {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String> {
        Ok(Self {
            uuid: fields.uuid("UUID"),
            name: fields.text("name").ok_or("a project without a name")?,
            description: fields.text("description"),
            default_qos: fields
                .objects("defaultPolicies")
                .find(|policy| policy.text("policyType").as_deref() == Some("qosRateLimit"))
                .and_then(|policy| policy.uuid("policyUUID")),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Bytes;
    use crate::lightbits::{HealthState, NodeState};

    #[test]
    fn a_cluster_with_figures_as_text() {
        let uuid = ClusterId::random();
        let value = json!({"UUID": uuid.to_string().to_uppercase(), "subsystemNQN": "nqn.x",
            "currentMaxReplicas": 3, "MinVersionInCluster": "3.12.4~b1", "apiEndpoints": ["10.0.0.1:443", "", "?"],
            "health": {"state": "OK", "numHealthyVolumes": 2},
            "statistics": {"effectivePhysicalStorage": "1099511627776", "compressionRatio": 1.5}});
        let status = ClusterStatus::from_wire(Fields::new(value.as_object().unwrap())).unwrap();
        assert_eq!(status.info.uuid, uuid);
        assert_eq!(status.info.api_endpoints, [Endpoint::new("10.0.0.1", 443)]);
        assert_eq!(status.health.unwrap().state, HealthState::Ok);
        assert_eq!(status.statistics.unwrap().effective_physical, Bytes(1 << 40));
    }

    #[test]
    fn what_has_no_uuid_is_no_cluster() {
        for value in [json!({}), json!({"UUID": ""}), json!({"UUID": 7}), json!({"UUID": "x"})] {
            assert!(ClusterInfo::from_wire(Fields::new(value.as_object().unwrap())).is_err());
        }
    }

    #[test]
    fn a_node_of_an_old_release() {
        let value =
            json!({"UUID": ClusterId::random().to_string(), "state": 3, "nvmeEndpoint": "[fd00::1]:4420"});
        let node = Node::from_wire(Fields::new(value.as_object().unwrap())).unwrap();
        assert_eq!(node.state, NodeState::Inactive);
        assert_eq!(node.nvme_endpoint, Some(Endpoint::new("fd00::1", 4420)));
    }
}
