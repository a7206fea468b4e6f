//! Faults on demand: what the client sees and what really happened are two things.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Cluster, VOLUMES, client, cluster, refused, volume};

async fn fault(cluster: &Cluster, matches: Value, action: Value) {
    cluster.order("faults", json!({"rules": [{"match": matches, "action": action, "count": 1}]})).await;
}

async fn fails(cluster: &Cluster, name: &str) -> reqwest::Error {
    let request = cluster.http.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt).json(&volume(name));
    request.send().await.unwrap_err()
}

async fn names(cluster: &Cluster) -> Vec<String> {
    let truth = cluster.truth().await;
    truth["volumes"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn before_the_commit_nothing_happens() {
    let cluster = cluster().await;
    let create = json!({"operation": "create_volume"});
    for action in [json!({"kind": "drop"}), json!({"kind": "reset"}), json!({"kind": "black_hole", "ms": 50})]
    {
        fault(&cluster, create.clone(), action).await;
        fails(&cluster, "v1").await;
    }
    fault(&cluster, create, json!({"kind": "status", "code": 503})).await;
    assert_eq!(refused(cluster.post(VOLUMES, volume("v1")).await).0, 503);
    assert_eq!(names(&cluster).await, Vec::<String>::new());
    assert_eq!(cluster.post(VOLUMES, volume("v1")).await.0, 200);
}

#[tokio::test]
async fn after_the_commit_it_happened_whatever_the_client_saw() {
    let cluster = cluster().await;
    let create = json!({"method": "post", "path": "/api/v2/projects/default/vol"});
    let after = |kind: &str| json!({"kind": kind, "when": "after"});
    for (name, action) in [("v1", after("drop")), ("v2", after("reset"))] {
        fault(&cluster, create.clone(), action).await;
        fails(&cluster, name).await;
    }
    fault(&cluster, create.clone(), json!({"kind": "status", "code": 500, "when": "after"})).await;
    assert_eq!(cluster.post(VOLUMES, volume("v3")).await.0, 500);
    let mut made = names(&cluster).await;
    made.sort();
    assert_eq!(made, ["v1", "v2", "v3"]);
    // Every name once, and the checker can see it.
    assert_eq!(refused(cluster.post(VOLUMES, volume("v1")).await), (409, 6));
    let truth = cluster.truth().await;
    let creates: Vec<u64> =
        truth["ledger"].as_array().unwrap().iter().map(|it| it["creates"].as_u64().unwrap()).collect();
    assert_eq!(creates, [1, 1, 1]);
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let cluster = cluster().await;
    fault(&cluster, json!({"operation": "get_version"}), json!({"kind": "reset"})).await;
    let error =
        cluster.http.get(cluster.url(0, "version")).bearer_auth(&cluster.jwt).send().await.unwrap_err();
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    let mut reset = false;
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        reset |= io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionReset);
        cause = error.source();
    }
    assert!(reset, "{error:?}");
}

#[tokio::test]
async fn a_client_that_gives_up_does_not_undo_what_it_asked_for() {
    let cluster = cluster().await;
    let hasty = client(&cluster.running, Duration::from_millis(200));
    fault(&cluster, json!({"operation": "create_volume"}), json!({"kind": "delay", "ms": 600})).await;
    let request = hasty.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt).json(&volume("late"));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(names(&cluster).await, Vec::<String>::new());
    let deadline = Instant::now() + Duration::from_secs(10);
    while names(&cluster).await.is_empty() {
        assert!(Instant::now() < deadline, "the create never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_delayed_answer_is_of_something_already_done() {
    let cluster = cluster().await;
    let hasty = client(&cluster.running, Duration::from_millis(200));
    let action = json!({"kind": "delay", "ms": 60_000, "when": "after"});
    fault(&cluster, json!({"operation": "create_volume"}), action).await;
    let request = hasty.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt).json(&volume("v1"));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(names(&cluster).await, ["v1"]);
}

