//! What a cluster says of itself: identity, figures, servers and nodes.

use uuid::Uuid;

use crate::domain::{Bytes, ClusterId};

use super::Endpoint;
use super::wire::wire_enum;

/// `GET /clusterinfo`: what every tenant may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    pub uuid: ClusterId,
    /// May be the UUID again.
    pub name: Option<String>,
    pub subsystem_nqn: Option<String>,
    /// Replicas possible for a new volume with the nodes now up.
    pub current_max_replicas: u8,
    /// Replicas possible by installation; 0 for a while during boot.
    pub supported_max_replicas: u8,
    pub api_endpoints: Vec<Endpoint>,
    pub discovery_endpoints: Vec<Endpoint>,
    pub nvme_endpoints: Vec<Endpoint>,
    pub etag: Option<String>,
}

/// `GET /cluster`: for cluster admins only; a tenant gets 403.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterStatus {
    pub info: ClusterInfo,
    /// Lowest release on any server, e.g. `3.12.4~b15783733640`.
    pub min_version: Option<String>,
    pub max_allowed_version: Option<String>,
    pub health: Option<Health>,
    pub statistics: Option<ClusterStatistics>,
}

wire_enum! {
    HealthState { None = 1 "None", Ok = 2 "OK", Warning = 3 "Warning", Error = 4 "Error" }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    pub state: HealthState,
    pub healthy_volumes: u32,
    pub degraded_volumes: u32,
    pub read_only_volumes: u32,
    pub not_available_volumes: u32,
    pub inactive_nodes: u32,
}

/// Meanings in `lightbits-api` §2.2.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterStatistics {
    pub installed_physical: Bytes,
    pub managed_physical: Bytes,
    /// After over-provisioning reserve and parity: the capacity for user data.
    pub effective_physical: Bytes,
    /// Σ sizes of the volumes, by the cluster's own count.
    pub logical: Bytes,
    pub logical_used: Bytes,
    /// Data only.
    pub physical_used: Bytes,
    pub physical_used_including_parity: Bytes,
    /// Left before the cluster turns read-only.
    pub free_physical: Bytes,
    pub estimated_free_logical: Bytes,
    pub estimated_logical: Bytes,
    pub compression_ratio: Option<f64>,
}

wire_enum! {
    NodeState {
        Active = 1 "Active",
        Activating = 2 "Activating",
        Inactive = 3 "Inactive",
        Unattached = 4 "Unattached",
        Attaching = 6 "Attaching",
        Detaching = 7 "Detaching",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub state: NodeState,
    pub hostname: Option<String>,
    /// Where hosts do I/O, `ip:4420`.
    pub nvme_endpoint: Option<Endpoint>,
    pub failure_domains: Vec<String>,
    pub server_uuid: Option<Uuid>,
    pub read_only: bool,
    pub in_local_rebuild: bool,
    pub managed_devices: u32,
    /// As for the cluster, without what is installed.
    pub statistics: Option<ClusterStatistics>,
    pub etag: Option<String>,
}

wire_enum! {
    ServerState {
        Creating = 1 "Creating",
        Enabled = 2 "Enabled",
        Deleting = 3 "Deleting",
        Failed = 4 "Failed",
        Disabled = 5 "Disabled",
        Enabling = 6 "Enabling",
        Disabling = 7 "Disabling",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub state: ServerState,
    pub node_uuids: Vec<Uuid>,
    pub version: Option<String>,
    pub api_endpoints: Vec<Endpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub uuid: Option<Uuid>,
    pub name: String,
    pub description: Option<String>,
    /// The QoS policy of its volumes that name none.
    pub default_qos: Option<Uuid>,
}
