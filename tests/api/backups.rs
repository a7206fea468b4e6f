//! Backups. Nobody works on them here: they stay `creating`, and the rows are changed by hand
//! where an engine would have. How they end is tested with a worker.

use std::collections::BTreeSet;

use hearth::domain::backup::Backup;
use hearth::domain::status::BackupStatus;
use serde_json::{Value, json};

use super::bench::Bench;

const MISSING: &str = "00000000-0000-4000-8000-000000000000";

async fn backup(bench: &Bench, fields: Value) -> String {
    let made = bench.post("/backups", json!({"backup": fields})).send().await.expect(202);
    made["backup"]["id"].as_str().unwrap().to_owned()
}

/// What an engine would have written.
async fn change(bench: &Bench, id: &str, change: fn(&mut Backup)) {
    let id = id.parse().unwrap();
    let write = bench.services.store.write("test", |tx, _| {
        Box::pin(async move {
            let mut backup = tx.get_backup(id).await?.backup;
            change(&mut backup);
            tx.update_backup(&backup).await
        })
    });
    write.await.unwrap();
}

fn finished(backup: &mut Backup) {
    backup.status = BackupStatus::Available;
    backup.service = Some("test".to_owned());
}

#[tokio::test]
async fn bodies_are_checked_before_the_volume_is_looked_for() {
    let bench = Bench::new().await;
    for (fields, minor, status) in [
        (json!({"volume_id": MISSING}), 71, 404),
        (json!({"volume_id": "x"}), 71, 400),
        (json!({}), 71, 400),
        (json!({"volume_id": MISSING, "colour": "red"}), 71, 400),
        (json!({"volume_id": MISSING, "force": 1}), 71, 400),
        (json!({"volume_id": MISSING, "snapshot_id": null, "container": null, "name": null}), 71, 404),
        (json!({"volume_id": MISSING, "metadata": {"k": 1}}), 71, 400),
        (json!({"volume_id": MISSING, "metadata": {"k": "v"}}), 42, 400),
        (json!({"volume_id": MISSING, "metadata": null}), 43, 404),
        (json!({"volume_id": MISSING, "availability_zone": "nova"}), 50, 400),
        (json!({"volume_id": MISSING, "availability_zone": "nova"}), 51, 404),
        (json!({"volume_id": MISSING, "name": "x".repeat(256)}), 71, 400),
    ] {
        let answer = bench.post("/backups", json!({"backup": fields})).at(minor).send().await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    bench.get("/backups/x").send().await.fault(404);
    bench.delete("/backups/x").send().await.fault(404);
    bench.put("/backups/x", json!({"backup": {"name": "n"}})).send().await.fault(404);
    assert_eq!(bench.put("/backups/x", json!({"backup": {}})).at(8).send().await.status, 404);
    bench.post("/backups/x/restore", json!({"restore": {}})).send().await.fault(404);
    bench.post("/backups/x/restore", json!({"restore": {"volume_id": "x"}})).send().await.fault(400);
    bench.get("/backups/x/export_record").send().await.fault(404);
    bench.post("/backups/x/action", json!({"os-force_delete": {}})).send().await.fault(404);
    let told = bench.post("/backups/x/action", json!({"os-reset_status": {"status": "creating"}}));
    assert!(told.send().await.fault(400).contains("valid statuses are: ['available', 'error']"));
    bench.get("/backups?sort=name:asc").at(36).send().await.fault(400);
    bench.get("/backups?sort=name:asc").at(37).send().await.expect(200);
    assert_eq!(
        bench.get("/backups?created_at=gt:2020-01-01").send().await.expect(200),
        json!({"backups": []})
    );
    let told = bench.get("/backups?all_tenants=x").send().await.fault(400);
    assert_eq!(told, "all_tenants must be a boolean, got 'x'.");
}

#[tokio::test]
async fn the_volume_is_backing_up_meanwhile() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 2})).await;
    let id = backup(&bench, json!({"volume_id": volume, "name": " b ", "metadata": {"k": "v"}})).await;
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "backing-up");
    let shown = bench.get(&format!("/backups/{id}")).send().await.expect(200);
    let fields = &shown["backup"];
    assert_eq!(
        (&fields["name"], &fields["size"], &fields["status"]),
        (&json!("b"), &json!(2), &json!("creating"))
    );
    assert_eq!((&fields["metadata"], &fields["object_count"]), (&json!({"k": "v"}), &json!(0)));
    assert_eq!(fields["data_timestamp"], fields["created_at"]);
    assert_eq!(fields["links"][0]["href"], format!("http://hearth:8776/v3/backups/{id}"));

    let body = |more: Value| {
        let mut fields = json!({"volume_id": volume});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"backup": fields})
    };
    let told = bench.post("/backups", body(json!({}))).send().await.fault(400);
    let busy =
        "Invalid volume: Volume to be backed up must be available or in-use, but the current status is";
    assert_eq!(told, format!("{busy} \"backing-up\"."));
    bench.delete(&format!("/backups/{id}")).send().await.fault(400);
    bench.delete(&format!("/volumes/{volume}")).send().await.fault(400);

    bench.reset(&volume, "available").await;
    let told = bench.post("/backups", body(json!({"incremental": true}))).send().await.fault(400);
    assert_eq!(told, "Invalid backup: No backups available to do an incremental backup.");
    change(&bench, &id, finished).await;
    let made = bench.post("/backups", body(json!({"incremental": "yes"}))).send().await.expect(202);
    let child = made["backup"]["id"].as_str().unwrap();
    let shown = bench.get(&format!("/backups/{child}")).send().await.expect(200);
    assert_eq!(shown["backup"]["is_incremental"], true);
    let shown = bench.get(&format!("/backups/{id}")).send().await.expect(200);
    assert_eq!(shown["backup"]["has_dependent_backups"], true);
    let told = bench.delete(&format!("/backups/{id}")).send().await.fault(400);
    assert_eq!(told, "Invalid backup: Incremental backups exist for this backup.");
    let force = json!({"os-force_delete": {}});
    assert_eq!(bench.post(&format!("/backups/{child}/action"), force).send().await.status, 202);
    let shown = bench.get(&format!("/backups/{child}")).send().await.expect(200);
    assert_eq!(shown["backup"]["status"], "deleting");
}

