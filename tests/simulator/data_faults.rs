//! The data path when things go wrong: nodes that die, connections that break, late answers.

use std::time::{Duration, Instant};

use futures::future::join_all;
use hearth::nvme::{Deadlines, Error, Namespace, Portal, Settings};
use serde_json::json;

use crate::data::{open, open_volume, pattern, settings};
use crate::harness::{Cluster, VOLUMES, cluster};

/// The node that serves the volume: where its reads are counted.
async fn primary(cluster: &Cluster, uuid: &str) -> usize {
    let node = cluster.show(uuid).await["nodeList"][0].clone();
    let nodes = cluster.get("nodes").await.1;
    nodes["nodes"].as_array().unwrap().iter().position(|it| it["UUID"] == node).unwrap()
}

#[tokio::test]
async fn whichever_portal_comes_first_the_volume_is_found() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let all = settings(&cluster);
    for turn in 0..3 {
        let mut portals = all.portals.clone();
        portals.rotate_left(turn);
        let disk = Namespace::open(Settings { portals, ..all.clone() }, v1.parse().unwrap()).await.unwrap();
        disk.write(0, pattern(turn as u64, 65536)).await.unwrap();
        assert_eq!(disk.read(0, 65536).await.unwrap(), pattern(turn as u64, 65536));
    }
    // One of the others alone has no way there, and says so.
    let other = (primary(&cluster, &v1).await + 1) % 3;
    let deadlines = Deadlines { recovery: Duration::from_millis(300), ..all.deadlines };
    let one = Settings { portals: vec![all.portals[other].clone()], deadlines, ..all };
    let error = Namespace::open(one, v1.parse().unwrap()).await.err().unwrap();
    assert!(error.to_string().contains("ANA inaccessible"), "{error}");
}

#[tokio::test]
async fn when_a_node_dies_the_next_one_serves() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    let node = primary(&cluster, &v1).await;
    let writing = async {
        for round in 0..30u64 {
            let writes = (0..8).map(|n| disk.write((round * 8 + n) * 65536, pattern(round * 8 + n, 65536)));
            join_all(writes).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        }
    };
    let killing = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        cluster.order(&format!("nodes/{node}/down"), json!({})).await;
    };
    tokio::join!(writing, killing);
    for n in 0..240 {
        assert_eq!(disk.read(n * 65536, 65536).await.unwrap(), pattern(n, 65536), "{n}");
    }
}

#[tokio::test]
async fn broken_connections_are_made_again() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    for (number, fault) in (0u64..).zip([
        json!({"match": {"operation": "nvme_write"}, "action": {"kind": "drop"}, "skip": 3, "count": 2}),
        json!({"match": {"operation": "nvme_write"}, "action": {"kind": "reset", "when": "after"}, "skip": 3, "count": 2}),
        json!({"match": {"path": format!("/nvme/{v1}")}, "action": {"kind": "delay", "ms": 30}, "count": 5}),
        // Namespace not ready.
        json!({"match": {"method": "NVME"}, "action": {"kind": "status", "code": 0x82}, "count": 2}),
    ]) {
        let disk = open(&cluster, &v1).await;
        cluster.order("faults", json!({"rules": [fault]})).await;
        let data = pattern(number, 6 << 20);
        disk.write(0, data.clone()).await.unwrap();
        assert_eq!(disk.read(0, data.len()).await.unwrap(), data, "{fault}");
        cluster.direct(reqwest::Method::DELETE, "faults", None).await;
    }
}

#[tokio::test]
async fn a_write_error_is_the_callers() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let disk = open(&cluster, &v1).await;
    let rule = json!({"match": {"operation": "nvme_write"}, "action": {"kind": "fail"}, "count": 1});
    cluster.order("faults", json!({"rules": [rule]})).await;
    let error = disk.write(0, pattern(1, 4096)).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && error.to_string().contains("write fault"), "{error}");
    disk.write(0, pattern(1, 4096)).await.unwrap();
    // Nodes that are full, or told so, are not written to.
    for node in 0..3 {
        cluster.order(&format!("nodes/{node}/read-only"), json!({})).await;
    }
    let error = disk.write(0, pattern(2, 4096)).await.unwrap_err();
    assert!(error.to_string().contains("write protected"), "{error}");
    assert_eq!(disk.read(0, 4096).await.unwrap(), pattern(1, 4096));
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let mut settings = settings(&cluster);
    settings.deadlines.command = Duration::from_millis(200);
    settings.deadlines.recovery = Duration::from_millis(500);
    let disk = Namespace::open(settings, v1.parse().unwrap()).await.unwrap();
    let rule = json!({"match": {"operation": "nvme_read"}, "action": {"kind": "black_hole"}});
    cluster.order("faults", json!({"rules": [rule]})).await;
    let started = Instant::now();
    let error = disk.read(0, 4096).await.unwrap_err();
    assert!(matches!(error, Error::Path { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test]
async fn nobody_there_is_told_in_time() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let mut settings = settings(&cluster);
    settings.deadlines.recovery = Duration::from_millis(200);
    for node in 0..3 {
        cluster.order(&format!("nodes/{node}/down"), json!({})).await;
    }
    let error = Namespace::open(settings.clone(), v1.parse().unwrap()).await.err().unwrap();
    assert!(matches!(error, Error::Path { .. }), "{error}");
    let error =
        Namespace::open(Settings { portals: Vec::new(), ..settings.clone() }, v1.parse().unwrap()).await;
    assert!(matches!(error.err().unwrap(), Error::NoPortal));
    let nowhere = Portal { host: "nowhere.invalid".to_owned(), port: 4420 };
    let error = Namespace::open(Settings { portals: vec![nowhere], ..settings }, v1.parse().unwrap()).await;
    assert!(matches!(error.err().unwrap(), Error::Path { .. }));
}

/// An idle session is kept alive; and when the node comes back, so does the session.
#[tokio::test]
async fn idle_sessions_live() {
    let cluster = cluster().await;
    let v1 = open_volume(&cluster, "v1").await;
    let mut settings = settings(&cluster);
    settings.deadlines.keep_alive = Duration::from_millis(150);
    let disk = Namespace::open(settings, v1.parse().unwrap()).await.unwrap();
    let calls = |stats: serde_json::Value| stats["calls"]["nvme_connect"].as_u64().unwrap();
    let before = calls(cluster.direct(reqwest::Method::GET, "stats", None).await.1);
    tokio::time::sleep(Duration::from_millis(900)).await;
    disk.write(0, pattern(1, 4096)).await.unwrap();
    assert_eq!(calls(cluster.direct(reqwest::Method::GET, "stats", None).await.1), before);
    assert_eq!(cluster.delete(&format!("{VOLUMES}/{v1}")).await.0, 200);
}
