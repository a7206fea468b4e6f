//! Volumes: bodies by microversion, changes, actions, metadata.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::{Bench, MALFORMED, PROJECT};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_volume_is_created_shown_changed_and_deleted() {
    let bench = Bench::new().await;
    let path = format!("/{PROJECT}/volumes");
    let body =
        json!({"volume": {"name": " disk ", "size": "3", "metadata": {"k": "v"}, "description": "名"}});
    let created = bench.post(&path, body).send().await.expect(202);
    let volume = &created["volume"];
    let id = volume["id"].as_str().unwrap();
    assert_eq!(volume["status"], "creating");
    assert_eq!(volume["name"], "disk");
    assert_eq!(volume["size"], 3);
    assert_eq!(volume["bootable"], "false");
    assert_eq!(volume["volume_type"], "__DEFAULT__");
    assert_eq!(volume["links"][0]["href"], format!("http://hearth:8776/v3/{PROJECT}/volumes/{id}"));
    assert_eq!(volume["links"][1]["href"], format!("http://hearth:8776/{PROJECT}/volumes/{id}"));
    assert!(volume.get("os-vol-host-attr:host").is_none());

    let one = format!("/volumes/{id}");
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(shown["volume"]["description"], "名");
    assert_eq!(shown["volume"]["os-vol-tenant-attr:tenant_id"], PROJECT);
    assert_eq!(shown["volume"]["os-vol-host-attr:host"], Value::Null);

    let change = json!({"volume": {"name": null, "metadata": {"a": "b"}}});
    let changed = bench.put(&one, change).send().await.expect(200);
    assert_eq!(changed["volume"]["name"], Value::Null);
    assert_eq!(changed["volume"]["metadata"], json!({"a": "b"}));
    assert_eq!(changed["volume"]["description"], "名");

    assert!(bench.delete(&one).send().await.fault(400).starts_with("Invalid volume: Volume status must be"));
    bench.reset(id, "available").await;
    let deleted = bench.delete(&one).send().await;
    assert_eq!((deleted.status, deleted.text.as_str()), (202, ""));
    assert_eq!(deleted.header("x-compute-request-id"), None);
    assert_eq!(bench.get(&one).send().await.expect(200)["volume"]["status"], "deleting");
}

/// The field matrix: what each microversion adds, and nothing else.
#[tokio::test]
async fn each_microversion_adds_its_fields_and_no_others() {
    let bench = Bench::new().await;
    let id = bench.volume(json!({"size": 1})).await;
    let base = bench.get(&format!("/volumes/{id}")).at(0).send().await.expect(200);
    let mut expected: BTreeSet<String> = keys(&base["volume"]).into_iter().map(str::to_owned).collect();
    let at_first = [
        "attachments",
        "availability_zone",
        "bootable",
        "consistencygroup_id",
        "created_at",
        "description",
        "encrypted",
        "id",
        "links",
        "metadata",
        "migration_status",
        "multiattach",
        "name",
        "os-vol-host-attr:host",
        "os-vol-mig-status-attr:migstat",
        "os-vol-mig-status-attr:name_id",
        "os-vol-tenant-attr:tenant_id",
        "replication_status",
        "size",
        "snapshot_id",
        "source_volid",
        "status",
        "updated_at",
        "user_id",
        "volume_type",
    ];
    assert_eq!(keys(&base["volume"]), at_first.into_iter().collect());
    for minor in 1..=71 {
        match minor {
            13 => expected.extend(["group_id".to_owned()]),
            21 => expected.extend(["provider_id".to_owned()]),
            48 => expected.extend(["shared_targets".to_owned(), "service_uuid".to_owned()]),
            61 => expected.extend(["cluster_name".to_owned()]),
            63 => expected.extend(["volume_type_id".to_owned()]),
            65 => expected.extend(["consumes_quota".to_owned()]),
            _ => {}
        }
        let detail = bench.get("/volumes/detail").at(minor).send().await.expect(200);
        let shown: BTreeSet<String> = keys(&detail["volumes"][0]).into_iter().map(str::to_owned).collect();
        assert_eq!(shown, expected, "3.{minor}");
    }
    let short = bench.get("/volumes").send().await.expect(200);
    assert_eq!(keys(&short["volumes"][0]), ["id", "links", "name"].into_iter().collect());
}

