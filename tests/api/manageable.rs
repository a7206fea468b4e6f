//! Taking in and letting go, as far as no cluster is needed: what is accepted, what is refused.

use hearth::domain::ClusterId;
use hearth::domain::Timestamp;
use hearth::domain::cluster::Observed;
use serde_json::{Value, json};

use super::bench::Bench;
use super::roles::{Door, door};

const VOLUMES: &str = "/manageable_volumes";
const SNAPSHOTS: &str = "/manageable_snapshots";
const MISSING: &str = "00000000-0000-4000-8000-000000000000";

/// A cluster that is up.
async fn cluster(bench: &Bench, name: &str) -> ClusterId {
    let id = bench.cluster(name, "nova").await;
    let seen = bench.services.store.write("test", |tx, _| {
        Box::pin(async move { tx.set_observed(id, Observed::Reachable, None, Timestamp(1)).await })
    });
    seen.await.unwrap();
    id
}

fn managed(fields: Value) -> Value {
    let mut volume = json!({"host": "hearth@c1#c1", "ref": {"source-name": "theirs"}});
    volume.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"volume": volume})
}

#[tokio::test]
async fn a_volume_is_accepted_and_shows_as_one_being_created() {
    let bench = Bench::new().await;
    cluster(&bench, "c1").await;
    for path in [VOLUMES, "/os-volume-manage"] {
        let body =
            managed(json!({"name": " mine ", "bootable": "true", "metadata": {"k": "v"}, "description": ""}));
        let made = bench.post(path, body).send().await.expect(202);
        let volume = &made["volume"];
        assert_eq!((&volume["status"], &volume["size"]), (&json!("creating"), &json!(0)));
        assert_eq!((&volume["name"], &volume["bootable"]), (&json!("mine"), &json!("true")));
        assert_eq!((&volume["metadata"], &volume["description"]), (&json!({"k": "v"}), &Value::Null));
        assert_eq!(volume["availability_zone"], "nova");
        // The reply is that of 3.0.
        assert!(volume.get("group_id").is_none() && volume.get("consumes_quota").is_none());
        let id = volume["id"].as_str().unwrap();
        bench.delete(&format!("/volumes/{id}")).send().await.fault(400);
        bench.post(&format!("/volumes/{id}/action"), json!({"os-unmanage": {}})).send().await.fault(400);
        // Nothing is known of it yet, so it is simply forgotten.
        bench.post(&format!("/volumes/{id}/action"), json!({"os-force_delete": {}})).send().await.expect(202);
    }
    bench.post("/manageable_volumes", managed(json!({}))).at(7).send().await.fault(404);
    bench.post("/os-volume-manage", managed(json!({}))).at(0).send().await.expect(202);
}

#[tokio::test]
async fn what_cannot_be_managed_is_told_in_cinders_words() {
    let bench = Bench::new().await;
    cluster(&bench, "c1").await;
    bench.cluster("down", "nova").await;
    let known = bench.available(json!({"size": 1})).await;
    for (fields, told) in [
        (json!({"host": null}), "Invalid input received: One and only one of cluster and host must be set."),
        (
            json!({"cluster": "c"}),
            "Invalid input received: One and only one of cluster and host must be set.",
        ),
        (json!({"host": null, "cluster": "c"}), "Cluster 'c' not found"),
        (
            json!({"host": null, "cluster": "c", "volume_type": "gold"}),
            "Invalid volume type: Cannot find requested 'gold' volume type",
        ),
        (json!({"host": "hearth@c9"}), "Host 'hearth@c9' not found"),
        (json!({"host": "elsewhere@c1#c1"}), "Host 'elsewhere@c1#c1' not found"),
        (json!({"host": "hearth@down"}), "Service is unavailable at this time."),
        (json!({"volume_type": "gold"}), "Invalid volume type: Cannot find requested 'gold' volume type"),
        (
            json!({"ref": {"source-name": format!("volume-{known}")}}),
            "Unable to manage existing volume. The volume is already managed",
        ),
    ] {
        let answer = bench.post(VOLUMES, managed(fields.clone())).send().await;
        assert_eq!(answer.fault(400), told, "{fields}");
    }
    let answer = bench.post(VOLUMES, managed(json!({"host": null}))).at(15).send().await.fault(400);
    assert_eq!(answer, "Invalid input received: Host field is missing.");
    bench.post(VOLUMES, managed(json!({"cluster": "c"}))).at(15).send().await.fault(400);
    for bad in
        [json!({"ref": null}), json!({"ref": 1}), json!({"colour": "red"}), json!({"bootable": "maybe"})]
    {
        bench.post(VOLUMES, managed(bad)).send().await.fault(400);
    }
    bench.post(VOLUMES, json!({"volume": {"host": "hearth@c1"}})).send().await.fault(400);
    let made = bench.post("/types", json!({"volume_type": {"name": "sealed"}})).send().await.expect(200);
    let sealed = made["volume_type"]["id"].as_str().unwrap();
    let encryption = json!({"encryption": {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256,
        "control_location": "front-end"}});
    bench.post(&format!("/types/{sealed}/encryption"), encryption).send().await.expect(200);
    let told = bench.post(VOLUMES, managed(json!({"volume_type": "sealed"}))).send().await.fault(400);
    assert_eq!(told, "Managing to an encrypted volume type is not supported.");
    let quota = json!({"quota_set": {"volumes": 1}});
    bench.put("/os-quota-sets/0af0", quota).send().await.expect(200);
    let answer = bench.post(VOLUMES, managed(json!({}))).send().await;
    assert!(answer.fault(413).starts_with("VolumeLimitExceeded: "));
}