#[tokio::test]
async fn a_snapshot_is_backed_up_instead() {
    let bench = Bench::new().await;
    let volume = bench.volume(json!({"size": 1})).await;
    bench.place(&volume, bench.cluster("c1", "nova").await).await;
    let made = bench.post("/snapshots", json!({"snapshot": {"volume_id": volume}})).send().await.expect(202);
    let snapshot = made["snapshot"]["id"].as_str().unwrap();
    let other = bench.available(json!({"size": 1})).await;
    let ask = |volume: &str, snapshot: &str| {
        bench.post("/backups", json!({"backup": {"volume_id": volume, "snapshot_id": snapshot}}))
    };
    let told = ask(&volume, snapshot).send().await.fault(400);
    let early = "Invalid snapshot: Snapshot to be backed up must be available, but the current status is";
    assert_eq!(told, format!("{early} \"creating\"."));
    let told = ask(&other, snapshot).send().await.fault(400);
    assert_eq!(
        told,
        format!("Invalid volume: Volume {other} does not match with snapshot.volume_id {volume}.")
    );
    ask(&volume, MISSING).send().await.fault(404);
    let available = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("/snapshots/{snapshot}/action"), available).send().await.expect(202);
    let made = ask(&volume, snapshot).send().await.expect(202);
    let shown = bench.get(&format!("/snapshots/{snapshot}")).send().await.expect(200);
    assert_eq!(shown["snapshot"]["status"], "backing-up");
    let taken_at = &shown["snapshot"]["created_at"];
    let id = made["backup"]["id"].as_str().unwrap();
    let shown = bench.get(&format!("/backups/{id}")).send().await.expect(200);
    assert_eq!(
        (&shown["backup"]["snapshot_id"], &shown["backup"]["data_timestamp"]),
        (&json!(snapshot), taken_at)
    );
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "available");
}