#[tokio::test]
async fn create_bodies_are_checked() {
    let bench = Bench::new().await;
    for (volume, reason) in [
        (json!({}), MALFORMED),
        (
            json!({"size": 0}),
            "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1",
        ),
        (json!({"size": 1.5}), "Invalid input for field/attribute size. Value: 1.5. 1.5 is not of type"),
        (
            json!({"size": "x"}),
            "Invalid input for field/attribute size. Value: x. 'x' does not match '^[0-9]+$'",
        ),
        (json!({"size": 99_999_999_999_u64}), "Invalid input for field/attribute size."),
        (json!({"size": true}), "Invalid input for field/attribute size. Value: True. True is not of type"),
        (
            json!({"size": 1, "name": "x".repeat(256)}),
            "Invalid input received: name has 256 characters, more than 255.",
        ),
        (json!({"size": 1, "metadata": {"k": null}}), "Invalid input for field/attribute k. Value: None."),
        (json!({"size": 1, "metadata": {"": "v"}}), "Invalid input for field/attribute metadata."),
        (json!({"size": 1, "metadata": {"k": "v".repeat(256)}}), "Invalid input for field/attribute k."),
        (json!({"size": 1, "multiattach": "yes"}), "multiattach parameter has been removed."),
        (json!({"size": 1, "unheard_of": 1}), "Invalid input for field/attribute volume."),
        (
            json!({"size": 1, "snapshot_id": "x"}),
            "Invalid input for field/attribute snapshot_id. Value: x. 'x' is not valid under any of the given schemas",
        ),
        (json!({"size": 1, "availability_zone": ""}), "Invalid input for field/attribute availability_zone."),
    ] {
        let told = bench.post("/volumes", json!({"volume": volume})).send().await.fault(400);
        assert!(told.starts_with(reason), "{volume}: {told}");
    }
    // Open below 3.53, closed from there on.
    let open = json!({"volume": {"size": 1, "unheard_of": 1}});
    bench.post("/volumes", open).at(52).send().await.expect(202);
    let missing = "00000000-0000-4000-8000-000000000000";
    for (field, what) in [("snapshot_id", "Snapshot"), ("source_volid", "Volume"), ("backup_id", "Backup")] {
        let body = json!({"volume": {"size": 1, field: missing}});
        let told = bench.post("/volumes", body).send().await.fault(404);
        assert_eq!(told, format!("{what} {missing} could not be found."));
    }
    let told = bench.post("/volumes", json!({"volume": {"size": 1, "volume_type": "gold"}})).send().await;
    assert_eq!(told.fault(404), "Volume type with name gold could not be found.");
}

#[tokio::test]
async fn what_others_have_is_not_found() {
    let bench = Bench::new().await;
    for id in ["nonsense", "00000000-0000-4000-8000-000000000000", "..%2F..%2Fetc", "%00"] {
        let told = bench.get(&format!("/volumes/{id}")).send().await;
        assert!(told.fault(404).starts_with("Volume "), "{id}");
    }
    // A bad body for a missing volume is a bad body.
    bench.put("/volumes/nonsense", json!({"volume": {"name": 5}})).send().await.fault(400);
    bench.put("/volumes/nonsense", json!({"volume": {}})).send().await.fault(400);
    bench.put("/volumes/nonsense", json!({"volume": {}})).at(52).send().await.fault(404);
}

#[tokio::test]
async fn actions_without_a_data_path() {
    let bench = Bench::new().await;
    let id = bench.available(json!({"size": 2})).await;
    let path = format!("/volumes/{id}/action");
    let act = async |body: Value| bench.post(&path, body).send().await;

    assert_eq!(act(json!({"os-set_bootable": {"bootable": "yes"}})).await.status, 200);
    assert_eq!(act(json!({"os-update_readonly_flag": {"readonly": true}})).await.status, 202);
    let shown = bench.get(&format!("/volumes/{id}")).send().await.expect(200);
    assert_eq!(shown["volume"]["bootable"], "true");
    assert_eq!(shown["volume"]["metadata"], json!({"readonly": "True"}));
    act(json!({"os-set_bootable": {"bootable": 1}})).await.fault(400);

    bench.reset(&id, "maintenance").await;
    let told = act(json!({"os-set_bootable": {"bootable": false}})).await.fault(400);
    assert_eq!(told, "Invalid volume: The volume cannot be updated during maintenance.");
    bench.reset(&id, "available").await;

    act(json!({"os-extend": {"new_size": 2}})).await.fault(400);
    act(json!({"os-extend": {"new_size": 3}})).await.expect(202);
    act(json!({"os-extend": {"new_size": 4}})).await.fault(400);

    for bad in [
        json!({"os-reset_status": {}}),
        json!({"os-reset_status": {"status": "deleting"}}),
        json!({"os-reset_status": {"status": "nonsense"}}),
        json!({"os-reset_status": {"status": "in-use"}}),
        json!({"os-reset_status": {"state": "error"}}),
    ] {
        act(bad).await.fault(400);
    }
    act(json!({"os-reset_status": {"status": "ERROR", "migration_status": "none"}})).await.expect(202);
    act(json!({"os-force_delete": null})).await.expect(202);

    let told = act(json!({"revert": {"snapshot_id": null}})).await.fault(400);
    assert!(told.ends_with("doesn't have any snapshots."), "{told}");
    assert_eq!(bench.post(&path, json!({"revert": {"snapshot_id": "x"}})).at(39).send().await.status, 404);
}