#[tokio::test]
async fn snapshots_are_managed_of_volumes_that_are_somewhere() {
    let bench = Bench::new().await;
    let up = cluster(&bench, "c1").await;
    let volume = bench.volume(json!({"size": 2})).await;
    let body =
        |volume: &str| json!({"snapshot": {"volume_id": volume, "ref": {"source-name": "s"}, "name": " n "}});
    bench.post(SNAPSHOTS, body(MISSING)).send().await.fault(404);
    let told = bench.post(SNAPSHOTS, body(&volume)).send().await.fault(400);
    let nowhere = "The snapshot cannot be created because volume has not been scheduled to any host.";
    assert_eq!(told, format!("Invalid volume: {nowhere}"));
    let own = json!({"snapshot": {"volume_id": volume, "force": true}});
    let told = bench.post("/snapshots", own).at(0).send().await.fault(400);
    assert_eq!(told, "Invalid volume: volume is not assigned to a host");
    bench.place(&volume, up).await;
    for path in [SNAPSHOTS, "/os-snapshot-manage"] {
        let made = bench.post(path, body(&volume)).send().await.expect(202);
        let snapshot = &made["snapshot"];
        assert_eq!((&snapshot["status"], &snapshot["size"]), (&json!("creating"), &json!(2)));
        assert_eq!((&snapshot["name"], &snapshot["volume_id"]), (&json!(" n "), &json!(volume)));
        // The reply is that of 3.0.
        assert_eq!(snapshot.as_object().unwrap().len(), 9, "{snapshot}");
    }
    bench.post(SNAPSHOTS, body(&volume)).at(7).send().await.fault(404);
    let told = bench.post(SNAPSHOTS, json!({"snapshot": {}})).send().await.fault(400);
    assert!(told.ends_with("'ref' is a required property"), "{told}");
    let told =
        bench.post(SNAPSHOTS, json!({"snapshot": {"ref": 1, "volume_id": "x"}})).send().await.fault(400);
    assert!(told.ends_with("'x' is not a 'uuid'"), "{told}");
    for bad in [json!({"volume_id": volume}), json!({"volume_id": "x", "ref": null}), json!({"ref": {}})] {
        bench.post(SNAPSHOTS, json!({"snapshot": bad})).send().await.fault(400);
    }
    for (status, told) in [
        ("error", "The snapshot cannot be created when the volume is in error status.".to_owned()),
        ("maintenance", "The snapshot cannot be created when the volume is in maintenance mode.".to_owned()),
        (
            "awaiting-transfer",
            format!(
                "Volume {volume} status must be available, in-use, but current status is: awaiting-transfer."
            ),
        ),
    ] {
        bench.reset(&volume, status).await;
        let answer = bench.post(SNAPSHOTS, body(&volume)).send().await.fault(400);
        assert_eq!(answer, format!("Invalid volume: {told}"));
        let own = json!({"snapshot": {"volume_id": volume}});
        let answer = bench.post("/snapshots", own).send().await.fault(400);
        assert_eq!(answer, format!("Invalid volume: {told}"));
    }
}

#[tokio::test]
async fn lists_need_one_place_that_is_there() {
    let bench = Bench::new().await;
    bench.cluster("down", "nova").await;
    for path in [VOLUMES, SNAPSHOTS, "/os-volume-manage/detail", "/os-snapshot-manage/detail"] {
        let fault = async |query: &str, minor: u16, status: u16| {
            bench.get(&format!("{path}{query}")).at(minor).send().await.fault(status)
        };
        let both = "Invalid input received: One and only one of cluster and host must be set.";
        assert_eq!(fault("", 17, 400).await, both);
        assert_eq!(fault("?host=a&cluster=b", 17, 400).await, both);
        assert_eq!(fault("?cluster=b", 16, 400).await, "Invalid input received: Host field is missing.");
        assert_eq!(fault("?cluster=b", 17, 404).await, "Service cinder-volume could not be found.");
        let told = fault("?host=hearth@c9%23c9", 17, 404).await;
        assert_eq!(told, "Service cinder-volume could not be found on host hearth@c9.");
        assert_eq!(fault("?host=hearth@down", 17, 400).await, "Service is unavailable at this time.");
        assert_eq!(fault("?host=hearth@down&sort=name", 17, 400).await, "Invalid sort keys passed: name");
        assert_eq!(fault("?host=hearth@down&limit=x", 17, 400).await, "limit param must be an integer");
    }
    bench.get("/manageable_volumes?host=hearth@down").at(7).send().await.fault(404);
    bench.get("/os-volume-manage?host=hearth@down").at(7).send().await.fault(400);
}

