//! Attachments as far as they need no cluster: reserving, the old style, who may detach.

use serde_json::{Value, json};

use super::bench::Bench;

const SERVER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";
const OTHER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a12";

async fn status(bench: &Bench, volume: &str) -> String {
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    shown["volume"]["status"].as_str().unwrap().to_owned()
}

async fn act(bench: &Bench, volume: &str, action: &str, body: Value) -> u16 {
    bench.post(&format!("/volumes/{volume}/action"), json!({action: body})).send().await.status
}

async fn told(bench: &Bench, volume: &str, action: Value) -> String {
    bench.post(&format!("/volumes/{volume}/action"), action).send().await.fault(400)
}

async fn reserve(bench: &Bench, attachment: Value) -> Value {
    let made = bench.post("/attachments", json!({"attachment": attachment})).send().await.expect(200);
    made["attachment"].clone()
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
    let other = json!({"attachment": {"volume_uuid": volume, "instance_uuid": OTHER}});
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
    // The same server keeps the attachment it has; another gets none.
    assert_eq!(act(&bench, &volume, "os-attach", attach.clone()).await, 202);
    let other = json!({"instance_uuid": OTHER, "mountpoint": "/dev/vdc"});
    assert_eq!(
        told(&bench, &volume, json!({"os-attach": other})).await,
        "Invalid volume: volume is already attached and multiple attachments are not enabled"
    );
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["attachments"].as_array().unwrap().len(), 1);

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
    assert!(bench.post("/attachments", body.clone()).send().await.fault(400).contains("nqn"));
    assert_eq!(act(&bench, &volume, "os-initialize_connection", json!({"connector": {}})).await, 400);
    assert_eq!(status(&bench, &volume).await, "available");
    // That the volume is not to be had is told before.
    reserve(&bench, json!({"volume_uuid": volume, "instance_uuid": SERVER})).await;
    let refusal = bench.post("/attachments", body).send().await.fault(400);
    assert!(refusal.ends_with("but the current status is reserved."), "{refusal}");
}

#[tokio::test]
async fn an_old_attachment_is_looked_for_by_server_then_by_host() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    // One that is only reserved is the server's already.
    reserve(&bench, json!({"volume_uuid": volume, "instance_uuid": SERVER})).await;
    let mine = json!({"instance_uuid": SERVER, "mountpoint": "/dev/vdb"});
    assert_eq!(act(&bench, &volume, "os-attach", mine).await, 202);
    assert_eq!(status(&bench, &volume).await, "in-use");
    let listed = bench.get("/attachments").send().await.expect(200);
    assert_eq!(listed["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(listed["attachments"][0]["status"], "reserved");

    let volume = bench.available(json!({"size": 1})).await;
    let on = |host: &str| json!({"host_name": host, "mountpoint": "/dev/vdb"});
    for host in ["My_Host", "my-host"] {
        assert_eq!(act(&bench, &volume, "os-attach", on(host)).await, 202);
    }
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(shown["volume"]["attachments"][0]["host_name"], "my-host");
    assert_eq!(act(&bench, &volume, "os-attach", on("elsewhere")).await, 400);
}

#[tokio::test]
async fn what_forbids_attaching_in_the_old_way() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let attach =
        |mode: &str| json!({"os-attach": {"instance_uuid": SERVER, "mountpoint": "/dev/vdb", "mode": mode}});
    assert_eq!(act(&bench, &volume, "os-update_readonly_flag", json!({"readonly": true})).await, 202);
    let refusal = format!("Invalid attaching mode 'rw' for volume {volume}.");
    assert_eq!(told(&bench, &volume, attach("rw")).await, refusal);
    bench.reset(&volume, "maintenance").await;
    assert_eq!(
        told(&bench, &volume, attach("ro")).await,
        "Invalid volume: The volume cannot be attached in maintenance mode."
    );
    bench.reset(&volume, "available").await;
    bench.post(&format!("/volumes/{volume}/action"), attach("ro")).send().await.expect(202);
    assert_eq!(act(&bench, &volume, "os-detach", json!({})).await, 202);
    assert_eq!(act(&bench, &volume, "os-update_readonly_flag", json!({"readonly": false})).await, 202);
    bench.post(&format!("/volumes/{volume}/action"), attach("rw")).send().await.expect(202);
    bench.reset(&volume, "attaching").await;
    assert_eq!(told(&bench, &volume, attach("ro")).await, "Invalid volume: being attached by different mode");

    // What is refused late has said nothing, of reading neither.
    let volume = bench.available(json!({"size": 1})).await;
    reserve(&bench, json!({"volume_uuid": volume, "instance_uuid": SERVER})).await;
    bench.reset(&volume, "in-use").await;
    let other = json!({"os-attach": {"instance_uuid": OTHER, "mountpoint": "/dev/vdb"}});
    told(&bench, &volume, other).await;
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["metadata"], json!({"readonly": "False"}));
}

