//! Snapshots. Nobody works on them here, so they stay `creating` until a test resets them; their
//! life is tested with a simulated cluster.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::Bench;

#[tokio::test]
async fn bodies_are_checked_before_the_volume_is_looked_for() {
    let bench = Bench::new().await;
    let missing = "00000000-0000-4000-8000-000000000000";
    for (snapshot, status) in [
        (json!({"volume_id": missing}), 404),
        (json!({"volume_id": null}), 404),
        (json!({"volume_id": "x"}), 400),
        (json!({}), 400),
        (json!({"volume_id": missing, "force": 1}), 400),
        (json!({"volume_id": missing, "colour": "red"}), 400),
        (json!({"volume_id": missing, "name": "x".repeat(256)}), 400),
    ] {
        let answer = bench.post("/snapshots", json!({"snapshot": snapshot})).send().await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    let id = bench.available(json!({"size": 1})).await;
    let unforced = json!({"snapshot": {"volume_id": id, "force": false}});
    let told = bench.post("/snapshots", unforced).at(66).send().await.fault(400);
    assert!(told.starts_with("Since microversion 3.66 the 'force' flag is invalid"));
}

#[tokio::test]
async fn a_missing_snapshot_is_not_found_by_any_operation() {
    let bench = Bench::new().await;
    bench.get("/snapshots/x").send().await.fault(404);
    bench.delete("/snapshots/x").send().await.fault(404);
    bench.put("/snapshots/x", json!({"snapshot": {"name": "n"}})).send().await.fault(404);
    bench.put("/snapshots/x", json!({"snapshot": {}})).send().await.fault(400);
    bench.get("/snapshots/x/metadata").send().await.fault(404);
    // The values of good keys are looked at before bad keys are.
    let put = |meta: serde_json::Value| bench.put("/snapshots/x/metadata/a", json!({"meta": meta})).send();
    assert!(put(json!({"": "1", "a": 5})).await.fault(400).ends_with(" 5 is not of type 'string'"));
    let told = put(json!({"ü": "1", "": "1"})).await.fault(400);
    assert!(told.contains("'', 'ü' do not match any of the regexes"), "{told}");
    bench.post("/snapshots/x/action", json!({"os-force_delete": {}})).send().await.fault(404);
    bench.post("/snapshots/x/action", json!({"os-reset_status": {"status": "odd"}})).send().await.fault(400);
    assert_eq!(bench.get("/snapshots").send().await.expect(200), json!({"snapshots": []}));
    bench.get("/snapshots?sort=name:asc").at(29).send().await.fault(400);
    bench.get("/snapshots?sort=display_name:asc").at(29).send().await.expect(200);
    bench.get("/snapshots?sort=name:asc").at(30).send().await.expect(200);
}

async fn snapshot(bench: &Bench, volume: &str) -> String {
    let body = json!({"snapshot": {"volume_id": volume, "name": " s ", "metadata": {"k": "v"}}});
    let created = bench.post("/snapshots", body).send().await.expect(202);
    created["snapshot"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_snapshot_is_taken_changed_and_deleted() {
    let bench = Bench::new().await;
    let cluster = bench.cluster("c1", "nova").await;
    let volume = bench.volume(json!({"size": 3})).await;
    bench.place(&volume, cluster).await;
    let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
    assert_eq!(shown["volume"]["os-vol-host-attr:host"], "hearth@c1#c1");
    assert_eq!(shown["volume"]["service_uuid"], cluster.to_string());

    let id = snapshot(&bench, &volume).await;
    let one = format!("/snapshots/{id}");
    let action = format!("{one}/action");
    let shown = bench.get(&one).send().await.expect(200);
    let fields = &shown["snapshot"];
    assert_eq!(
        (&fields["name"], &fields["size"], &fields["status"]),
        (&json!("s"), &json!(3), &json!("creating"))
    );
    assert_eq!(fields["metadata"], json!({"k": "v"}));
    bench.delete(&one).send().await.fault(400);
    bench.delete(&format!("/volumes/{volume}")).send().await.fault(400);

    let assist = |status: &str, progress: &str| json!({"os-update_snapshot_status": {"status": status, "progress": progress}});
    for other in ["deleting", "nonsense"] {
        assert_eq!(
            bench.post(&action, assist(other, "")).send().await.fault(400),
            format!("Provided snapshot status {other} not allowed for snapshot with status creating.")
        );
    }
    bench.post(&action, assist("creating", "101%")).send().await.fault(400);
    assert_eq!(bench.post(&action, assist("creating", "100%")).send().await.status, 202);
    // Nothing is no progress.
    assert_eq!(bench.post(&action, assist("available", "")).send().await.status, 202);
    for other in ["error", "nonsense"] {
        assert_eq!(
            bench.post(&action, assist(other, "")).send().await.fault(400),
            "Snapshot status available not allowed for update_snapshot_status"
        );
    }
    let nowhere = "/snapshots/00000000-0000-4000-8000-000000000000/action";
    bench.post(nowhere, assist("error", "")).send().await.fault(404);
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(shown["snapshot"]["os-extended-snapshot-attributes:progress"], "100%");

    let renamed =
        bench.put(&one, json!({"snapshot": {"name": "t", "description": "d"}})).send().await.expect(200);
    assert_eq!(
        (&renamed["snapshot"]["name"], &renamed["snapshot"]["description"]),
        (&json!("t"), &json!("d"))
    );
    let key = format!("{one}/metadata/k");
    assert_eq!(
        bench.put(&key, json!({"meta": {"k": "w"}})).send().await.expect(200),
        json!({"meta": {"k": "w"}})
    );
    let all = format!("{one}/metadata");
    bench.put(&all, json!({"metadata": {"a/b": "no slash here"}})).send().await.fault(400);
    let merged = bench.post(&all, json!({"metadata": {"l": "m"}})).send().await.expect(200);
    assert_eq!(merged, json!({"metadata": {"k": "w", "l": "m"}}));
    assert_eq!(bench.delete(&key).send().await.status, 200);
    bench.get(&key).send().await.fault(404);

    let found = bench.get("/snapshots?metadata=%7B%27l%27:%27m%27%7D&with_count=1").send().await.expect(200);
    assert_eq!(found["count"], 1);
    assert_eq!(bench.delete(&one).send().await.status, 202);
    assert_eq!(bench.get(&one).send().await.expect(200)["snapshot"]["status"], "deleting");
}

#[tokio::test]
async fn each_microversion_adds_its_fields() {
    let bench = Bench::new().await;
    let volume = bench.volume(json!({"size": 1})).await;
    bench.place(&volume, bench.cluster("c1", "nova").await).await;
    snapshot(&bench, &volume).await;
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let short: BTreeSet<String> =
        ["id", "created_at", "updated_at", "name", "description", "volume_id", "status", "size", "metadata"]
            .map(str::to_owned)
            .into();
    let mut long = short.clone();
    long.extend(["project_id", "progress"].map(|name| format!("os-extended-snapshot-attributes:{name}")));
    for minor in 0..=71 {
        match minor {
            14 => long.extend(["group_snapshot_id".to_owned()]),
            41 => long.extend(["user_id".to_owned()]),
            65 => long.extend(["consumes_quota".to_owned()]),
            _ => {}
        }
        let detail = bench.get("/snapshots/detail").at(minor).send().await.expect(200);
        assert_eq!(keys(&detail["snapshots"][0]), long, "3.{minor}");
        let list = bench.get("/snapshots").at(minor).send().await.expect(200);
        assert_eq!(keys(&list["snapshots"][0]), short, "3.{minor}");
    }
}

#[tokio::test]
async fn a_frozen_backend_keeps_what_it_has() {
    let bench = Bench::new().await;
    let volume = bench.volume(json!({"size": 1})).await;
    bench.place(&volume, bench.cluster("c1", "nova").await).await;
    let id = snapshot(&bench, &volume).await;
    let available = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("/snapshots/{id}/action"), available).send().await.expect(202);
    assert_eq!(bench.put("/os-services/freeze", json!({"host": "hearth@c1"})).send().await.status, 200);
    let body = json!({"snapshot": {"volume_id": volume}});
    for refused in [
        bench.delete(&format!("/snapshots/{id}")),
        bench.delete(&format!("/volumes/{volume}?cascade=true")),
        bench.post("/snapshots", body),
    ] {
        assert!(refused.send().await.fault(400).contains("frozen storage backends"));
    }
}