#[tokio::test]
async fn what_is_let_go_is_unmanaging_at_once() {
    let bench = Bench::new().await;
    let up = cluster(&bench, "c1").await;
    let volume = bench.volume(json!({"size": 1})).await;
    bench.place(&volume, up).await;
    let body = json!({"snapshot": {"volume_id": volume}});
    let made = bench.post("/snapshots", body).send().await.expect(202);
    let snapshot = format!("/snapshots/{}", made["snapshot"]["id"].as_str().unwrap());
    let action = |path: &str| bench.post(&format!("{path}/action"), json!({"os-unmanage": null}));
    let told = action(&snapshot).send().await.fault(400);
    assert!(told.starts_with("Invalid snapshot: Snapshot status must be available or error and must not"));
    let told = action(&format!("/volumes/{volume}")).send().await.fault(400);
    assert!(told.contains("have snapshots"), "{told}");
    let available = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("{snapshot}/action"), available).send().await.expect(202);
    // Nothing changes on the cluster, so a frozen one does not mind.
    assert_eq!(bench.put("/os-services/freeze", json!({"host": "hearth@c1"})).send().await.status, 200);
    assert_eq!(action(&snapshot).send().await.status, 202);
    assert_eq!(bench.get(&snapshot).send().await.expect(200)["snapshot"]["status"], "unmanaging");

    let other = bench.available(json!({"size": 1})).await;
    let path = format!("/volumes/{other}");
    assert_eq!(action(&path).send().await.status, 202);
    assert_eq!(bench.get(&path).send().await.expect(200)["volume"]["status"], "unmanaging");
    action(&path).send().await.fault(400);
    action(&format!("/volumes/{MISSING}")).send().await.fault(404);
    let failed = bench.available(json!({"size": 1})).await;
    bench.reset(&failed, "error_managing").await;
    let path = format!("/volumes/{failed}");
    assert_eq!(action(&path).send().await.status, 202);
    assert_eq!(bench.get(&path).send().await.expect(200)["volume"]["status"], "deleting");
}

#[tokio::test]
async fn all_of_it_is_for_administrators() {
    let Door { bench, .. } = door().await;
    cluster(&bench, "c1").await;
    let created = bench.post("/volumes", json!({"volume": {"size": 1}})).token("member").send().await;
    let volume = created.expect(202)["volume"]["id"].as_str().unwrap().to_owned();
    let snapshot = json!({"snapshot": {"volume_id": volume, "ref": {"source-name": "s"}}});
    for (who, status) in [("member", 403), ("reader", 403), ("stranger", 404)] {
        let act = |action: &str| {
            bench.post(&format!("/volumes/{volume}/action"), json!({action: {}})).token(who).send()
        };
        assert_eq!(act("os-unmanage").await.status, status, "{who}");
        assert_eq!(act("os-extend_volume_completion").await.status, status, "{who}");
        assert_eq!(bench.post(SNAPSHOTS, snapshot.clone()).token(who).send().await.status, status, "{who}");
        bench.post(VOLUMES, managed(json!({}))).token(who).send().await.fault(403);
        bench.get(&format!("{VOLUMES}?host=hearth@c1")).token(who).send().await.fault(403);
        bench.get(&format!("{SNAPSHOTS}/detail?host=hearth@c1")).token(who).send().await.fault(403);
    }
    let told = bench
        .post(&format!("/volumes/{volume}/action"), json!({"os-extend_volume_completion": {"error": true}}));
    assert_eq!(told.token("admin").send().await.fault(400), "Invalid volume: Volume is not being extended.");
    let extending = json!({"os-reset_status": {"status": "extending"}});
    bench.post(&format!("/volumes/{volume}/action"), extending).token("admin").send().await.expect(202);
    let told = bench.post(&format!("/volumes/{volume}/action"), json!({"os-extend_volume_completion": {}}));
    assert_eq!(
        told.token("admin").send().await.fault(400),
        "Invalid volume: Required volume admin metadata is malformed or missing."
    );
    let odd = json!({"os-extend_volume_completion": {"error": 1}});
    bench.post(&format!("/volumes/{volume}/action"), odd).token("admin").send().await.fault(400);
}
