//! What the store says against what is really on the simulated clusters.
//!
//! Written against the simulators' own truth and ledger, not against anything the gateway reads,
//! so that the two can disagree. `problems` is empty when, after all has come to rest, nothing
//! was doubled, lost or left behind.

use std::collections::{BTreeMap, BTreeSet};

use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::snapshot::Snapshot;
use hearth::domain::status::{AttachStatus, VolumeStatus};
use hearth::domain::volume::Volume;
use hearth::store::Store;
use serde_json::Value;

/// Every volume and snapshot of the store, of all projects.
pub async fn rows(store: &Store) -> (Vec<Volume>, Vec<Snapshot>) {
    let mut session = store.read().await.unwrap();
    let mut volumes = Vec::new();
    let mut query = ListQuery::new(Scope::AllProjects);
    loop {
        let page = session.list_volumes(&query).await.unwrap().items;
        query.marker = page.last().map(|details| details.volume.id.to_string());
        volumes.extend(page.iter().map(|details| details.volume.clone()));
        if page.len() < 1000 {
            break;
        }
    }
    let mut snapshots = Vec::new();
    let mut query = ListQuery::new(Scope::AllProjects);
    loop {
        let page = session.list_snapshots(&query).await.unwrap().items;
        query.marker = page.last().map(|snapshot| snapshot.id.to_string());
        let last = page.len() < 1000;
        snapshots.extend(page);
        if last {
            break;
        }
    }
    (volumes, snapshots)
}

