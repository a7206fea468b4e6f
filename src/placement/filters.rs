//! The filters, in the order in which their reasons are worth telling (design, invariant 5).

use super::capabilities::capabilities;
use super::specs;
use super::{Purpose, Reason, Request};
use crate::domain::cluster::{Capacity, Cluster, Intent, Observed};

pub(super) type Filter = fn(&Request, &Cluster) -> Result<(), Reason>;

const PLACING: &[Filter] = &[
    reachable,
    intent,
    figures,
    physical_use,
    over_subscription,
    replicas_possible,
    backend_name,
    type_capabilities,
    availability_zone,
    labels,
    same_host,
    different_host,
    not_refused_before,
];

/// A volume that grows is where it is: only capacity and the state of the cluster count.
const GROWING: &[Filter] = &[reachable, intent, figures, physical_use, over_subscription];

/// The volume is there already: what counts is what the type asks of its cluster.
const RETYPING: &[Filter] = &[reachable, intent, backend_name, type_capabilities, availability_zone, labels];

pub(super) const fn row(purpose: &Purpose) -> &'static [Filter] {
    match purpose {
        Purpose::New | Purpose::Copy { .. } => PLACING,
        Purpose::Grow { .. } => GROWING,
        Purpose::Retype { .. } => RETYPING,
    }
}

/// New volumes only where nothing is in doubt; what must stay with its owner is tried there
/// unless the owner is known to be away.
fn reachable(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let passes = match cluster.observed {
        Observed::Reachable => true,
        Observed::Suspect | Observed::Recovering => request.purpose.owner().is_some(),
        Observed::Unknown | Observed::Unreachable => false,
    };
    let refusal =
        || Reason::NotReachable { observed: cluster.observed, detail: cluster.observed_reason.clone() };
    passes.then_some(()).ok_or_else(refusal)
}

/// The matrix of `federation` 2.3.
fn intent(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let intent = cluster.intent.intent;
    let passes = match (intent, &request.purpose) {
        (Intent::Enabled, _) => true,
        (Intent::Cordoned, purpose) => purpose.owner().is_some(),
        (Intent::Draining | Intent::Frozen, purpose) => {
            matches!(purpose, Purpose::Grow { .. } | Purpose::Retype { .. })
        }
        (Intent::Maintenance, _) => false,
    };
    passes.then_some(()).ok_or_else(|| Reason::Intent { intent, note: cluster.intent.reason.clone() })
}

fn capacity(cluster: &Cluster) -> Result<&Capacity, Reason> {
    cluster.capacity.as_ref().filter(|capacity| capacity.effective.0 > 0).ok_or(Reason::NoFigures)
}

fn figures(_: &Request, cluster: &Cluster) -> Result<(), Reason> {
    capacity(cluster).map(|_| ())
}

/// Thin volumes and compression let the ratio look good while the cluster is about to turn
/// read-only; the physical figure is the guard.
fn physical_use(_: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let capacity = capacity(cluster)?;
    let limit_percent = cluster.traits.max_physical_used_percent;
    let used = u128::from(capacity.physical_used.0) * 100;
    let effective = u128::from(capacity.effective.0);
    if used >= effective * u128::from(limit_percent) {
        let used_percent = u64::try_from(used / effective).unwrap_or(u64::MAX);
        return Err(Reason::PhysicallyFull { used_percent, limit_percent });
    }
    Ok(())
}

fn over_subscription(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let capacity = capacity(cluster)?;
    let provisioned = capacity.provisioned + cluster.reserved;
    let asked = request.demand_on(cluster);
    let cap = cap(cluster, capacity);
    let after = u128::from(provisioned.0) + u128::from(asked.0);
    if after > cap {
        let cap = crate::domain::Bytes(u64::try_from(cap).unwrap_or(u64::MAX));
        return Err(Reason::OverSubscribed { provisioned, asked, cap });
    }
    Ok(())
}

/// Bytes (size × replicas) that may be provisioned.
fn cap(cluster: &Cluster, capacity: &Capacity) -> u128 {
    u128::from(capacity.effective.0) * u128::from(cluster.traits.max_over_subscription_millis) / 1000
}

fn replicas_possible(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let asked = request.replicas_on(cluster);
    let possible = capacity(cluster)?.max_replicas;
    if asked > possible { Err(Reason::Replicas { asked, possible }) } else { Ok(()) }
}

fn backend_name(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let Some(wanted) = &request.specs.backend_name else { return Ok(()) };
    if specs::matches(&cluster.name.as_str().into(), wanted) {
        return Ok(());
    }
    Err(Reason::BackendName { wanted: wanted.clone() })
}

fn type_capabilities(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    if request.specs.capabilities.is_empty() {
        return Ok(());
    }
    let reported = capabilities(cluster);
    for (key, wanted) in &request.specs.capabilities {
        let has = reported.get(key);
        if !has.is_some_and(|has| specs::matches_any(has, wanted)) {
            let has = has.map(specs::text);
            return Err(Reason::Capability { key: key.clone(), wanted: wanted.clone(), has });
        }
    }
    Ok(())
}

fn availability_zone(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    let has = &cluster.traits.availability_zone;
    let refuse = |wanted| Err(Reason::AvailabilityZone { wanted, has: has.clone() });
    if let Some(wanted) = request.availability_zone.as_ref().filter(|wanted| *wanted != has) {
        return refuse(vec![wanted.clone()]);
    }
    let of_type = &request.specs.availability_zones;
    if !of_type.is_empty() && !of_type.contains(has) {
        return refuse(of_type.clone());
    }
    Ok(())
}

fn labels(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    for (key, wanted) in &request.specs.labels {
        let has = cluster.traits.labels.get(key);
        if has != Some(wanted) {
            return Err(Reason::Label { key: key.clone(), wanted: wanted.clone(), has: has.cloned() });
        }
    }
    Ok(())
}

fn same_host(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    match &request.affinity.same {
        Some(clusters) if !clusters.contains(&cluster.id) => Err(Reason::NotSameHost),
        _ => Ok(()),
    }
}

fn different_host(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    if request.affinity.different.contains(&cluster.id) { Err(Reason::NotDifferentHost) } else { Ok(()) }
}

fn not_refused_before(request: &Request, cluster: &Cluster) -> Result<(), Reason> {
    if request.excluded.contains(&cluster.id) { Err(Reason::RefusedBefore) } else { Ok(()) }
}
