//! What of a retype is decided at once.

use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};

const REFUSED: &str = "Invalid volume: Retype needs volume to be in available or in-use state, not be part of an active \
    migration or a consistency group, requested type has to be different that the one from the volume, and for \
    in-use volumes front-end qos specs cannot change.";

async fn make_type(bench: &Bench, fields: Value) -> String {
    let created = bench.post("/types", json!({"volume_type": fields})).send().await.expect(200);
    created["volume_type"]["id"].as_str().unwrap().to_owned()
}

async fn in_use(bench: &Bench, fields: Value) -> String {
    let volume = bench.available(fields).await;
    let attach = json!({"os-attach": {"instance_uuid": "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11", "mountpoint": "/dev/vdb"}});
    let answer = bench.post(&format!("/volumes/{volume}/action"), attach).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    volume
}

fn body(new_type: &str) -> Value {
    json!({"os-retype": {"new_type": new_type}})
}

#[tokio::test]
async fn a_retype_is_accepted_by_name_or_id() {
    let bench = Bench::new().await;
    let gold = make_type(&bench, json!({"name": "gold"})).await;
    for named in ["gold", &gold] {
        let volume = bench.available(json!({"size": 1})).await;
        let action = format!("/volumes/{volume}/action");
        assert_eq!(bench.post(&action, body(named)).send().await.status, 202);
        let shown = bench.get(&format!("/volumes/{volume}")).send().await.expect(200);
        // Of its old type until it has become the other.
        assert_eq!(
            (&shown["volume"]["status"], &shown["volume"]["volume_type"]),
            (&json!("retyping"), &json!("__DEFAULT__"))
        );
        assert_eq!(bench.post(&action, body("__DEFAULT__")).send().await.fault(400), REFUSED);
    }
}

#[tokio::test]
async fn what_cinder_refuses_is_refused() {
    let bench = Bench::new().await;
    make_type(&bench, json!({"name": "gold"})).await;
    make_type(&bench, json!({"name": "shared", "extra_specs": {"multiattach": "<is> True"}})).await;
    make_type(&bench, json!({"name": "secret", "os-volume-type-access:is_public": false})).await;
    let volume = bench.available(json!({"size": 1})).await;
    let action = format!("/volumes/{volume}/action");
    let retype = |body: Value| bench.post(&action, body);
    assert_eq!(retype(body("__DEFAULT__")).send().await.fault(400), REFUSED);
    let told = retype(body("lead")).send().await.fault(404);
    assert_eq!(told, "Volume type with name lead could not be found.");
    for bad in [
        json!({}),
        json!({"new_type": 1}),
        json!({"new_type": "gold", "migration_policy": "maybe"}),
        json!({"new_type": "gold", "x": 1}),
    ] {
        retype(json!({"os-retype": bad})).send().await.fault(400);
    }
    for (policy, refusal) in [
        (json!(true), "Value: True. True is not of type 'string', 'null'"),
        (json!(null), "Value: None. None is not one of ['on-demand', 'never']"),
        (json!("maybe"), "Value: maybe. 'maybe' is not one of ['on-demand', 'never']"),
    ] {
        let body = json!({"os-retype": {"new_type": "gold", "migration_policy": policy}});
        let told = retype(body).send().await.fault(400);
        assert_eq!(told, format!("Invalid input for field/attribute migration_policy. {refusal}"));
    }
    assert_eq!(retype(body("gold")).project("beef").send().await.status, 202);
    bench.reset(&volume, "error").await;
    assert_eq!(retype(body("gold")).send().await.fault(400), REFUSED);

    let used = in_use(&bench, json!({"size": 1})).await;
    let told = bench.post(&format!("/volumes/{used}/action"), body("shared")).send().await.fault(400);
    assert!(told.ends_with("the specified volume however currently has a status of: in-use."), "{told}");
}

#[tokio::test]
async fn the_front_end_limits_of_an_attached_volume_stay() {
    let bench = Bench::new().await;
    let (gold, iron) =
        (make_type(&bench, json!({"name": "gold"})).await, make_type(&bench, json!({"name": "iron"})).await);
    for (of, consumer) in [(&gold, "both"), (&iron, "back-end")] {
        let specs = json!({"qos_specs": {"name": consumer, "consumer": consumer}});
        let made = bench.post("/qos-specs", specs).send().await.expect(200);
        let id = made["qos_specs"]["id"].as_str().unwrap();
        let path = format!("/qos-specs/{id}/associate?vol_type_id={of}");
        assert_eq!(bench.get(&path).send().await.status, 202);
    }
    let volume = in_use(&bench, json!({"size": 1})).await;
    let action = format!("/volumes/{volume}/action");
    assert_eq!(bench.post(&action, body("gold")).send().await.fault(400), REFUSED);
    assert_eq!(bench.post(&action, body("iron")).send().await.status, 202);
}

#[tokio::test]
async fn the_new_type_has_quotas_of_its_own() {
    let bench = Bench::new().await;
    make_type(&bench, json!({"name": "gold"})).await;
    let limit = json!({"quota_set": {"volumes_gold": 1, "gigabytes_gold": 2}});
    bench.put(&format!("/os-quota-sets/{PROJECT}"), limit).send().await.expect(200);
    let (large, first, second) = (
        bench.available(json!({"size": 3})).await,
        bench.available(json!({"size": 1})).await,
        bench.available(json!({"size": 1})).await,
    );
    let retype = |volume: &str| bench.post(&format!("/volumes/{volume}/action"), body("gold"));
    let told = retype(&large).send().await.fault(413);
    assert!(told.starts_with("VolumeSizeExceedsAvailableQuota"), "{told}");
    assert_eq!(retype(&first).send().await.status, 202);
    // The first is not there yet, and has taken the place all the same.
    let told = retype(&second).send().await.fault(413);
    assert!(told.starts_with("VolumeLimitExceeded"), "{told}");
}
