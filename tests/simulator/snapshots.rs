//! Snapshots, clones, rollback and changed blocks (`lightbits-api` §2.5, §3.3, §3.6).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Cluster, SNAPSHOTS, VOLUMES, but, cluster, refused, slow, uuid, volume, with};

fn at(uuid: &str) -> String {
    format!("{SNAPSHOTS}/{uuid}")
}

fn of(name: &str, source: &str) -> Value {
    json!({"name": name, "sourceVolumeUUID": source})
}

fn clone_of(name: &str, snapshot: &str) -> Value {
    but(volume(name), json!({"sourceSnapshotUUID": snapshot}))
}

#[tokio::test]
async fn a_snapshot_is_created_in_the_background() {
    let cluster = slow().await;
    let v1 = cluster.volume("v1").await;
    let before = cluster.show(&v1).await;
    let body = json!({"name": "s1", "sourceVolumeName": "v1", "description": "nightly"});
    let (status, created) = cluster.post(SNAPSHOTS, body).await;
    assert_eq!((status, &created["state"]), (200, &json!("Creating")));
    assert_eq!(created.get("creationTime"), None);
    assert_eq!((&created["sourceVolumeUUID"], &created["size"]), (&json!(v1), &before["size"]));
    assert_ne!(cluster.show(&v1).await["ETag"], before["ETag"]);
    let s1 = uuid(&created);
    assert_eq!(refused(cluster.delete(&at(&s1)).await), (503, 14));
    assert_eq!(refused(cluster.post(VOLUMES, clone_of("c1", &s1)).await), (503, 14));
    cluster.pass(10);
    let (_, done) = cluster.get(&at(&s1)).await;
    assert_eq!((&done["state"], &done["description"]), (&json!("Available"), &json!("nightly")));
    assert!(done["compression"].is_null(), "a false boolean, left out");
    assert_eq!(done.get("ETag"), None);
    assert_eq!(refused(cluster.post(SNAPSHOTS, of("s1", &v1)).await), (409, 6));
    assert_eq!(refused(cluster.post(SNAPSHOTS, json!({"name": "s2"})).await), (400, 3));
    assert_eq!(
        refused(cluster.post(SNAPSHOTS, json!({"name": "s2", "sourceVolumeName": "x"})).await),
        (404, 5)
    );
}

#[tokio::test]
async fn a_second_snapshot_at_the_same_time_gets_passing_errors() {
    let cluster = slow().await;
    let v1 = cluster.volume("v1").await;
    assert_eq!(cluster.post(SNAPSHOTS, of("s1", &v1)).await.0, 200);
    let mut codes = BTreeSet::new();
    for _ in 0..3 {
        codes.insert(refused(cluster.post(SNAPSHOTS, of("s2", &v1)).await));
    }
    assert_eq!(codes, BTreeSet::from([(400, 9), (503, 14), (500, 13)]));
    cluster.pass(10);
    assert_eq!(cluster.post(SNAPSHOTS, of("s2", &v1)).await.0, 200);
    // A volume that is being updated says the same.
    let v2 = cluster.volume("v2").await;
    cluster.put(&format!("{VOLUMES}/{v2}"), json!({"size": "2 gib"})).await;
    let (status, _) = refused(cluster.post(SNAPSHOTS, of("s3", &v2)).await);
    assert!([400, 500, 503].contains(&status), "{status}");
}

#[tokio::test]
async fn a_deleted_snapshot_lingers_while_a_clone_lives() {
    let cluster = slow().await;
    let v1 = cluster.volume("v1").await;
    let s1 = cluster.snapshot("s1", &v1).await;
    let (status, created) = cluster.post(VOLUMES, clone_of("c1", &s1)).await;
    assert_eq!(status, 200);
    cluster.pass(10);
    let c1 = uuid(&created);
    let clone = cluster.show(&c1).await;
    assert_eq!((&clone["sourceSnapshotUUID"], &clone["sourceSnapshotName"]), (&json!(s1), &json!("s1")));
    assert_eq!(clone["nodeList"], cluster.show(&v1).await["nodeList"]);
    assert_eq!(uuid(&cluster.get(&format!("{VOLUMES}?snapshotUUID={s1}")).await.1["volumes"][0]), c1);

    assert_eq!(cluster.delete(&at(&s1)).await, (200, json!({})));
    assert_eq!(refused(cluster.delete(&at(&s1)).await), (400, 9));
    cluster.pass(100);
    assert_eq!(cluster.get(&at(&s1)).await.1["state"], "Deleting");
    assert_eq!(cluster.get(SNAPSHOTS).await, (200, json!({})));
    assert_eq!(
        cluster.get(&format!("{SNAPSHOTS}?showAll=true")).await.1["snapshots"][0]["state"],
        "Deleting"
    );
    assert_eq!(refused(cluster.post(VOLUMES, clone_of("c2", &s1)).await), (400, 9));

    // Its name is still taken, which comes out late.
    let (status, second) = cluster.post(SNAPSHOTS, of("s1", &v1)).await;
    assert_eq!(status, 200);
    cluster.pass(10);
    assert_eq!(cluster.get(&at(&uuid(&second))).await.1["state"], "Failed");
    assert_eq!(refused(cluster.delete(&at(&uuid(&second))).await), (400, 9));

    cluster.delete(&format!("{VOLUMES}/{c1}")).await;
    cluster.pass(10);
    assert_eq!(refused(cluster.get(&at(&s1)).await), (404, 5));
    cluster.snapshot("s1", &v1).await;
}

