//! What is really there, whatever the API was made to answer.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{Director, Failed};
use crate::simulator::model::{Policy, Snapshot, Volume};
use crate::simulator::rules::capacity;
use crate::simulator::shared::Counters;

pub async fn about(State(shared): Director) -> Json<Value> {
    let identity = shared.world().identity();
    Json(json!({
        "name": shared.options.name, "uuid": identity.uuid, "endpoints": shared.listeners.addresses(),
    }))
}

/// Every volume and snapshot in every state, and how often each name was ever created: more
/// than one create of a name that was never deleted is a duplicate.
pub async fn truth(State(shared): Director) -> Result<Json<Value>, Failed> {
    let mut world = shared.world();
    let truth = world.read(None, |at| {
        let figures = capacity::of_cluster(at);
        let ledger = at.tables.ledger.iter().map(|(key, ledger)| {
            json!({
                "kind": key.kind, "project": key.project, "name": key.name,
                "creates": ledger.creates.len(), "deletes": ledger.deletes, "uuids": ledger.creates,
            })
        });
        json!({
            "uuid": at.tables.identity.as_ref().map(|it| it.uuid),
            "volumes": at.tables.volumes.values().map(|it| volume(it)).collect::<Vec<_>>(),
            "snapshots": at.tables.snapshots.values().map(|it| snapshot(it)).collect::<Vec<_>>(),
            "policies": at.tables.policies.values().map(policy).collect::<Vec<_>>(),
            "projects": at.tables.projects.keys().collect::<Vec<_>>(),
            "ledger": ledger.collect::<Vec<_>>(),
            "capacity": {
                "effective": figures.effective, "provisioned": at.tables.usage.provisioned,
                "physical_used": figures.physical_used, "free": figures.free,
            },
        })
    })?;
    Ok(Json(truth))
}

fn volume(volume: &Volume) -> Value {
    json!({
        "uuid": volume.uuid, "name": volume.name, "project": volume.project, "state": volume.state.name(),
        "size": volume.size, "replicas": volume.replicas, "acl": volume.acl, "ip_acl": volume.ip_acl,
        "compression": volume.compression, "policy": volume.policy, "labels": volume.labels,
        "source_snapshot": volume.source.as_ref().map(|it| it.uuid), "etag": volume.etag(),
    })
}

fn policy(policy: &Policy) -> Value {
    json!({"uuid": policy.uuid, "name": policy.name, "limits": policy.limits})
}

fn snapshot(snapshot: &Snapshot) -> Value {
    json!({
        "uuid": snapshot.uuid, "name": snapshot.name, "project": snapshot.project,
        "state": snapshot.state.name(), "size": snapshot.size, "source_volume": snapshot.source_uuid,
        "labels": snapshot.labels,
    })
}

pub async fn stats(State(shared): Director) -> Json<Counters> {
    Json(shared.counters().clone())
}

pub async fn reset_stats(State(shared): Director) -> Json<Counters> {
    *shared.counters() = Counters::default();
    stats(State(shared)).await
}
