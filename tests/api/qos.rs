//! QoS specs as administrators handle them; what clusters make of them is tested with the worker.

use serde_json::{Value, json};

use super::bench::Bench;

const NOBODY: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";

async fn make(bench: &Bench, fields: Value) -> Value {
    bench.post("/qos-specs", json!({"qos_specs": fields})).send().await.expect(200)
}

async fn make_type(bench: &Bench, name: &str) -> String {
    let created = bench.post("/types", json!({"volume_type": {"name": name}})).send().await.expect(200);
    created["volume_type"]["id"].as_str().unwrap().to_owned()
}

fn id(created: &Value) -> &str {
    created["qos_specs"]["id"].as_str().unwrap()
}

#[tokio::test]
async fn specs_live_and_die() {
    let bench = Bench::new().await;
    let made = make(&bench, json!({"name": " gold ", "consumer": "both", "total_iops_sec": "500"})).await;
    let one = format!("/qos-specs/{}", id(&made));
    let expected =
        json!({"id": id(&made), "name": "gold", "consumer": "both", "specs": {"total_iops_sec": "500"}});
    assert_eq!(made["qos_specs"], expected);
    assert_eq!(made["links"][0]["href"], format!("http://hearth:8776/v3{one}"));
    assert_eq!(bench.get(&one).send().await.expect(200), made);

    let sent = json!({"qos_specs": {"consumer": "back-end", "k": null, "total_iops_sec": "700"}});
    assert_eq!(bench.put(&one, sent.clone()).send().await.expect(200), sent);
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(shown["qos_specs"]["consumer"], "back-end");
    assert_eq!(shown["qos_specs"]["specs"], json!({"k": null, "total_iops_sec": "700"}));

    // As upstream, keys go up to the first that is not there.
    let keys = format!("{one}/delete_keys");
    let told = bench.put(&keys, json!({"keys": ["k", "none", "total_iops_sec"]})).send().await.fault(404);
    assert_eq!(told, format!("QoS spec {} has no spec with key none.", id(&made)));
    let shown = bench.get(&one).send().await.expect(200);
    assert_eq!(shown["qos_specs"]["specs"], json!({"total_iops_sec": "700"}));
    assert_eq!(bench.put(&keys, json!({"keys": ["total_iops_sec"]})).send().await.status, 202);

    assert_eq!(bench.delete(&one).send().await.status, 202);
    assert_eq!(bench.get(&one).send().await.fault(404), format!("No such QoS spec {}.", id(&made)));
    bench.delete(&one).send().await.fault(404);
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let bench = Bench::new().await;
    make(&bench, json!({"name": "gold"})).await;
    let again = bench.post("/qos-specs", json!({"qos_specs": {"name": "gold"}})).send().await.fault(409);
    assert_eq!(again, "QoS Specs gold already exists.");
    let table = [
        (json!({"name": ""}), "An invalid 'name' value was provided. The 'name' can not be None."),
        (json!({"name": "  "}), "An invalid 'name' value was provided. The 'name' can not be empty."),
        (
            json!({"name": "x".repeat(256)}),
            "An invalid 'name' value was provided. The 'name' can not be greater than 255 characters.",
        ),
        (json!({}), "Invalid input for field/attribute qos_specs. Value: {}. 'name' is a required property"),
        (
            json!({"name": "a", "k": 1}),
            "Invalid input received: Value for key \"k\" is not a string or unicode",
        ),
        (json!({"name": "a", "consumer": "me"}), "Invalid qos specs: Valid consumer of QoS specs are: "),
    ];
    for (fields, expected) in table {
        let told = bench.post("/qos-specs", json!({"qos_specs": fields})).send().await.fault(400);
        assert!(told.starts_with(expected), "{told}");
    }
    let made = make(&bench, json!({"name": "silver"})).await;
    let one = format!("/qos-specs/{}", id(&made));
    for bad in [json!({"a*b": "1"}), json!({"consumer": "me"}), json!({"k": "x".repeat(256)}), json!(null)] {
        bench.put(&one, json!({"qos_specs": bad})).send().await.fault(400);
    }
    for bad in [json!("k"), json!([1]), json!([""]), json!(["k", "k"]), json!(["x".repeat(256)])] {
        bench.put(&format!("{one}/delete_keys"), json!({"keys": bad})).send().await.fault(400);
    }
    let unknown = format!("/qos-specs/{NOBODY}");
    bench.put(&unknown, json!({"qos_specs": {"k": "v"}})).send().await.fault(404);
    bench.put(&format!("{unknown}/delete_keys"), json!({"keys": ["k"]})).send().await.fault(404);
    let told = bench.delete(&format!("{one}?force=perhaps")).send().await.fault(400);
    assert_eq!(told, "Value 'perhaps' for 'force' is not a boolean.");
}

