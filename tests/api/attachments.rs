//! Attachments as far as they need no cluster: reserving, the old style, who may detach.

use serde_json::{Value, json};

use super::bench::Bench;

const SERVER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";

async fn status(bench: &Bench, volume: &str) -> String {
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    shown["volume"]["status"].as_str().unwrap().to_owned()
}

async fn act(bench: &Bench, volume: &str, action: &str, body: Value) -> u16 {
    bench.post(&format!("/volumes/{volume}/action"), json!({action: body})).send().await.status
}

#[tokio::test]
async fn reserving_and_giving_back() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let body = json!({"attachment": {"volume_uuid": volume, "instance_uuid": SERVER}});
    let created = bench.post("/attachments", body.clone()).send().await.expect(200);
    let attachment = &created["attachment"];
    assert_eq!(attachment["status"], "reserved");
    assert_eq!(attachment["attach_mode"], "null");
    assert_eq!(attachment["connection_info"], json!({}));
    assert_eq!(attachment["attached_at"], "");
    assert_eq!(status(&bench, &volume).await, "reserved");

    // The same server may reserve once more, another may not.
    bench.post("/attachments", body).send().await.expect(200);
    let other = json!({"attachment": {"volume_uuid": volume, "instance_uuid": "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a12"}});
    bench.post("/attachments", other).send().await.fault(400);

    let listed = bench.get(&format!("/attachments?volume_id={volume}")).send().await.expect(200);
    let ids: Vec<&str> =
        listed["attachments"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(listed["attachments"][0].as_object().unwrap().len(), 4);
    for (left, id) in ids.iter().enumerate().rev() {
        let deleted =
            bench.delete(&format!("/attachments/{}", ids[ids.len() - 1 - left])).send().await.expect(200);
        assert_eq!(deleted["attachments"].as_array().unwrap().len(), left, "{id}");
    }
    assert_eq!(status(&bench, &volume).await, "available");
    bench.get(&format!("/attachments/{}", ids[0])).send().await.fault(404);
}

#[tokio::test]
async fn below_their_versions_they_are_not_there() {
    let bench = Bench::new().await;
    bench.get("/attachments").at(26).send().await.fault(404);
    let volume = bench.available(json!({"size": 1})).await;
    let body = json!({"attachment": {"volume_uuid": volume, "mode": "ro"}});
    bench.post("/attachments", body).at(53).send().await.fault(400);
    let none = json!({"attachment": {"volume_uuid": SERVER}});
    bench.post("/attachments", none).send().await.fault(404);
}

#[tokio::test]
async fn the_old_way() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    assert_eq!(act(&bench, &volume, "os-reserve", Value::Null).await, 202);
    assert_eq!(act(&bench, &volume, "os-reserve", Value::Null).await, 400);
    assert_eq!(act(&bench, &volume, "os-unreserve", json!({})).await, 202);
    assert_eq!(status(&bench, &volume).await, "available");
    assert_eq!(act(&bench, &volume, "os-unreserve", json!({})).await, 202);

    let attach = json!({"instance_uuid": SERVER, "mountpoint": "/dev/vdc", "mode": "rw"});
    assert_eq!(act(&bench, &volume, "os-attach", attach.clone()).await, 202);
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "in-use");
    assert_eq!(shown["volume"]["attachments"][0]["server_id"], SERVER);
    assert_eq!(shown["volume"]["attachments"][0]["device"], "/dev/vdc");
    assert_eq!(shown["volume"]["metadata"]["attached_mode"], "rw");
    assert_eq!(act(&bench, &volume, "os-attach", attach).await, 400);

    assert_eq!(act(&bench, &volume, "os-begin_detaching", Value::Null).await, 202);
    assert_eq!(act(&bench, &volume, "os-begin_detaching", Value::Null).await, 400);
    assert_eq!(act(&bench, &volume, "os-roll_detaching", Value::Null).await, 202);
    assert_eq!(status(&bench, &volume).await, "in-use");
    assert_eq!(bench.delete(&format!("/volumes/{volume}")).send().await.status, 400);

    let strange = json!({"attachment_id": SERVER});
    assert_eq!(act(&bench, &volume, "os-detach", strange).await, 404);
    assert_eq!(act(&bench, &volume, "os-detach", Value::Null).await, 202);
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "available");
    assert_eq!(shown["volume"]["attachments"], json!([]));
    assert!(shown["volume"]["metadata"].get("attached_mode").is_none());
}

#[tokio::test]
async fn a_host_without_an_nqn_is_told_so() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let body = json!({"attachment": {"volume_uuid": volume, "connector": {"host": "a"}}});
    assert!(bench.post("/attachments", body).send().await.fault(400).contains("nqn"));
    assert_eq!(act(&bench, &volume, "os-initialize_connection", json!({"connector": {}})).await, 400);
    assert_eq!(status(&bench, &volume).await, "available");
}
