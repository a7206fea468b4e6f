//! What the v1 gateway in front does to paths, queries and JSON (`lightbits-api` §1.5–1.7).

use reqwest::Method;
use serde_json::json;

use crate::harness::{VOLUMES, but, cluster, refused, reply, uuid, volume, with};

#[tokio::test]
async fn unknown_paths_and_methods_get_plain_text() {
    let cluster = cluster().await;
    assert_eq!(cluster.get("volume").await, (404, "Not Found\n".into()));
    assert_eq!(cluster.get("version/").await, (404, "Not Found\n".into()));
    assert_eq!(cluster.get("connectedHosts/nqn.2014-08.org:x").await, (404, "Not Found\n".into()));
    let patched = cluster.on(0, Method::PATCH, VOLUMES, None).await;
    assert_eq!(patched, (405, "Method Not Allowed\n".into()));
    let response = cluster.http.get(cluster.url(0, "nothing")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
}

#[tokio::test]
async fn a_trailing_slash_gets_one_by_name_and_none_lists() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    cluster.volume("v2").await;
    let (status, one) = cluster.get("projects/default/volumes/?name=v1").await;
    assert_eq!((status, uuid(&one)), (200, v1.clone()));
    let (status, list) = cluster.get("projects/default/volumes?name=v1").await;
    assert_eq!((status, list["volumes"].as_array().unwrap().len()), (200, 1));
    assert_eq!(refused(cluster.get("projects/default/volumes/?name=v3").await), (404, 5));
    // Keys are case-sensitive and unknown ones ignored: this names nothing.
    assert_eq!(refused(cluster.get("projects/default/volumes/?Name=v1").await), (400, 3));
    assert_eq!(
        cluster.get("projects/default/volumes?Name=v1").await.1["volumes"].as_array().unwrap().len(),
        2
    );
    // The alias takes its project from the query.
    assert_eq!(uuid(&cluster.get("volumes/?name=v1&projectName=default").await.1), v1);
    assert_eq!(refused(cluster.get("volumes/?name=v1").await), (400, 3));
    assert_eq!(uuid(&cluster.get(&format!("volumes/{v1}")).await.1), v1);
    // Delete by name works the same way.
    assert_eq!(cluster.delete("projects/default/volumes/?name=v1").await, (200, json!({})));
    assert_eq!(refused(cluster.get(&format!("{VOLUMES}/{v1}")).await), (404, 5));
}

#[tokio::test]
async fn snapshots_filter_by_a_capital_name() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    let s1 = cluster.snapshot("s1", &v1).await;
    assert_eq!(uuid(&cluster.get("projects/default/snapshots/?Name=s1").await.1), s1);
    assert_eq!(refused(cluster.get("projects/default/snapshots/?name=s1").await), (400, 3));
    assert_eq!(cluster.get("projects/default/snapshots?Name=none").await, (200, json!({})));
    // A UUID given as a name is not found.
    assert_eq!(refused(cluster.get(&format!("projects/default/snapshots/?Name={s1}")).await), (404, 5));
}

#[tokio::test]
async fn writes_read_the_body_and_not_the_query() {
    let cluster = cluster().await;
    assert_eq!(refused(cluster.post("volumes?projectName=default", volume("v1")).await), (400, 3));
    let (status, made) = cluster.post("volumes", but(volume("v1"), json!({"projectName": "default"}))).await;
    assert_eq!(status, 200);
    // The path wins over the body.
    let body = json!({"UUID": "somebody-else", "projectName": "nowhere", "size": "2 gib"});
    assert_eq!(cluster.put(&format!("{VOLUMES}/{}", uuid(&made)), body).await, (200, json!({})));
    assert_eq!(cluster.show(&uuid(&made)).await["size"], "2147483648");
}

#[tokio::test]
async fn json_is_lenient_where_protobuf_is() {
    let cluster = cluster().await;
    // What stock Cinder sends.
    let sent = json!({
        "name": "volume-1", "size": "10 gib", "replicaCount": "3", "compression": "True",
        "acl": {"values": ["ALLOW_NONE"]}, "IPAcl": {"values": ["ALLOW_NONE"]},
        "sourceSnapshotUUID": null, "sourceSnapshotName": null, "somethingNew": {"a": 1},
    });
    let (status, created) = cluster.post(VOLUMES, sent).await;
    assert_eq!(status, 200, "{created}");
    assert_eq!(created["size"], "10737418240");
    assert_eq!((&created["replicaCount"], &created["compression"]), (&json!(3), &json!("true")));
    assert_eq!(created["IPAcl"], json!({"values": ["ALLOW_NONE"]}));
    let sectors = but(volume("v2"), json!({"sectorSize": "sectorSize_512B"}));
    assert_eq!(cluster.post(VOLUMES, sectors).await.1["sectorSize"], 512);
    let sectors = but(volume("v3"), json!({"sectorSize": 4096}));
    assert_eq!(cluster.post(VOLUMES, sectors).await.1["sectorSize"], 4096);
}

