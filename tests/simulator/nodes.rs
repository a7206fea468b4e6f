//! Nodes that go, come back, refuse writes or lag behind (`lightbits-api` §2.3, §3.5, §3.9).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Cluster, VOLUMES, but, cluster, refused, slow, uuid, volume, with};

async fn protection(cluster: &Cluster, uuid: &str, node: usize) -> Value {
    let path = format!("{VOLUMES}/{uuid}");
    cluster.on(node, Method::GET, &path, None).await.1["protectionState"].clone()
}

async fn made(cluster: &Cluster, name: &str, replicas: u8) -> String {
    uuid(&cluster.post(VOLUMES, but(volume(name), json!({"replicaCount": replicas}))).await.1)
}

#[tokio::test]
async fn protection_falls_and_rises_with_the_nodes() {
    let cluster = cluster().await;
    let three = made(&cluster, "three", 3).await;
    let two = made(&cluster, "two", 2).await;
    let one = made(&cluster, "one", 1).await;
    let order = [&three, &two, &one];
    let nodes = cluster.get("nodes").await.1;
    let first = &cluster.show(&one).await["nodeList"][0];
    let of =
        |uuid: &Value| nodes["nodes"].as_array().unwrap().iter().position(|it| &it["UUID"] == uuid).unwrap();
    let lonely = of(first);
    let pair: Vec<usize> = cluster.show(&two).await["nodeList"].as_array().unwrap().iter().map(of).collect();
    let now = |node: usize| {
        let (cluster, order) = (&cluster, order);
        async move {
            let mut states = Vec::new();
            for uuid in order {
                states.push(protection(cluster, uuid, node).await);
            }
            states
        }
    };
    let survivor = (0..3).find(|node| *node != lonely).unwrap();
    assert_eq!(now(survivor).await, ["FullyProtected"; 3]);

    cluster.order(&format!("nodes/{lonely}/down"), json!({})).await;
    let pair_state = if pair.contains(&lonely) { "ReadOnly" } else { "FullyProtected" };
    assert_eq!(now(survivor).await, ["Degraded", pair_state, "NotAvailable"]);
    let info = cluster.on(survivor, Method::GET, "clusterinfo", None).await.1;
    assert_eq!((&info["currentMaxReplicas"], &info["supportedMaxReplicas"]), (&json!(2), &json!(3)));
    let health = cluster.on(survivor, Method::GET, "cluster", None).await.1["health"].clone();
    assert_eq!((&health["state"], &health["numInactiveNodes"]), (&json!("Error"), &json!(1)));
    let list = cluster.on(survivor, Method::GET, "nodes", None).await.1;
    assert_eq!(list["nodes"][lonely]["state"], "Inactive");

    // A create that needs three nodes is accepted and fails.
    let (status, hopeless) = cluster.on(survivor, Method::POST, VOLUMES, Some(volume("v"))).await;
    assert_eq!(status, 200);
    let path = format!("{VOLUMES}/{}", uuid(&hopeless));
    assert_eq!(cluster.on(survivor, Method::GET, &path, None).await.1["state"], "Failed");

    let last = (0..3).find(|node| *node != lonely && *node != survivor).unwrap();
    cluster.order(&format!("nodes/{last}/down"), json!({})).await;
    assert_eq!(protection(&cluster, &three, survivor).await, "ReadOnly");
    let write =
        cluster.direct(Method::POST, &format!("volumes/{three}/write"), Some(json!({"length": 1}))).await;
    assert_eq!(write.0, 400);
    cluster.order(&format!("nodes/{last}/up"), json!({})).await;
    cluster.order(&format!("nodes/{lonely}/up"), json!({})).await;
    assert_eq!(now(survivor).await, ["FullyProtected"; 3]);
}

#[tokio::test]
async fn a_node_that_is_down_refuses_and_cuts_its_connections() {
    let cluster = slow().await;
    assert_eq!(cluster.on(1, Method::GET, "version", None).await.0, 200);
    cluster.order("nodes/1/down", json!({})).await;
    let error =
        cluster.http.get(cluster.url(1, "version")).bearer_auth(&cluster.jwt).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert_eq!(cluster.get("version").await.0, 200);
    let nodes = cluster.order("nodes/1/up", json!({})).await;
    assert_eq!(nodes["nodes"][1]["state"], "Activating");
    assert_eq!(cluster.on(1, Method::GET, "version", None).await.0, 200);
    assert_eq!(cluster.get("clusterinfo").await.1["currentMaxReplicas"], 2);
    cluster.pass(10);
    assert_eq!(cluster.get("clusterinfo").await.1["currentMaxReplicas"], 3);
    assert_eq!(cluster.direct(Method::POST, "nodes/9/down", Some(json!({}))).await.0, 404);
}

