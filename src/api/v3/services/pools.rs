//! `GET /scheduler-stats/get_pools`: a pool for each cluster that can be written to.

use serde::Serialize;
use serde_json::Value;

use super::state;
use crate::api::bool_text;
use crate::api::call::Call;
use crate::api::python::display;
use crate::api::reply::Reply;
use crate::api::time::Time;
use crate::domain::cluster::{Capacity, Cluster};
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{Bytes, Error, Result};

pub const VENDOR: &str = "LightOS Storage";
pub const PROTOCOL: &str = "lightos";
/// The gateway is its own driver.
pub const DRIVER_VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Serialize)]
struct List<'a> {
    pools: Vec<Pool<'a>>,
}

#[derive(Serialize)]
struct Pool<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Capabilities<'a>>,
}

/// The figures of the last poll; before the first one there are none.
#[derive(Serialize)]
#[serde(untagged)]
enum Gigabytes {
    Known(f64),
    Unknown(&'static str),
}

#[derive(Serialize)]
struct Capabilities<'a> {
    volume_backend_name: &'a str,
    vendor_name: &'static str,
    driver_version: &'static str,
    storage_protocol: &'static str,
    pool_name: &'a str,
    total_capacity_gb: Gigabytes,
    free_capacity_gb: Gigabytes,
    allocated_capacity_gb: f64,
    provisioned_capacity_gb: f64,
    reserved_percentage: u8,
    max_over_subscription_ratio: String,
    thin_provisioning_support: bool,
    thick_provisioning_support: bool,
    multiattach: bool,
    #[serde(rename = "QoS_support")]
    qos_support: bool,
    online_extend_support: bool,
    replication_enabled: bool,
    availability_zone: &'a str,
    location_info: Option<&'a str>,
    backend_state: &'static str,
    timestamp: Option<Time>,
    filter_function: Option<&'static str>,
    goodness_function: Option<&'static str>,
}

fn capabilities(cluster: &Cluster) -> Capabilities<'_> {
    let gib = |bytes: Bytes| (bytes.as_gib_f64() * 100.0).round() / 100.0;
    let known = |read: fn(&Capacity) -> Bytes| match &cluster.capacity {
        Some(capacity) => Gigabytes::Known(gib(read(capacity))),
        None => Gigabytes::Unknown("unknown"),
    };
    let capacity = cluster.capacity.clone().unwrap_or_default();
    Capabilities {
        volume_backend_name: cluster.name.as_str(),
        vendor_name: VENDOR,
        driver_version: DRIVER_VERSION,
        storage_protocol: PROTOCOL,
        pool_name: cluster.name.as_str(),
        total_capacity_gb: known(|capacity| capacity.effective),
        free_capacity_gb: known(|capacity| capacity.effective.saturating_sub(capacity.physical_used)),
        allocated_capacity_gb: gib(capacity.allocated),
        provisioned_capacity_gb: gib(capacity.provisioned + cluster.reserved),
        reserved_percentage: 100_u8.saturating_sub(cluster.traits.max_physical_used_percent),
        max_over_subscription_ratio: ratio(cluster.traits.max_over_subscription_millis),
        thin_provisioning_support: true,
        thick_provisioning_support: false,
        multiattach: true,
        qos_support: true,
        online_extend_support: true,
        replication_enabled: false,
        availability_zone: &cluster.traits.availability_zone,
        location_info: cluster.description.subsystem_nqn.as_deref(),
        backend_state: state(cluster),
        timestamp: cluster.polled_at.map(Time),
        filter_function: None,
        goodness_function: None,
    }
}

/// `20.0`, as Cinder writes it: text.
fn ratio(millis: u64) -> String {
    let text = format!("{}.{:03}", millis / 1000, millis % 1000);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let detail = call.query.boolean("detail")?;
    let filters = filters(&call)?;
    let specs = match filters.volume_type {
        Some(name) => Some(call.edge.services.type_specs(&call.ctx, name).await?),
        None => None,
    };
    let clusters = call.edge.services.backends().await?;
    let wanted = |cluster: &&Cluster| {
        filters.name.is_none_or(|name| name == cluster.host())
            && filters.figures.iter().all(|(key, text)| has(cluster, key, text))
            && specs.as_ref().is_none_or(|specs| may_hold(cluster, specs))
    };
    let pools = clusters
        .iter()
        .filter(wanted)
        .map(|cluster| Pool { name: cluster.host(), capabilities: detail.then(|| capabilities(cluster)) });
    Ok(Reply::ok(&List { pools: pools.collect() }))
}

struct Filters<'a> {
    name: Option<&'a str>,
    volume_type: Option<&'a str>,
    /// Capabilities and what they are to be.
    figures: Vec<(&'a str, &'a str)>,
}

/// Filters count since 3.28, `volume_type` since 3.35; from 3.31 on others are refused, and until
/// then they are about the capabilities.
fn filters(call: &Call) -> Result<Filters<'_>> {
    let version = call.version();
    if version.at_least(31) {
        let unknown =
            |(key, _): &(&str, &str)| !matches!(*key, "detail" | "name" | "volume_type" | "all_tenants");
        let names: Vec<&str> = call.query.iter().filter(unknown).map(|(key, _)| key).collect();
        if !names.is_empty() {
            let names = names.join(",");
            return Err(Error::invalid(format!("Invalid filters {names} are found in query options.")));
        }
    }
    let own = |(key, _): &(&str, &str)| matches!(*key, "detail" | "name" | "volume_type");
    let figures = match version.at_least(28) && !version.at_least(31) {
        true => call.query.iter().filter(|pair| !own(pair)).collect(),
        false => Vec::new(),
    };
    Ok(Filters {
        figures,
        name: call.query.get("name").filter(|_| version.at_least(28)),
        volume_type: call.query.get("volume_type").filter(|_| version.at_least(35)),
    })
}

/// Whether a capability, as Python would print it, is what the text says.
fn has(cluster: &Cluster, key: &str, text: &str) -> bool {
    match serde_json::to_value(capabilities(cluster)).ok().as_ref().and_then(|all| all.get(key)) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag == bool_text::lenient(text),
        Some(value) => display(value) == text,
    }
}

/// Whether volumes of such a type may go there at all, room aside.
fn may_hold(cluster: &Cluster, specs: &TypeSpecs) -> bool {
    let zones = &specs.availability_zones;
    specs.backend_name.as_ref().is_none_or(|name| name == cluster.name.as_str())
        && (zones.is_empty() || zones.contains(&cluster.traits.availability_zone))
        && specs.labels.iter().all(|(key, value)| cluster.traits.labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_read_as_in_python() {
        for (millis, text) in [(20_000, "20.0"), (1_500, "1.5"), (1_005, "1.005"), (0, "0.0")] {
            assert_eq!(ratio(millis), text);
        }
    }
}