#[tokio::test]
async fn types_have_specs() {
    let bench = Bench::new().await;
    let (gold, silver) =
        (make(&bench, json!({"name": "gold"})).await, make(&bench, json!({"name": "silver"})).await);
    let (first, second) = (make_type(&bench, "first").await, make_type(&bench, "second").await);
    let at =
        |specs: &Value, what: &str, of: &str| format!("/qos-specs/{}/{what}?vol_type_id={of}", id(specs));
    let qos_of = async |id: &str| {
        let shown = bench.get(&format!("/types/{id}")).send().await.expect(200);
        shown["volume_type"]["qos_specs_id"].clone()
    };
    for of in [&first, &second, &first] {
        assert_eq!(bench.get(&at(&gold, "associate", of)).send().await.status, 202);
    }
    assert_eq!(qos_of(&first).await, id(&gold));
    let told = bench.get(&at(&silver, "associate", &first)).send().await.fault(400);
    assert_eq!(
        told,
        format!(
            "Invalid volume type: Type {first} is already associated with another qos specs: {}",
            id(&gold)
        )
    );
    let listed = bench.get(&format!("/qos-specs/{}/associations", id(&gold))).send().await.expect(200);
    let one = |name: &str, id: &str| json!({"association_type": "volume_type", "name": name, "id": id});
    assert_eq!(listed, json!({"qos_associations": [one("first", &first), one("second", &second)]}));

    let told = bench.delete(&format!("/qos-specs/{}", id(&gold))).send().await.fault(400);
    assert_eq!(told, "Qos specs still in use.");
    // Not the specs it has: nothing happens.
    assert_eq!(bench.get(&at(&silver, "disassociate", &first)).send().await.status, 202);
    assert_eq!(qos_of(&first).await, id(&gold));
    assert_eq!(bench.get(&at(&gold, "disassociate", &first)).send().await.status, 202);
    assert_eq!(qos_of(&first).await, Value::Null);
    assert_eq!(bench.get(&at(&gold, "disassociate_all", "")).send().await.status, 202);
    assert_eq!(qos_of(&second).await, Value::Null);

    assert_eq!(bench.get(&at(&gold, "associate", &first)).send().await.status, 202);
    assert_eq!(bench.delete(&format!("/qos-specs/{}?force=true", id(&gold))).send().await.status, 202);
    assert_eq!(qos_of(&first).await, Value::Null);

    for what in ["associate", "disassociate"] {
        let told = bench.get(&format!("/qos-specs/{}/{what}", id(&silver))).send().await.fault(400);
        assert_eq!(told, "Volume Type id must not be None.");
        let told = bench.get(&at(&silver, what, NOBODY)).send().await.fault(404);
        assert_eq!(told, format!("Volume type {NOBODY} could not be found."));
        bench.get(&at(&gold, what, &first)).send().await.fault(404);
    }
    bench.get(&at(&gold, "disassociate_all", "")).send().await.fault(404);
    bench.get(&format!("/qos-specs/{NOBODY}/associations")).send().await.fault(404);
}

#[tokio::test]
async fn lists_are_paged_filtered_and_sorted() {
    let bench = Bench::new().await;
    for name in ["a", "b", "c"] {
        make(&bench, json!({"name": name})).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let listed = bench.get(&format!("/qos-specs{query}")).send().await.expect(200);
        let all = listed["qos_specs"].as_array().unwrap();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("?sort=name:asc").await, ["a", "b", "c"]);
    assert_eq!(names("?name=b").await, ["b"]);
    assert_eq!(names("?consumer=front-end").await, Vec::<String>::new());
    let page = bench.get("/qos-specs?sort=name:asc&limit=2").send().await.expect(200);
    let next = page["qos_specs_links"][0]["href"].as_str().unwrap();
    assert!(next.contains("/qos-specs?") && page["qos_specs"][0].get("links").is_none());
    let (_, query) = next.split_once('?').unwrap();
    assert_eq!(names(&format!("?{query}")).await, ["c"]);
    bench.get("/qos-specs?limit=-1").send().await.fault(400);
    bench.get(&format!("/qos-specs?marker={NOBODY}")).send().await.fault(404);
}