/// An object on a cluster that is neither on its way out nor a husk.
#[derive(Debug, Clone)]
struct Object {
    cluster: String,
    uuid: String,
    name: String,
    size: u64,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn living(truth: &Value, kind: &str) -> Vec<Object> {
    let cluster = text(truth, "uuid");
    let all = truth[kind].as_array().unwrap().iter();
    let lives = |object: &&Value| !matches!(object["state"].as_str().unwrap(), "Deleting" | "Failed");
    let object = |it: &Value| Object {
        cluster: cluster.clone(),
        uuid: text(it, "uuid"),
        name: text(it, "name"),
        size: it["size"].as_u64().unwrap(),
    };
    all.filter(lives).map(object).collect()
}

/// Everything that is wrong, in words.
pub async fn problems(store: &Store, truths: &[Value]) -> Vec<String> {
    let (volumes, snapshots) = rows(store).await;
    let mut wrong = Vec::new();
    against_volumes(&mut wrong, &volumes, truths);
    against_snapshots(&mut wrong, &snapshots, truths);
    doubles(&mut wrong, truths);
    let mut session = store.read().await.unwrap();
    for operation in session.operations(1000).await.unwrap() {
        wrong.push(format!("left: operation {operation:?}"));
    }
    for truth in truths {
        for reservation in session.reservations(text(truth, "uuid").parse().unwrap()).await.unwrap() {
            wrong.push(format!("left: reservation {reservation:?}"));
        }
    }
    wrong
}

/// Who may reach each volume that is there, against the attachments. `loose` tells of the hosts
/// (by volume and NQN) that no attachment stands for: whether they must be in, must be out, or
/// nobody knows.
pub async fn access(
    store: &Store,
    truths: &[Value],
    loose: &BTreeMap<(String, String), Option<bool>>,
) -> Vec<String> {
    let (volumes, _) = rows(store).await;
    let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut session = store.read().await.unwrap();
    let mut wrong = Vec::new();
    for volume in &volumes {
        let entry = expected.entry(volume.backend_name()).or_default();
        for attachment in session.attachments_of(volume.id).await.unwrap() {
            if attachment.status == AttachStatus::Detaching {
                wrong.push(format!("attachment {} is still detaching", attachment.id));
            }
            entry.extend(attachment.connector.map(|connector| connector.nqn));
        }
    }
    for volume in truths.iter().flat_map(|truth| truth["volumes"].as_array().unwrap()) {
        let name = text(volume, "name");
        let Some(mut expected) = expected.get(&name).cloned().filter(|_| volume["state"] == "Available")
        else {
            continue;
        };
        let is: BTreeSet<String> = volume["acl"].as_array().unwrap().iter().map(quoted).collect();
        let mut is: BTreeSet<String> = is.into_iter().filter(|host| host != "ALLOW_NONE").collect();
        for ((_, host), known) in loose.iter().filter(|((of, _), _)| name.ends_with(of.as_str())) {
            match known {
                Some(true) => drop(expected.insert(host.clone())),
                Some(false) => {}
                None => drop(is.remove(host)),
            }
        }
        if is != expected {
            wrong.push(format!("{name} lets in {is:?}, attachments say {expected:?}"));
        }
    }
    wrong
}

fn quoted(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn against_volumes(wrong: &mut Vec<String>, rows: &[Volume], truths: &[Value]) {
    let mut there: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for object in truths.iter().flat_map(|truth| living(truth, "volumes")) {
        there.entry(object.name.clone()).or_default().push(object);
    }
    for row in rows {
        let objects = there.remove(&row.backend_name()).unwrap_or_default();
        let status = row.status;
        if status.is_transient() {
            wrong.push(format!("volume {} is still {status}", row.id));
        }
        let place = row.location.as_ref();
        let uuid = place.and_then(|at| at.uuid);
        match (objects.as_slice(), uuid) {
            ([object], Some(uuid)) => {
                let cluster = place.map(|at| at.cluster_id.to_string()).unwrap_or_default();
                if object.uuid != uuid.to_string() || object.cluster != cluster {
                    wrong.push(format!("volume {} is said to be {uuid} at {cluster}, is {object:?}", row.id));
                }
                if object.size != row.size.bytes().0 {
                    wrong.push(format!("volume {} has {} GiB, {object:?}", row.id, row.size));
                }
            }
            ([], None) if status == VolumeStatus::Error => {}
            (objects, uuid) => {
                wrong
                    .push(format!("volume {} is {status}, its uuid {uuid:?}, there are {objects:?}", row.id));
            }
        }
    }
    for object in there.values().flatten() {
        wrong.push(format!("orphan: {object:?}"));
    }
}

fn against_snapshots(wrong: &mut Vec<String>, rows: &[Snapshot], truths: &[Value]) {
    let mut there: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for object in truths.iter().flat_map(|truth| living(truth, "snapshots")) {
        there.entry(object.name.clone()).or_default().push(object);
    }
    for row in rows {
        // One that was adopted keeps the name it had.
        let is_it = |object: &Object| row.uuid.is_some_and(|uuid| object.uuid == uuid.to_string());
        let adopted = there.iter().find(|(_, all)| all.iter().any(is_it)).map(|(name, _)| name.clone());
        let name = adopted.unwrap_or_else(|| format!("snapshot-{}", row.id));
        let objects = there.remove(&name).unwrap_or_default();
        if row.status.is_transient() {
            wrong.push(format!("snapshot {} is still {}", row.id, row.status));
        }
        let right = match (objects.as_slice(), row.uuid) {
            ([object], Some(uuid)) => {
                object.uuid == uuid.to_string() && object.size == row.volume_size.bytes().0
            }
            ([], None) => row.status.as_str() == "error",
            _ => false,
        };
        if !right {
            wrong.push(format!("snapshot {} is {} as {:?}, {objects:?}", row.id, row.status, row.uuid));
        }
    }
    for object in there.values().flatten() {
        wrong.push(format!("orphan: {object:?}"));
    }
}

/// A name of ours is created once, wherever. (An intermediate that came late and was dropped
/// again is none: it never held a user's data.)
fn doubles(wrong: &mut Vec<String>, truths: &[Value]) {
    let mut made: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let husks: BTreeSet<String> = truths.iter().flat_map(husks).collect();
    for truth in truths {
        for entry in truth["ledger"].as_array().unwrap() {
            let uuids = entry["uuids"].as_array().unwrap().iter();
            let uuids = uuids.map(|uuid| uuid.as_str().unwrap().to_owned());
            made.entry(text(entry, "name")).or_default().extend(uuids.filter(|uuid| !husks.contains(uuid)));
        }
    }
    for (name, uuids) in made {
        let ours = name.starts_with("volume-") || name.starts_with("snapshot-");
        if ours && uuids.len() > 1 {
            wrong.push(format!("doubled: {name} was created {} times: {uuids:?}", uuids.len()));
        }
    }
}

/// What the cluster gave up on by itself may be made again.
fn husks(truth: &Value) -> Vec<String> {
    let all = truth["volumes"].as_array().unwrap().iter().chain(truth["snapshots"].as_array().unwrap());
    all.filter(|object| object["state"] == "Failed").map(|object| text(object, "uuid")).collect()
}
