//! Quota sets, classes and limits.

use serde_json::json;

use super::bench::{Bench, PROJECT};

#[tokio::test]
async fn a_quota_is_set_kept_and_taken_back() {
    let bench = Bench::new().await;
    let path = format!("/os-quota-sets/{PROJECT}");
    let shown = bench.get(&path).send().await.expect(200);
    let set = &shown["quota_set"];
    assert_eq!((&set["id"], &set["volumes"], &set["gigabytes"]), (&json!(PROJECT), &json!(10), &json!(1000)));
    assert_eq!((&set["per_volume_gigabytes"], &set["volumes___DEFAULT__"]), (&json!(-1), &json!(-1)));

    let changed =
        bench.put(&path, json!({"quota_set": {"volumes": 1, "tenant_id": "x"}})).send().await.expect(200);
    assert_eq!(changed["quota_set"]["volumes"], 1);
    assert!(changed["quota_set"].get("id").is_none());
    bench.volume(json!({"size": 2})).await;
    let told = bench.post("/volumes", json!({"volume": {"size": 1}})).send().await;
    assert_eq!(told.header("retry-after"), Some("0"));
    assert_eq!(told.json()["overLimit"]["retryAfter"], "0");
    assert!(told.fault(413).starts_with("VolumeLimitExceeded: "));

    let usage = bench.get(&format!("{path}?usage=true")).send().await.expect(200);
    assert_eq!(usage["quota_set"]["volumes"], json!({"limit": 1, "in_use": 1, "reserved": 0}));
    assert_eq!(usage["quota_set"]["gigabytes___DEFAULT__"]["in_use"], 2);
    bench.get(&format!("{path}?usage=often")).send().await.fault(400);

    // Below what is used: refused only for a key that has a limit of its own already.
    bench.put(&path, json!({"quota_set": {"volumes": 0}})).send().await.fault(400);
    bench.put(&path, json!({"quota_set": {"gigabytes": 1}})).send().await.expect(200);
    assert_eq!(bench.delete(&path).send().await.status, 200);
    assert_eq!(bench.get(&path).send().await.expect(200)["quota_set"]["volumes"], 10);
    // Text is taken only where it is not compared with what is used.
    let by_text = json!({"quota_set": {"per_volume_gigabytes": "5", "id": "x"}});
    assert_eq!(bench.put(&path, by_text).send().await.expect(200)["quota_set"]["per_volume_gigabytes"], 5);
}

#[tokio::test]
async fn bad_quotas_are_refused() {
    let bench = Bench::new().await;
    let path = format!("/os-quota-sets/{PROJECT}");
    for bad in [
        json!({}),
        json!({"elephants": 1}),
        json!({"volumes_no_such_type": 1}),
        json!({"volumes": -2}),
        json!({"volumes": "many"}),
        json!({"volumes": "5"}),
        json!({"volumes": null}),
        json!({"volumes": 1.5}),
        json!({"volumes": 2_147_483_648_u64}),
        json!({"volumes": [1]}),
    ] {
        let told = bench.put(&path, json!({"quota_set": bad})).send().await;
        assert_eq!(told.status, 400, "{bad}: {}", told.text);
    }
    assert_eq!(bench.get(&path).send().await.expect(200)["quota_set"]["volumes"], 10);
}

#[tokio::test]
async fn the_default_class_is_the_clouds() {
    let bench = Bench::new().await;
    let class = "/os-quota-class-sets/default";
    let changed = bench.put(class, json!({"quota_class_set": {"volumes": "7"}})).send().await.expect(200);
    assert_eq!(changed["quota_class_set"]["volumes"], 7);
    assert_eq!(bench.get(class).send().await.expect(200)["quota_class_set"]["id"], "default");
    let defaults = bench.get("/os-quota-sets/beef/defaults").send().await.expect(200);
    assert_eq!(
        (&defaults["quota_set"]["volumes"], &defaults["quota_set"]["id"]),
        (&json!(7), &json!("beef"))
    );
    bench.put(class, json!({"quota_class_set": {"elephants": 1}})).send().await.fault(400);
    bench.put(class, json!({"quota_class_set": {"volumes": -2}})).send().await.fault(400);
    let unheard = bench.get("/os-quota-class-sets/unheard").send().await.expect(200);
    assert_eq!(unheard["quota_class_set"]["volumes"], 7);
}

#[tokio::test]
async fn limits_show_what_is_used() {
    let bench = Bench::new().await;
    bench.volume(json!({"size": 4})).await;
    let limits = bench.get("/limits").send().await.expect(200);
    assert_eq!(limits["limits"]["rate"], json!([]));
    let absolute = &limits["limits"]["absolute"];
    assert_eq!((&absolute["maxTotalVolumes"], &absolute["totalVolumesUsed"]), (&json!(10), &json!(1)));
    assert_eq!(absolute["totalGigabytesUsed"], 4);
    let other = bench.get("/limits?project_id=beef").send().await.expect(200);
    assert_eq!(other["limits"]["absolute"]["totalVolumesUsed"], 0);
    let early = bench.get("/limits?project_id=beef").at(38).send().await.expect(200);
    assert_eq!(early["limits"]["absolute"]["totalVolumesUsed"], 1);
}
