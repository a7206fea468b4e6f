//! Thin accounting: provisioned by size and replicas, physical by what was written
//! (`lightbits-api` §2.2, §3.9).

use serde_json::{Value, json};

use crate::harness::{Cluster, VOLUMES, but, cluster, refused, uuid, volume, with};

const GIB: u64 = 1 << 30;

async fn figure(cluster: &Cluster, name: &str) -> u64 {
    let statistics = &cluster.get("cluster").await.1["statistics"];
    statistics[name].as_str().map_or(0, |text| text.parse().unwrap())
}

async fn write(cluster: &Cluster, uuid: &str, offset: u64, length: u64) {
    cluster.order(&format!("volumes/{uuid}/write"), json!({"offset": offset, "length": length})).await;
}

#[tokio::test]
async fn provisioning_is_thin_and_counts_replicas() {
    let cluster = with(|options| options.capacity = 10 << 40).await;
    assert_eq!(figure(&cluster, "effectivePhysicalStorage").await, 10 << 40);
    assert_eq!(figure(&cluster, "freePhysicalStorage").await, 10 << 40);
    let v1 = cluster.volume("v1").await;
    cluster.post(VOLUMES, but(volume("v2"), json!({"replicaCount": 1, "size": "4 gib"}))).await;
    assert_eq!(figure(&cluster, "logicalStorage").await, 7 * GIB);
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 0);
    cluster.put(&format!("{VOLUMES}/{v1}"), json!({"size": "2 gib"})).await;
    assert_eq!(figure(&cluster, "logicalStorage").await, 10 * GIB);
    cluster.delete(&format!("{VOLUMES}/{v1}")).await;
    assert_eq!(figure(&cluster, "logicalStorage").await, 4 * GIB);

    let once = with(|options| options.quirks.logical_counts_replicas = false).await;
    once.volume("v1").await;
    assert_eq!(figure(&once, "logicalStorage").await, GIB);
}

#[tokio::test]
async fn written_bytes_take_space_on_every_replica_until_nobody_needs_them() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    write(&cluster, &v1, 0, 40_960).await;
    write(&cluster, &v1, 100, 1).await;
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 3 * 40_960);
    assert_eq!(figure(&cluster, "freePhysicalStorage").await, (100 << 40) - 3 * 40_960);
    let statistics = &cluster.show(&v1).await["statistics"];
    assert_eq!(
        (&statistics["logicalUsedStorage"], &statistics["physicalOwnedCapacity"]),
        (&json!("40960"), &json!("40960"))
    );

    let s1 = cluster.snapshot("s1", &v1).await;
    write(&cluster, &v1, 0, 4096).await;
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 3 * (40_960 + 4096));
    let clone = but(volume("c1"), json!({"sourceSnapshotUUID": s1}));
    let c1 = uuid(&cluster.post(VOLUMES, clone).await.1);
    assert_eq!(cluster.show(&c1).await["statistics"]["logicalUsedStorage"], "40960");
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 3 * (40_960 + 4096), "a clone shares");

    cluster.delete(&format!("{VOLUMES}/{v1}")).await;
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 3 * 40_960);
    cluster.delete(&format!("projects/default/snapshots/{s1}")).await;
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 3 * 40_960, "the clone still stands on it");
    cluster.delete(&format!("{VOLUMES}/{c1}")).await;
    cluster.get("version").await;
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 0);
    assert_eq!(cluster.truth().await["snapshots"], json!([]));
}

#[tokio::test]
async fn compression_saves_what_it_is_told_to() {
    let cluster = with(|options| options.compression_ratio = 2.0).await;
    let made = but(volume("v1"), json!({"compression": "enabled", "replicaCount": 1}));
    let v1 = uuid(&cluster.post(VOLUMES, made).await.1);
    cluster.show(&v1).await;
    write(&cluster, &v1, 0, 1 << 20).await;
    assert_eq!(figure(&cluster, "physicalUsedStorage").await, 1 << 19);
    assert_eq!(figure(&cluster, "logicalUsedStorage").await, 1 << 20);
    let ratio = &cluster.get("cluster").await.1["statistics"]["compressionRatio"];
    assert_eq!(ratio, &json!(2.0));
    assert_eq!(figure(&cluster, "estimatedLogicalStorage").await, 200 << 40);
}

#[tokio::test]
async fn a_full_cluster_is_read_only() {
    let cluster = with(|options| options.capacity = 30 * GIB).await;
    let v1 = cluster.volume("v1").await;
    cluster.order("fill", json!({"percent": 100.0})).await;
    assert_eq!(figure(&cluster, "freePhysicalStorage").await, 0);
    assert_eq!(cluster.show(&v1).await["protectionState"], "ReadOnly");
    assert_eq!(cluster.get("clusterinfo").await.1.get("currentMaxReplicas"), None, "zero, left out");
    let nodes: Value = cluster.get("nodes").await.1;
    assert_eq!(nodes["nodes"][0]["readOnly"], true);
    assert_eq!(cluster.get("cluster").await.1["health"]["state"], "Error");
    let hopeless = uuid(&cluster.post(VOLUMES, volume("v2")).await.1);
    assert_eq!(cluster.show(&hopeless).await["state"], "Failed");
    assert_eq!(figure(&cluster, "logicalStorage").await, 3 * GIB, "a husk takes nothing");
    let snapshot = json!({"name": "s1", "sourceVolumeUUID": v1});
    let s1 = uuid(&cluster.post("projects/default/snapshots", snapshot).await.1);
    assert_eq!(cluster.get(&format!("projects/default/snapshots/{s1}")).await.1["state"], "Failed");

    cluster.order("fill", json!({"percent": 50.0})).await;
    assert_eq!(figure(&cluster, "freePhysicalStorage").await, 15 * GIB);
    assert_eq!(cluster.show(&v1).await["protectionState"], "FullyProtected");
    cluster.order("nodes/1/read-only", json!({})).await;
    assert_eq!(cluster.show(&v1).await["protectionState"], "Degraded");
    assert_eq!(cluster.get("clusterinfo").await.1["currentMaxReplicas"], 2);
    cluster.order("nodes/1/fill", json!({"bytes": 0})).await;
    cluster.direct(reqwest::Method::DELETE, "nodes/1/read-only", None).await;
    assert_eq!(cluster.show(&v1).await["protectionState"], "FullyProtected");
    let beyond = json!({"offset": GIB, "length": 1});
    let refusal = cluster.direct(reqwest::Method::POST, &format!("volumes/{v1}/write"), Some(beyond)).await;
    assert_eq!(refusal.0, 400);
    assert_eq!(refused(cluster.post(VOLUMES, volume("v1")).await), (409, 6));
}