#[tokio::test]
async fn a_black_hole_swallows_one_node() {
    let cluster = cluster().await;
    let hasty = client(&cluster.running, Duration::from_millis(200));
    let rule = json!({"match": {"node": 1}, "action": {"kind": "black_hole"}});
    cluster.order("faults", json!({ "rules": [rule] })).await;
    let version = |node| hasty.get(cluster.url(node, "version")).bearer_auth(&cluster.jwt).send();
    assert!(version(1).await.unwrap_err().is_timeout());
    assert_eq!(version(0).await.unwrap().status(), 200);
    cluster.direct(Method::DELETE, "faults", None).await;
    assert_eq!(version(1).await.unwrap().status(), 200);
    // And it does not keep the cluster from stopping.
    cluster.order("faults", json!({"rules": [{"action": {"kind": "black_hole"}}]})).await;
    version(0).await.unwrap_err();
    let stopped = tokio::time::timeout(Duration::from_secs(10), cluster.running.stop()).await;
    assert!(stopped.is_ok(), "the black hole held the cluster");
}

#[tokio::test]
async fn a_node_may_fail_before_tls() {
    let cluster = cluster().await;
    let version = || async {
        // A fresh client, so that the connection is new.
        let hasty = client(&cluster.running, Duration::from_secs(1));
        hasty.get(cluster.url(1, "version")).bearer_auth(&cluster.jwt).send().await
    };
    cluster.order("nodes/1/handshake", json!({"kind": "reset"})).await;
    assert!(version().await.unwrap_err().is_connect());
    cluster.order("nodes/1/handshake", json!({"kind": "silent"})).await;
    assert!(version().await.unwrap_err().is_timeout());
    cluster.direct(Method::DELETE, "nodes/1/handshake", None).await;
    assert_eq!(version().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_status_may_bring_any_body() {
    let cluster = cluster().await;
    let html =
        json!({"kind": "status", "code": 200, "body": "<html>login</html>", "content_type": "text/html"});
    fault(&cluster, json!({"operation": "get_clusterinfo"}), html).await;
    assert_eq!(cluster.get("clusterinfo").await, (200, "<html>login</html>".into()));
    assert_eq!(cluster.get("clusterinfo").await.0, 200);
    let unreadable =
        cluster.direct(Method::POST, "faults", Some(json!({"rules": [{"action": {"kind": "explode"}}]})));
    assert_eq!(unreadable.await.0, 422);
}

#[tokio::test]
async fn one_in_ten_is_one_in_ten_and_repeatable() {
    let cluster = cluster().await;
    let rule = json!({"match": {"operation": "get_version"}, "probability": 0.1, "action": {"kind": "status", "code": 500}});
    let mut runs = Vec::new();
    for _ in 0..2 {
        cluster.direct(Method::DELETE, "faults", None).await;
        cluster.order("faults", json!({"seed": 42, "rules": [rule]})).await;
        let mut run = Vec::new();
        for _ in 0..200 {
            run.push(cluster.get("version").await.0);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    let hits = runs[0].iter().filter(|status| **status == 500).count();
    assert!((5..45).contains(&hits), "{hits}");
}

#[tokio::test]
async fn calls_are_counted_by_operation_node_and_answer() {
    let cluster = cluster().await;
    cluster.get("version").await;
    cluster.on(2, Method::GET, "version", None).await;
    cluster.get(&format!("{VOLUMES}/?name=none")).await;
    fault(&cluster, json!({}), json!({"kind": "drop"})).await;
    fails(&cluster, "v1").await;
    let stats = cluster.direct(Method::GET, "stats", None).await.1;
    assert_eq!(stats["calls"], json!({"get_version": 2, "get_volume": 1, "create_volume": 1}));
    assert_eq!(stats["nodes"], json!({"0": 3, "2": 1}));
    assert_eq!(stats["answers"]["get_volume"], json!({"404": 1}));
    assert_eq!(stats["answers"]["create_volume"], json!({"none": 1}));
    let hits = cluster.direct(Method::GET, "faults", None).await.1;
    assert_eq!(hits["hits"], 1);
}
