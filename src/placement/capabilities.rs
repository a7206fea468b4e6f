//! What a cluster reports to Cinder clients and type extra specs: one map for the filters, for
//! `get_pools` and for `capabilities`, under the keys of the stock Lightbits driver.

use serde_json::{Map, Value, json};

use crate::domain::cluster::{Capacity, Cluster, Intent, Observed};
use crate::domain::{Bytes, Timestamp};

pub const VENDOR_NAME: &str = "LightOS Storage";
pub const STORAGE_PROTOCOL: &str = "lightos";
pub const DRIVER_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sizes are GiB with two decimals, as floats; without figures they are `unknown` (0 for what is
/// provisioned), as Cinder has it. `provisioned` and `free` follow the reservations at once;
/// `allocated` is ours, `provisioned` everybody's (`federation` 2.2, capacity words).
pub fn capabilities(cluster: &Cluster) -> Map<String, Value> {
    let sizes = cluster.capacity.as_ref().map_or_else(unknown, |c| figures(c, cluster.reserved));
    let up = matches!(cluster.observed, Observed::Reachable | Observed::Suspect | Observed::Recovering);
    let ratio = cluster.traits.max_over_subscription_millis as f64 / 1000.0;
    let mut map = sizes;
    let rest = json!({
        "reserved_percentage": 0,
        "max_over_subscription_ratio": format!("{ratio:.1}"),
        "thin_provisioning_support": true,
        "thick_provisioning_support": false,
        "compression": [true, false],
        "QoS_support": true,
        "online_extend_support": true,
        "multiattach": true,
        "replication_enabled": false,
        "storage_protocol": STORAGE_PROTOCOL,
        "vendor_name": VENDOR_NAME,
        "volume_backend_name": cluster.name,
        "pool_name": cluster.name,
        "driver_version": DRIVER_VERSION,
        "location_info": format!("LightOSCluster:{}", cluster.id),
        "backend_state": if up { "up" } else { "down" },
        "availability_zone": cluster.traits.availability_zone,
        "max_replicas": cluster.capacity.as_ref().map_or(0, |c| c.max_replicas),
        "cluster_version": cluster.description.version,
        "cordoned": cluster.intent.intent != Intent::Enabled,
        "timestamp": cluster.polled_at.map(Timestamp::to_cinder),
        "filter_function": null,
        "goodness_function": null,
    });
    if let Value::Object(rest) = rest {
        map.extend(rest);
    }
    map
}

fn figures(capacity: &Capacity, reserved: Bytes) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("total_capacity_gb".to_owned(), gib(capacity.effective));
    map.insert("free_capacity_gb".to_owned(), gib(capacity.physical_free));
    map.insert("provisioned_capacity_gb".to_owned(), gib(capacity.provisioned + reserved));
    map.insert("allocated_capacity_gb".to_owned(), gib(capacity.allocated + reserved));
    map.insert("total_volumes".to_owned(), capacity.volumes.into());
    map
}

fn unknown() -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("total_capacity_gb".to_owned(), "unknown".into());
    map.insert("free_capacity_gb".to_owned(), "unknown".into());
    map.insert("provisioned_capacity_gb".to_owned(), 0.into());
    map.insert("allocated_capacity_gb".to_owned(), 0.into());
    map.insert("total_volumes".to_owned(), 0.into());
    map
}

fn gib(bytes: Bytes) -> Value {
    ((bytes.as_gib_f64() * 100.0).round() / 100.0).into()
}