#[tokio::test]
async fn a_backup_is_changed_restored_and_deleted() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 2, "name": "v"})).await;
    let id = backup(&bench, json!({"volume_id": volume})).await;
    let one = format!("/backups/{id}");
    let reset =
        |status: &str| bench.post(&format!("{one}/action"), json!({"os-reset_status": {"status": status}}));
    assert_eq!(reset("available").send().await.status, 202);
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(shown["backup"]["status"], "creating", "nothing was ever written for it");
    change(&bench, &id, finished).await;
    assert_eq!(reset("ERROR").send().await.status, 202);
    assert_eq!(bench.get(&one).send().await.expect(200)["backup"]["status"], "error");

    let changes = json!({"backup": {"name": "n", "description": "d", "metadata": {"a": "b"}}});
    bench.put(&one, changes.clone()).at(42).send().await.fault(400);
    let told = bench.put(&one, changes).send().await.expect(200);
    assert_eq!(told["backup"]["name"], "n");
    assert!(told["backup"].get("status").is_none());
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(
        (&shown["backup"]["description"], &shown["backup"]["metadata"]),
        (&json!("d"), &json!({"a": "b"}))
    );

    let restore = |target: Value| bench.post(&format!("{one}/restore"), json!({"restore": target}));
    let told = restore(json!({"volume_id": MISSING})).send().await.fault(400);
    assert_eq!(told, "Invalid backup: Backup status must be available");
    let told = bench.get(&format!("{one}/export_record")).send().await.fault(400);
    assert_eq!(told, "Invalid backup: Backup status must be available and not error.");
    change(&bench, &id, finished).await;
    let told = bench.get(&format!("{one}/export_record")).send().await.fault(404);
    assert_eq!(told, "Service cinder-backup could not be found.");
    restore(json!({"volume_id": MISSING})).send().await.fault(404);
    let told = restore(json!({"volume_id": volume})).send().await.fault(400);
    assert_eq!(told, "Invalid volume: Volume to be restored to must be available");
    let small = bench.available(json!({"size": 1})).await;
    let told = restore(json!({"volume_id": small})).send().await.fault(400);
    assert_eq!(told, "Invalid volume: volume size 1 is too small to restore backup of size 2.");
    bench.reset(&volume, "available").await;
    let done = restore(json!({"volume_id": volume})).send().await.expect(202);
    assert_eq!(done, json!({"restore": {"backup_id": id, "volume_id": volume, "volume_name": "v"}}));
    assert_eq!(bench.get(&one).send().await.expect(200)["backup"]["status"], "restoring");
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "restoring-backup");

    let told = bench.delete(&one).send().await.fault(400);
    assert_eq!(told, "Invalid backup: Backup status must be available or error");
    change(&bench, &id, |backup| backup.status = BackupStatus::Error).await;
    assert_eq!(bench.delete(&one).send().await.status, 202);
    assert_eq!(bench.get(&one).send().await.expect(200)["backup"]["status"], "deleting");
}