#[tokio::test]
async fn a_single_node_has_one_replica_to_give() {
    let cluster = with(|options| options.nodes = 1).await;
    assert_eq!(refused(cluster.post(VOLUMES, volume("v1")).await), (400, 3));
    assert_eq!(cluster.post(VOLUMES, but(volume("v1"), json!({"replicaCount": 1}))).await.0, 200);
    assert_eq!(cluster.get("clusterinfo").await.1["supportedMaxReplicas"], 1);
}

#[tokio::test]
async fn a_lagging_node_answers_from_the_past() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    cluster.order("nodes/2/stale", json!({"lag_ms": 5000})).await;
    let path = format!("{VOLUMES}/{v1}");
    assert_eq!(cluster.put(&path, json!({"size": "2 gib"})).await.0, 200);
    let v2 = cluster.volume_now("v2").await;
    assert_eq!(seen_on(&cluster, 0).await, (json!("2147483648"), 200));
    assert_eq!(seen_on(&cluster, 2).await, (json!("1073741824"), 404));
    // Writes through it meet the present all the same.
    assert_eq!(refused(cluster.on(2, Method::POST, VOLUMES, Some(volume("v2"))).await), (409, 6));
    cluster.clock.advance(Duration::from_millis(5000));
    assert_eq!(seen_on(&cluster, 2).await, (json!("2147483648"), 200));

    cluster.order("nodes/2/stale", json!({"frozen": true})).await;
    cluster.delete(&format!("{VOLUMES}/{v2}")).await;
    cluster.pass(1000);
    assert_eq!(cluster.get(&format!("{VOLUMES}/{v2}")).await.0, 404);
    assert_eq!(cluster.on(2, Method::GET, &format!("{VOLUMES}/{v2}"), None).await.0, 200);
    cluster.direct(Method::DELETE, "nodes/2/stale", None).await;
    assert_eq!(cluster.on(2, Method::GET, &format!("{VOLUMES}/{v2}"), None).await.0, 404);
}

/// The size of `v1`, and the status of asking for `v2`.
async fn seen_on(cluster: &Cluster, node: usize) -> (Value, u16) {
    let first = cluster.on(node, Method::GET, &format!("{VOLUMES}/?name=v1"), None).await.1;
    let second = cluster.on(node, Method::GET, &format!("{VOLUMES}/?name=v2"), None).await.0;
    (first["size"].clone(), second)
}

impl Cluster {
    /// Creates a volume without letting time pass.
    async fn volume_now(&self, name: &str) -> String {
        uuid(&self.post(VOLUMES, volume(name)).await.1)
    }
}

#[tokio::test]
async fn what_is_left_without_a_quorum_says_so_if_told() {
    let cluster = with(|options| options.quirks.needs_quorum = true).await;
    cluster.order("nodes/0/down", json!({})).await;
    assert_eq!(cluster.on(1, Method::GET, "version", None).await.0, 200);
    cluster.order("nodes/2/down", json!({})).await;
    assert_eq!(refused(cluster.on(1, Method::GET, "version", None).await), (503, 14));
}

#[tokio::test]
async fn nodes_and_servers_are_listed() {
    let cluster = cluster().await;
    let nodes = cluster.get("nodes").await.1;
    let node = &nodes["nodes"][1];
    let data = cluster.running.data_endpoints()[1].to_string();
    assert!(data.starts_with("127.0.9.2:"), "{data}");
    assert_eq!((&node["name"], &node["nvmeEndpoint"]), (&json!("server01-0"), &json!(data)));
    assert_eq!(node["failureDomains"], json!(["server01"]));
    assert_eq!(cluster.get(&format!("nodes/{}", uuid(node))).await.1["name"], "server01-0");
    assert_eq!(cluster.get("nodes?name=server02-0").await.1["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(refused(cluster.get("nodes?name=a&UUID=b").await), (400, 3));
    assert_eq!(refused(cluster.get("nodes/unknown").await), (404, 5));
    let servers = cluster.get("servers?Name=server01").await.1;
    assert_eq!(servers["servers"][0]["NodesUUIDs"], json!([node["UUID"]]));
    let endpoint = cluster.running.endpoints()[1].to_string();
    assert_eq!(servers["servers"][0]["ApiEndpoints"], json!([endpoint]));
}
