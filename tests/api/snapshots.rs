//! Snapshots. Without a cluster no volume has a place, so what can be seen here ends at the
//! door; their life is tested with a simulated cluster.

use serde_json::json;

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
    bench.post("/snapshots/x/action", json!({"os-force_delete": {}})).send().await.fault(404);
    bench.post("/snapshots/x/action", json!({"os-reset_status": {"status": "odd"}})).send().await.fault(400);
    assert_eq!(bench.get("/snapshots").send().await.expect(200), json!({"snapshots": []}));
    bench.get("/snapshots?sort=name:asc").at(29).send().await.fault(400);
    bench.get("/snapshots?sort=display_name:asc").at(29).send().await.expect(200);
    bench.get("/snapshots?sort=name:asc").at(30).send().await.expect(200);
}