#[tokio::test]
async fn records_are_imported_under_their_own_id() {
    let bench = Bench::new().await;
    let import = |url: &str| {
        bench.post(
            "/backups/import_record",
            json!({"backup-record": {"backup_service": "swift", "backup_url": url}}),
        )
    };
    // {"id": "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9", "size": 3}
    let url = "eyJpZCI6ICI1YzBkM2Y1ZS0zMGEyLTRhMzUtYjRkMC02YTlhMGZmMGM4YTkiLCAic2l6ZSI6IDN9";
    let made = import(url).send().await.expect(201);
    assert_eq!(made["backup"]["id"], "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9");
    let told = import(url).send().await.fault(400);
    assert_eq!(told, "Invalid backup: Backup already exists in database.");
    let shown = bench.get("/backups/5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9").send().await.expect(200);
    assert_eq!(shown["backup"]["volume_id"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(
        (&shown["backup"]["status"], &shown["backup"]["data_timestamp"]),
        (&json!("creating"), &Value::Null)
    );
    let told = import("e30=").send().await.fault(400);
    assert_eq!(told, "Invalid input received: Provided backup record is missing an id");
    assert!(import("abcde").send().await.fault(400).ends_with("'abcde' is not a 'base64'"));
    import("").send().await.fault(400);
    bench
        .post("/backups/import_record", json!({"backup-record": {"backup_service": "s"}}))
        .send()
        .await
        .fault(400);
}

#[tokio::test]
async fn backups_have_quotas_of_their_own() {
    let bench = Bench::new().await;
    let limits = json!({"quota_set": {"backups": 2, "backup_gigabytes": 4}});
    bench.put(&format!("/os-quota-sets/{}", super::bench::PROJECT), limits).send().await.expect(200);
    let volume = bench.available(json!({"size": 3})).await;
    let first = backup(&bench, json!({"volume_id": volume})).await;
    bench.reset(&volume, "available").await;
    let ask = |volume: &str| bench.post("/backups", json!({"backup": {"volume_id": volume}}));
    let told = ask(&volume).send().await.fault(413);
    assert_eq!(
        told,
        "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. \
         Requested 3G, quota is 4G and 3G has been consumed."
    );
    let small = bench.available(json!({"size": 1})).await;
    backup(&bench, json!({"volume_id": small})).await;
    bench.reset(&small, "available").await;
    let limits = json!({"quota_set": {"backup_gigabytes": -1}});
    bench.put(&format!("/os-quota-sets/{}", super::bench::PROJECT), limits).send().await.expect(200);
    let told = ask(&small).send().await.fault(413);
    assert_eq!(told, "BackupLimitExceeded: Maximum number of backups allowed (2) exceeded");
    let told = bench.get("/limits").send().await.expect(200);
    let absolute = &told["limits"]["absolute"];
    assert_eq!(
        (&absolute["totalBackupsUsed"], &absolute["totalBackupGigabytesUsed"]),
        (&json!(2), &json!(4))
    );
    change(&bench, &first, |backup| backup.status = BackupStatus::Error).await;
    let told = bench.get("/limits").send().await.expect(200);
    assert_eq!(told["limits"]["absolute"]["totalBackupsUsed"], 2, "one in error counts until it is deleted");
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for name in ["b", "a", "c"] {
        let volume = bench.available(json!({"size": 1})).await;
        ids.push((backup(&bench, json!({"volume_id": volume, "name": name})).await, volume));
    }
    let names = |list: Value| -> Vec<String> {
        let items = list["backups"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(bench.get("/backups").send().await.expect(200)), ["c", "a", "b"]);
    assert_eq!(names(bench.get("/backups?sort=name:asc").send().await.expect(200)), ["a", "b", "c"]);
    let only = format!("/backups/detail?volume_id={}&status=creating", ids[1].1);
    assert_eq!(names(bench.get(&only).send().await.expect(200)), ["a"]);
    assert_eq!(names(bench.get("/backups?name~=C").send().await.expect(200)), Vec::<String>::new());
    let page = bench.get("/backups/detail?limit=2&with_count=true").send().await.expect(200);
    assert_eq!((names(page.clone()), &page["count"]), (vec!["c".to_owned(), "a".to_owned()], &json!(3)));
    let next = page["backups_links"][0]["href"].as_str().unwrap();
    assert!(next.starts_with("http://hearth:8776/v3/backups/detail?limit=2&"), "{next}");
    let rest = bench.get(&format!("/backups?limit=2&marker={}", ids[1].0)).send().await.expect(200);
    assert_eq!(names(rest), ["b"]);
    let told = bench.get(&format!("/backups?marker={MISSING}")).send().await.fault(404);
    assert_eq!(told, format!("Backup {MISSING} could not be found."));
}

#[tokio::test]
async fn each_microversion_adds_its_fields() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    backup(&bench, json!({"volume_id": volume})).await;
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let short: BTreeSet<String> = ["id", "name", "links"].map(str::to_owned).into();
    let mut long: BTreeSet<String> = [
        "id",
        "status",
        "size",
        "object_count",
        "availability_zone",
        "container",
        "created_at",
        "updated_at",
        "name",
        "description",
        "fail_reason",
        "volume_id",
        "links",
        "is_incremental",
        "has_dependent_backups",
        "snapshot_id",
        "data_timestamp",
    ]
    .map(str::to_owned)
    .into();
    for minor in 0..=71 {
        match minor {
            18 => long.extend(["os-backup-project-attr:project_id".to_owned()]),
            43 => long.extend(["metadata".to_owned()]),
            56 => long.extend(["user_id".to_owned()]),
            _ => {}
        }
        let detail = bench.get("/backups/detail").at(minor).send().await.expect(200);
        assert_eq!(keys(&detail["backups"][0]), long, "3.{minor}");
        let list = bench.get("/backups").at(minor).send().await.expect(200);
        assert_eq!(keys(&list["backups"][0]), short, "3.{minor}");
    }
}