#[tokio::test]
async fn bad_bodies_are_invalid_arguments() {
    let cluster = cluster().await;
    for body in [
        "{",
        "[]",
        "\"x\"",
        "{\"name\": \"\u{fffd}",
        "{\"name\": 5}",
        "{\"acl\": [\"a\"]}",
        "{\"replicaCount\": \"x\"}",
    ] {
        let request =
            cluster.http.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt).body(body.to_owned());
        assert_eq!(refused(reply(request.send().await.unwrap()).await), (400, 3), "{body}");
    }
    let raw =
        cluster.http.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt).body(vec![b'{', 0xff, b'}']);
    assert_eq!(refused(reply(raw.send().await.unwrap()).await), (400, 3));
    // Nothing at all is an empty message, which lacks everything.
    let empty = cluster.http.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt);
    assert_eq!(refused(reply(empty.send().await.unwrap()).await), (400, 3));
    let huge = cluster.http.post(cluster.url(0, VOLUMES)).bearer_auth(&cluster.jwt).body(vec![b' '; 5 << 20]);
    assert_eq!(refused(reply(huge.send().await.unwrap()).await), (429, 8));
    assert_eq!(refused(cluster.get("volumes?limit=many").await), (400, 3));
}

#[tokio::test]
async fn zero_values_are_left_out_unless_told() {
    let quiet = cluster().await;
    let (_, created) = quiet.post(VOLUMES, volume("v1")).await;
    for absent in ["nsid", "nodeList", "labels", "sourceSnapshotUUID", "protectionState"] {
        assert_eq!(created.get(absent), None, "{absent}");
    }
    assert!(created["statistics"].is_object());
    assert_eq!(quiet.get("projects/system/volumes").await, (200, json!({})));

    let loud = with(|options| options.quirks.emit_defaults = true).await;
    let (_, created) = loud.post(VOLUMES, volume("v1")).await;
    assert_eq!((&created["nsid"], &created["nodeList"]), (&json!(0), &json!([])));
    assert_eq!(
        (&created["protectionState"], &created["sourceSnapshotUUID"]),
        (&json!("Unknown"), &json!(""))
    );
    assert_eq!(loud.get("projects/system/volumes").await, (200, json!({"volumes": []})));
}

#[tokio::test]
async fn every_node_answers_from_one_state() {
    let cluster = cluster().await;
    let v1 = cluster.volume("v1").await;
    for node in 0..3 {
        let (status, seen) = cluster.on(node, Method::GET, &format!("{VOLUMES}/{v1}"), None).await;
        assert_eq!((status, &seen["state"]), (200, &json!("Available")));
    }
    assert_eq!(cluster.get("version").await, (200, json!({"apiVersion": "v2.0"})));
    let info = cluster.get("clusterinfo").await.1;
    let endpoints: Vec<String> = cluster.running.endpoints().iter().map(ToString::to_string).collect();
    assert_eq!(info["apiEndpoints"], json!(endpoints));
    assert_eq!(info["UUID"], cluster.running.uuid().to_string());
    assert_eq!(
        info["subsystemNQN"],
        format!("nqn.2016-01.com.lightbitslabs:uuid:{}", cluster.running.uuid())
    );
    assert_eq!(info["discoveryEndpoints"][1], "127.0.9.2:8009");
    let data: Vec<String> = cluster.running.data_endpoints().iter().map(ToString::to_string).collect();
    assert_eq!(info["nvmeEndpoints"], json!(data));
    let full = cluster.get("cluster").await.1;
    assert!(full["MinVersionInCluster"].as_str().unwrap().starts_with("3.18.1~"));
    assert_eq!(full.get("nvmeEndpoints"), None);
}

#[tokio::test]
async fn what_is_not_simulated_says_so() {
    let cluster = cluster().await;
    for path in ["nvmeDevices", "logs", "clusters", "workflows/1", "projects/default/resourcePolicies"] {
        assert_eq!(refused(cluster.get(path).await), (501, 12), "{path}");
    }
    assert_eq!(
        refused(cluster.post("cluster/encryption/enable", json!({"keyStore": "file"})).await),
        (501, 12)
    );
    assert_eq!(refused(cluster.put("adminEndpoints/443", json!({})).await), (501, 12));
    assert_eq!(cluster.get("connectedHosts").await, (200, json!({})));
}