#[tokio::test]
async fn a_clone_is_at_least_its_snapshot() {
    let cluster = cluster().await;
    let made = but(volume("v1"), json!({"labels": [{"key": "a", "value": "b"}]}));
    let v1 = uuid(&cluster.post(VOLUMES, made).await.1);
    let s1 = cluster.snapshot("s1", &v1).await;
    for change in [json!({"size": "1 mib"}), json!({"replicaCount": 2})] {
        assert_eq!(refused(cluster.post(VOLUMES, but(clone_of("c", &s1), change)).await), (400, 3));
    }
    let bigger = but(clone_of("c1", &s1), json!({"size": "2 gib"}));
    let clone = cluster.post(VOLUMES, bigger).await.1;
    assert_eq!(
        (&clone["size"], &clone["labels"]),
        (&json!("2147483648"), &json!([{"key": "a", "value": "b"}]))
    );
    let own = but(clone_of("c2", &s1), json!({"labels": [{"key": "c", "value": "d"}]}));
    assert_eq!(cluster.post(VOLUMES, own).await.1["labels"], json!([{"key": "c", "value": "d"}]));
    // Snapshots and clones of clones, and the source may go first.
    let s2 = cluster.snapshot("s2", &uuid(&clone)).await;
    assert_eq!(cluster.post(VOLUMES, but(clone_of("c3", &s2), json!({"size": "2 gib"}))).await.0, 200);
    assert_eq!(cluster.delete(&format!("{VOLUMES}/{v1}")).await.0, 200);
    assert_eq!(cluster.get(&at(&s1)).await.1["state"], "Available");
    // Clones stay within the project.
    cluster.post("projects", json!({"name": "a"})).await;
    assert_eq!(refused(cluster.post("projects/a/volumes", clone_of("c4", &s1)).await), (400, 3));
}

#[tokio::test]
async fn retention_deletes_by_itself() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    let body = but(of("s1", &v1), json!({"retentionTime": "7200s"}));
    let s1 = uuid(&cluster.post(SNAPSHOTS, body).await.1);
    assert_eq!(cluster.get(&at(&s1)).await.1["retentionTime"], "7200s");
    cluster.pass(7199);
    assert_eq!(cluster.get(&at(&s1)).await.0, 200);
    cluster.pass(2);
    assert_eq!(refused(cluster.get(&at(&s1)).await), (404, 5));
}

#[tokio::test]
async fn rollback_returns_the_volume_to_its_snapshot() {
    let cluster = slow().await;
    let v1 = cluster.volume("v1").await;
    let v2 = cluster.volume("v2").await;
    let s1 = cluster.snapshot("s1", &v1).await;
    let path = format!("{VOLUMES}/{v1}");
    cluster.put(&path, json!({"size": "2 gib"})).await;
    cluster.pass(10);
    let roll = |volume: &str| format!("{VOLUMES}/{volume}/rollback");
    assert_eq!(refused(cluster.put(&roll(&v2), json!({"srcSnapshotName": "s1"})).await), (400, 3));
    assert_eq!(refused(cluster.put(&roll(&v1), json!({"srcSnapshotName": "s9"})).await), (404, 5));
    assert_eq!(refused(cluster.put(&roll(&v1), json!({})).await), (400, 3));
    assert_eq!(cluster.put(&roll(&v1), json!({"srcSnapshotUUID": s1})).await, (200, json!({})));
    assert_eq!(cluster.show(&v1).await["state"], "Rollback");
    assert_eq!(refused(cluster.put(&path, json!({"size": "3 gib"})).await), (503, 14));
    assert_eq!(refused(cluster.post(SNAPSHOTS, of("s2", &v1)).await), (503, 14));
    assert_eq!(refused(cluster.delete(&at(&s1)).await), (503, 14));
    cluster.pass(10);
    let back = cluster.show(&v1).await;
    assert_eq!((&back["state"], &back["size"]), (&json!("Available"), &json!("1073741824")));
    cluster.delete(&path).await;
    assert_eq!(refused(cluster.put(&roll(&v1), json!({"srcSnapshotUUID": s1})).await), (503, 14));
}

