//! Clusters for tests.

use uuid::Uuid;

use crate::domain::cluster::{
    Capacity, Cluster, Description, Intent, IntentRecord, Observed, PlacementTraits,
};
use crate::domain::size::GIB;
use crate::domain::{Bytes, ClusterId, ClusterName, Timestamp};

/// The id of the `number`th cluster; ids order as numbers do.
pub(crate) fn id(number: u128) -> ClusterId {
    ClusterId::from_uuid(Uuid::from_u128(number))
}

/// A healthy three-node cluster, enabled, single replica by default (so that sizes are easy),
/// with `provisioned_gib` of `effective_gib` provisioned and no over-subscription allowed.
pub(crate) fn cluster(number: u128, effective_gib: u64, provisioned_gib: u64) -> Cluster {
    Cluster {
        id: id(number),
        name: ClusterName::new(format!("c{number}")),
        traits: PlacementTraits {
            max_over_subscription_millis: 1000,
            default_replicas: 1,
            ..PlacementTraits::default()
        },
        intent: IntentRecord {
            intent: Intent::Enabled,
            reason: None,
            by: "test".to_owned(),
            at: Timestamp(0),
        },
        observed: Observed::Reachable,
        observed_reason: None,
        observed_since: Timestamp(0),
        capacity: Some(Capacity {
            provisioned: Bytes(provisioned_gib * GIB),
            effective: Bytes(effective_gib * GIB),
            physical_free: Bytes(effective_gib * GIB),
            max_replicas: 3,
            ..Capacity::default()
        }),
        description: Description::default(),
        polled_at: Some(Timestamp(0)),
        reserved: Bytes(0),
    }
}
