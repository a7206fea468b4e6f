//! The sizes that a type allows: on create, extend and retype.

use serde_json::{Value, json};

use super::bench::Bench;

const TOO_SMALL: &str = "Invalid input received: Specified volume size of '1' is less than the minimum required size \
    of '2' for volume type 'middling'.";

fn too_large(size: u32) -> String {
    format!(
        "Invalid input received: Specified volume size of '{size}' is greater than the maximum allowable size of '3' \
         for volume type 'middling'."
    )
}

async fn bench() -> Bench {
    let bench = Bench::new().await;
    for (name, specs) in [
        ("middling", json!({"provisioning:min_vol_size": "2", "provisioning:max_vol_size": "3"})),
        ("odd", json!({"provisioning:max_vol_size": "three"})),
    ] {
        let fields = json!({"name": name, "extra_specs": specs});
        bench.post("/types", json!({"volume_type": fields})).send().await.expect(200);
    }
    bench
}

fn create(fields: Value) -> Value {
    json!({"volume": fields})
}

#[tokio::test]
async fn a_volume_is_of_a_size_that_its_type_allows() {
    let bench = bench().await;
    let make = |size: u32, named: &str| {
        bench.post("/volumes", create(json!({"size": size, "volume_type": named}))).send()
    };
    assert_eq!(make(1, "middling").await.fault(400), TOO_SMALL);
    assert_eq!(make(4, "middling").await.fault(400), too_large(4));
    for size in [2, 3] {
        make(size, "middling").await.expect(202);
    }
    assert!(make(1, "odd").await.fault(400).contains("is not a number: 'three'"));

    let small = bench.available(json!({"size": 1})).await;
    let told = bench
        .post("/volumes", create(json!({"source_volid": small, "volume_type": "middling"})))
        .send()
        .await;
    assert_eq!(told.fault(400), TOO_SMALL);
}

#[tokio::test]
async fn it_stays_so_when_it_grows_or_changes_its_type() {
    let bench = bench().await;
    let volume = bench.available(json!({"size": 2, "volume_type": "middling"})).await;
    let act = |id: &str, body: Value| bench.post(&format!("/volumes/{id}/action"), body).send();
    let told = act(&volume, json!({"os-extend": {"new_size": 4}})).await.fault(400);
    assert_eq!(told, too_large(4));
    act(&volume, json!({"os-extend": {"new_size": 3}})).await.expect(202);

    for (size, expected) in [(1, TOO_SMALL.to_owned()), (5, too_large(5))] {
        let other = bench.available(json!({"size": size})).await;
        let told = act(&other, json!({"os-retype": {"new_type": "middling"}})).await.fault(400);
        assert_eq!(told, expected);
    }
    let fits = bench.available(json!({"size": 3})).await;
    act(&fits, json!({"os-retype": {"new_type": "middling"}})).await.expect(202);
}