#[tokio::test]
async fn once_reading_was_spoken_of_attachments_are_for_reading() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let asked = json!({"volume_uuid": volume, "instance_uuid": SERVER, "mode": "rw"});
    assert_eq!(reserve(&bench, asked.clone()).await["attach_mode"], "rw");
    bench.reset(&volume, "available").await;
    assert_eq!(act(&bench, &volume, "os-update_readonly_flag", json!({"readonly": false})).await, 202);
    assert_eq!(reserve(&bench, asked).await["attach_mode"], "ro");
}

#[tokio::test]
async fn no_attachment_is_made_of_a_volume_in_error() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    bench.reset(&volume, "error_extending").await;
    let body = json!({"attachment": {"volume_uuid": volume, "instance_uuid": SERVER}});
    assert_eq!(
        bench.post("/attachments", body).send().await.fault(400),
        format!(
            "Invalid volume: Volume attachments can not be created if the volume is in an error state. The Volume \
             {volume} currently has a status of: error_extending "
        )
    );
}

#[tokio::test]
async fn a_shared_volume_in_use_is_reserved_for_the_next() {
    let bench = Bench::new().await;
    let fields = json!({"name": "shared", "extra_specs": {"multiattach": "<is> True"}});
    bench.post("/types", json!({"volume_type": fields})).send().await.expect(200);
    let volume = bench.available(json!({"size": 1, "volume_type": "shared"})).await;
    let attach = json!({"instance_uuid": SERVER, "mountpoint": "/dev/vdc"});
    assert_eq!(act(&bench, &volume, "os-attach", attach).await, 202);
    let next = reserve(&bench, json!({"volume_uuid": volume, "instance_uuid": OTHER})).await;
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "reserved");
    assert_eq!(
        shown["volume"]["attachments"].as_array().unwrap().len(),
        1,
        "the one that is attached is shown"
    );
    let refusal = told(&bench, &volume, json!({"os-reserve": {}})).await;
    assert_eq!(
        refusal,
        "Invalid volume: Volume status must be available or in-use to reserve, but the status is reserved."
    );
    let third = json!({"attachment": {"volume_uuid": volume}});
    assert_eq!(
        bench.post("/attachments", third).send().await.fault(400),
        format!(
            "Invalid volume: Volume {volume} status must be available or in-use or downloading to reserve, but the \
             current status is reserved."
        )
    );
    bench.delete(&format!("/attachments/{}", next["id"].as_str().unwrap())).send().await.expect(200);
    assert_eq!(status(&bench, &volume).await, "in-use");
}

#[tokio::test]
async fn a_volume_called_detached_has_no_attachments() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    let attach = json!({"instance_uuid": SERVER, "mountpoint": "/dev/vdc"});
    assert_eq!(act(&bench, &volume, "os-attach", attach).await, 202);
    let reset = json!({"status": "error", "attach_status": "detached"});
    assert_eq!(act(&bench, &volume, "os-reset_status", reset.clone()).await, 202);
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "available");
    assert_eq!(shown["volume"]["attachments"], json!([]));
    assert_eq!(shown["volume"]["metadata"], json!({"readonly": "False"}));
    // Without any the status asked for holds.
    assert_eq!(act(&bench, &volume, "os-reset_status", reset).await, 202);
    assert_eq!(status(&bench, &volume).await, "error");
}

#[tokio::test]
async fn unreserving_leaves_what_is_attached_in_use() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    reserve(&bench, json!({"volume_uuid": volume, "instance_uuid": SERVER})).await;
    bench.reset(&volume, "attaching").await;
    assert_eq!(act(&bench, &volume, "os-unreserve", json!({})).await, 202);
    assert_eq!(status(&bench, &volume).await, "in-use");
}