async fn write(cluster: &Cluster, volume: &str, block: u64, blocks: u64) {
    cluster
        .order(&format!("volumes/{volume}/write"), json!({"offset": block * 4096, "length": blocks * 4096}))
        .await;
}

/// Pairs of first and last block.
async fn changed(cluster: &Cluster, target: &str, query: &str) -> Vec<(u64, u64)> {
    let (status, page) = cluster.get(&format!("{SNAPSHOTS}/diff/{target}?{query}")).await;
    assert_eq!(status, 200, "{page}");
    let number = |value: &Value| value.as_str().map_or(0, |text| text.parse::<u64>().unwrap());
    let ranges = page["lbaRanges"].as_array().cloned().unwrap_or_default();
    ranges.iter().map(|it| (number(&it["lbaStart"]), number(&it["lbaEnd"]))).collect()
}

#[tokio::test]
async fn changed_blocks_are_those_written_between_two_snapshots() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    write(&cluster, &v1, 0, 10).await;
    let s1 = cluster.snapshot("s1", &v1).await;
    write(&cluster, &v1, 5, 10).await;
    let s2 = cluster.snapshot("s2", &v1).await;
    write(&cluster, &v1, 100, 1).await;
    let s3 = cluster.snapshot("s3", &v1).await;
    assert_eq!(changed(&cluster, &s1, "").await, [(0, 9)]);
    assert_eq!(changed(&cluster, &s2, &format!("baseSnapshotUUID={s1}")).await, [(5, 14)]);
    assert_eq!(changed(&cluster, &s3, &format!("baseSnapshotUUID={s1}")).await, [(5, 14), (100, 100)]);
    assert_eq!(changed(&cluster, &s3, "baseSnapshotName=s2").await, [(100, 100)]);
    assert_eq!(changed(&cluster, &s3, "offsetLBA=70").await, [(100, 100)]);
    let diff = |target: &str, base: &str| format!("{SNAPSHOTS}/diff/{target}?baseSnapshotUUID={base}");
    assert_eq!(refused(cluster.get(&diff(&s1, &s2)).await), (400, 3), "the base is newer");
    assert_eq!(refused(cluster.get(&diff(&s1, &s1)).await), (400, 3));
    // A snapshot in between may go; what it knew is not lost.
    cluster.delete(&at(&s2)).await;
    assert_eq!(changed(&cluster, &s3, &format!("baseSnapshotUUID={s1}")).await, [(5, 14), (100, 100)]);
    // After a rollback the snapshot taken next starts from the one rolled back to.
    cluster.put(&format!("{VOLUMES}/{v1}/rollback"), json!({"srcSnapshotUUID": s1})).await;
    cluster.show(&v1).await;
    write(&cluster, &v1, 50, 1).await;
    let s4 = cluster.snapshot("s4", &v1).await;
    assert_eq!(changed(&cluster, &s4, &format!("baseSnapshotUUID={s1}")).await, [(50, 50)]);
    assert_eq!(refused(cluster.get(&diff(&s4, &s3)).await), (400, 3), "another branch");
}

#[tokio::test]
async fn changed_blocks_come_in_pages() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    // Every second block, 10,050 of them.
    let ranges: Vec<Value> = (0..10_050).map(|n| json!({"offset": n * 2 * 4096, "length": 4096})).collect();
    cluster.order(&format!("volumes/{v1}/write"), json!({ "ranges": ranges })).await;
    let s1 = cluster.snapshot("s1", &v1).await;
    let (_, first) = cluster.get(&format!("{SNAPSHOTS}/diff/{s1}")).await;
    assert_eq!(first["lbaRanges"].as_array().unwrap().len(), 10_000);
    assert_eq!(first["nextOffsetLBA"], "19968", "block 20000 rounded down to a multiple of 64");
    let rest = changed(&cluster, &s1, "offsetLBA=20000").await;
    assert_eq!((rest.first(), rest.last()), (Some(&(19968, 19968)), Some(&(20098, 20098))));
    assert_eq!(rest.len(), 66);
}

#[tokio::test]
async fn old_releases_have_no_changed_blocks() {
    let cluster = with(|options| options.release = hearth::simulator::Release(3, 0, 0)).await;
    let v1 = cluster.volume("v1").await;
    let s1 = cluster.snapshot("s1", &v1).await;
    assert_eq!(refused(cluster.get(&format!("{SNAPSHOTS}/diff/{s1}")).await), (501, 12));
}
