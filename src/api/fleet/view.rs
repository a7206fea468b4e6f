//! How a cluster looks in JSON. Sizes are bytes, times RFC 3339; what is not known is null.

use serde_json::{Map, Value, json};

use crate::domain::Timestamp;
use crate::domain::cluster::{Cluster, PlacementTraits, Tenancy};
use crate::service::fleet::{
    ClusterUse, Credentials, Decision, Explanation, FleetOverview, Outcome, Overview, Ratio, Registration,
    Tls, Verdict,
};

pub fn file_state(all: &FleetOverview) -> Value {
    json!({"file": all.file, "epoch": all.epoch, "trouble": all.trouble})
}

pub fn overview(one: &Overview) -> Value {
    Value::Object(map(one))
}

pub fn detail(one: &Overview, used: ClusterUse) -> Value {
    let mut map = map(one);
    let counts = json!({
        "volumes": used.volumes, "snapshots": used.snapshots, "operations": used.operations,
    });
    map.insert("ours".to_owned(), counts);
    Value::Object(map)
}

fn map(one: &Overview) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("name".to_owned(), json!(one.name));
    map.insert("registered".to_owned(), one.registration.is_some().into());
    let trouble = one.trouble.as_ref().map(ToString::to_string);
    map.insert("trouble".to_owned(), json!(trouble));
    let traits = match (&one.registration, &one.cluster) {
        (Some(registration), _) => Some(&registration.traits),
        (None, Some(cluster)) => Some(&cluster.traits),
        (None, None) => None,
    };
    for part in [
        one.registration.as_ref().map(connection),
        traits.map(limits),
        Some(one.cluster.as_ref().map_or_else(never_met, state)),
    ] {
        if let Some(Value::Object(part)) = part {
            map.extend(part);
        }
    }
    map
}

/// Secrets are named by the kind of their file at most.
fn connection(registration: &Registration) -> Value {
    json!({
        "endpoints": registration.endpoints,
        "credentials": match registration.credentials {
            Credentials::None => "none",
            Credentials::Jwt { .. } => "jwt-file",
            Credentials::RsaKey { .. } => "rsa-key",
        },
        "tls": match registration.tls {
            Tls::Verify { ca_file: None } => "verify",
            Tls::Verify { ca_file: Some(_) } => "verify-ca-file",
            Tls::Insecure => "insecure",
        },
    })
}

fn limits(traits: &PlacementTraits) -> Value {
    json!({
        "availability_zone": traits.availability_zone,
        "labels": traits.labels,
        "max_over_subscription_ratio": traits.max_over_subscription_millis as f64 / 1000.0,
        "max_physical_used_percent": traits.max_physical_used_percent,
        "default_replicas": traits.default_replicas,
        "default_compression": traits.default_compression,
        "tenancy": match traits.tenancy {
            Tenancy::Fixed(_) => "fixed",
            Tenancy::PerProject => "per-project",
        },
        "project": match &traits.tenancy {
            Tenancy::Fixed(project) => Some(project),
            Tenancy::PerProject => None,
        },
    })
}

fn never_met() -> Value {
    json!({"id": null, "state": "unknown", "intent": null, "capacity": null})
}

fn state(cluster: &Cluster) -> Value {
    let (intent, about) = (&cluster.intent, &cluster.description);
    json!({
        "id": cluster.id,
        "host": cluster.host(),
        "state": cluster.observed,
        "state_reason": cluster.observed_reason,
        "state_since": cluster.observed_since.to_rfc3339(),
        "intent": intent.intent,
        "intent_reason": intent.reason,
        "intent_by": intent.by,
        "intent_at": intent.at.to_rfc3339(),
        "capacity": capacity(cluster),
        "polled_at": cluster.polled_at.map(Timestamp::to_rfc3339),
        "version": about.version,
        "health": about.health,
        "subsystem_nqn": about.subsystem_nqn,
        "nodes": about.nodes,
        "nodes_active": about.nodes_active,
        "foreign_volumes": about.foreign_volumes,
        "missing_volumes": about.missing_volumes,
    })
}

fn capacity(cluster: &Cluster) -> Value {
    let Some(capacity) = &cluster.capacity else { return Value::Null };
    let provisioned = capacity.provisioned + cluster.reserved;
    let ratio = Ratio { provisioned: provisioned.0, effective: capacity.effective.0 };
    json!({
        "effective": capacity.effective,
        "provisioned": provisioned,
        "reserved": cluster.reserved,
        "allocated": capacity.allocated + cluster.reserved,
        "provisioned_ratio": ratio.ppm() as f64 / 1_000_000.0,
        "physical_used": capacity.physical_used,
        "physical_free": capacity.physical_free,
        "max_replicas": capacity.max_replicas,
        "volumes": capacity.volumes,
    })
}

pub fn explanation(found: &Explanation) -> Value {
    let asked = &found.decision.asked;
    json!({
        "volume_id": found.volume,
        "decided_at": found.decided_at.to_rfc3339(),
        "summary": found.decision.sentence(),
        "asked": {
            "bytes": asked.bytes,
            "replicas": asked.replicas,
            "availability_zone": asked.availability_zone,
        },
        "verdicts": verdicts(&found.decision),
        "decision": found.decision,
    })
}

/// Best first; each with its reason in words, for operators.
fn verdicts(decision: &Decision) -> Vec<Value> {
    let chosen = decision.chosen.as_ref().map(|chosen| chosen.cluster);
    let one = |verdict: &Verdict| {
        let (outcome, ratio, why) = match &verdict.outcome {
            Outcome::Fits(score) if Some(verdict.cluster) == chosen => {
                ("chosen", Some(score.ratio), "it had the lowest ratio".to_owned())
            }
            Outcome::Fits(score) => ("fits", Some(score.ratio), "another came first".to_owned()),
            Outcome::Refused(reason) => {
                let more = reason.for_operators().map(|more| format!(" ({more})"));
                ("refused", None, format!("{reason}{}", more.unwrap_or_default()))
            }
        };
        json!({
            "cluster": verdict.name,
            "cluster_id": verdict.cluster,
            "verdict": outcome,
            "ratio": ratio.map(|ratio| ratio.ppm() as f64 / 1_000_000.0),
            "why": why,
        })
    };
    decision.verdicts.iter().map(one).collect()
}