#[tokio::test]
async fn metadata_has_etags_since_3_15() {
    let bench = Bench::new().await;
    let id = bench.volume(json!({"size": 1, "metadata": {"k": "v"}})).await;
    let all = format!("/volumes/{id}/metadata");
    let one = format!("{all}/k");
    assert_eq!(bench.get(&all).at(14).send().await.header("etag"), None);
    let listed = bench.get(&all).send().await;
    let tag = listed.header("etag").unwrap().to_owned();
    assert_eq!(tag.len(), 32);
    assert_eq!(listed.header("x-compute-request-id"), None);
    assert_eq!(listed.expect(200), json!({"metadata": {"k": "v"}}));

    let merged = bench.post(&all, json!({"metadata": {"a": "b"}})).send().await.expect(200);
    assert_eq!(merged, json!({"metadata": {"a": "b", "k": "v"}}));
    let stale = bench.put(&all, json!({"metadata": {}})).header("if-match", &tag).send().await;
    assert_eq!((stale.status, stale.text.as_str()), (412, ""));
    bench.put(&one, json!({"meta": {"k": "w"}})).header("if-match", "\"x\"").at(14).send().await.expect(200);
    let now = bench.get(&all).send().await.header("etag").unwrap().to_owned();
    let fresh = bench.put(&one, json!({"meta": {"k": "x"}})).header("if-match", &format!("\"{now}\""));
    assert_eq!(fresh.send().await.expect(200), json!({"meta": {"k": "x"}}));

    assert_eq!(bench.get(&one).send().await.expect(200), json!({"meta": {"k": "x"}}));
    for bad in
        [json!({"meta": {"z": "x"}}), json!({"meta": {}}), json!({"meta": {"k": "a", "z": "b"}}), json!({})]
    {
        bench.put(&one, bad).send().await.fault(400);
    }
    let replaced = bench.put(&all, json!({"metadata": {"only": "this"}})).send().await.expect(200);
    assert_eq!(replaced, json!({"metadata": {"only": "this"}}));
    bench.delete(&one).send().await.fault(404);
    assert_eq!(bench.delete(&format!("{all}/only")).send().await.status, 200);
    assert_eq!(bench.get(&all).send().await.expect(200), json!({"metadata": {}}));
}

#[tokio::test]
async fn image_metadata_is_set_shown_and_unset() {
    let bench = Bench::new().await;
    let id = bench.volume(json!({"size": 1})).await;
    let path = format!("/volumes/{id}/action");
    let act = async |body: Value| bench.post(&path, body).send().await;
    act(json!({"os-show_image_metadata": null})).await.fault(404);
    let set =
        act(json!({"os-set_image_metadata": {"metadata": {"os": "x".repeat(60_000)}}})).await.expect(200);
    assert_eq!(set["metadata"]["os"].as_str().unwrap().len(), 60_000);
    act(json!({"os-set_image_metadata": {"metadata": {"os": "x".repeat(65_536)}}})).await.fault(400);
    let shown = bench.get(&format!("/volumes/{id}")).send().await.expect(200);
    assert!(shown["volume"]["volume_image_metadata"].get("os").is_some());
    act(json!({"os-unset_image_metadata": {"key": "none"}})).await.fault(404);
    assert_eq!(act(json!({"os-unset_image_metadata": {"key": "os"}})).await.status, 200);
    let shown = bench.get(&format!("/volumes/{id}")).send().await.expect(200);
    assert!(shown["volume"].get("volume_image_metadata").is_none());
}
