//! Volume types, extra specs, access.

use serde_json::{Value, json};

use super::bench::Bench;

async fn make(bench: &Bench, fields: Value) -> String {
    let created = bench.post("/types", json!({"volume_type": fields})).send().await.expect(200);
    created["volume_type"]["id"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<&str> {
    list["volume_types"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_unknown_marker_is_none() {
    let bench = Bench::new().await;
    make(&bench, json!({"name": "gold"})).await;
    for marker in ["x", "00000000-0000-4000-8000-000000000000"] {
        let list = bench.get(&format!("/types?marker={marker}")).send().await.expect(200);
        assert_eq!(names(&list).len(), 2, "{marker}");
    }
}

#[tokio::test]
async fn a_type_lives_and_dies() {
    let bench = Bench::new().await;
    let body = json!({"volume_type": {"name": "gold", "extra_specs": {"compression": "True"}}});
    let created = bench.post("/types", body.clone()).send().await.expect(200);
    let gold = &created["volume_type"];
    assert_eq!(gold["extra_specs"], json!({"compression": "True"}));
    assert_eq!(gold["os-volume-type-access:is_public"], true);
    assert!(gold.get("qos_specs_id").is_none());
    let one = format!("/types/{}", gold["id"].as_str().unwrap());

    assert!(bench.post("/types", body).send().await.fault(409).contains("already exists"));
    let renamed = bench.put(&one, json!({"volume_type": {"name": "silver"}})).send().await.expect(200);
    assert_eq!(renamed["volume_type"]["name"], "silver");
    for absent in ["os-volume-type-access:is_public", "qos_specs_id"] {
        assert!(renamed["volume_type"].get(absent).is_none(), "{absent}");
    }
    assert_eq!(bench.get(&one).send().await.expect(200)["volume_type"]["qos_specs_id"], Value::Null);
    assert_eq!(
        names(&bench.get("/types?sort=name:desc").send().await.expect(200)),
        ["silver", "__DEFAULT__"]
    );

    for bad in [json!({}), json!({"name": null}), json!({"name": " "}), json!({"colour": 1})] {
        bench.put(&one, json!({"volume_type": bad})).send().await.fault(400);
    }
    for bad in [json!({"name": ""}), json!({"name": "  "}), json!({}), json!({"name": "x".repeat(256)})] {
        bench.post("/types", json!({"volume_type": bad})).send().await.fault(400);
    }
    assert_eq!(bench.delete(&one).send().await.status, 202);
    bench.get(&one).send().await.fault(404);
}

#[tokio::test]
async fn the_default_type_stays() {
    let bench = Bench::new().await;
    let shown = bench.get("/types/default").send().await.expect(200);
    assert_eq!(shown["volume_type"]["name"], "__DEFAULT__");
    let id = shown["volume_type"]["id"].as_str().unwrap();
    let told = bench.delete(&format!("/types/{id}")).send().await.fault(400);
    assert!(told.ends_with("is a default volume type and cannot be deleted."));
}

#[tokio::test]
async fn extra_specs_are_fixed_while_a_volume_has_the_type() {
    let bench = Bench::new().await;
    let id = make(&bench, json!({"name": "gold"})).await;
    let all = format!("/types/{id}/extra_specs");
    let sent = json!({"extra_specs": {"lightos:num_replicas": "2", "compression": "True"}});
    assert_eq!(bench.post(&all, sent.clone()).send().await.expect(200), sent);
    let one = format!("{all}/compression");
    assert_eq!(bench.get(&one).send().await.expect(200), json!({"compression": "True"}));
    let changed = bench.put(&one, json!({"compression": "False"})).send().await.expect(200);
    assert_eq!(changed, json!({"compression": "False"}));
    for bad in [json!({"other": "x"}), json!({}), json!({"compression": "1", "b": "2"}), json!({"a b": "1"})]
    {
        bench.put(&one, bad).send().await.fault(400);
    }
    assert_eq!(bench.delete(&one).send().await.status, 202);
    bench.get(&one).send().await.fault(404);
    bench.delete(&one).send().await.fault(404);
    assert_eq!(
        bench.get(&all).send().await.expect(200),
        json!({"extra_specs": {"lightos:num_replicas": "2"}})
    );

    bench.volume(json!({"size": 1, "volume_type": "gold"})).await;
    let told = bench.post(&all, json!({"extra_specs": {"k": "v"}})).send().await.fault(400);
    assert_eq!(told, "Volume Type is currently in use.");
    assert_eq!(
        bench.delete(&format!("/types/{id}")).send().await.fault(400),
        "Target volume type is still in use."
    );
}

#[tokio::test]
async fn private_types_are_given_to_projects() {
    let bench = Bench::new().await;
    let id = make(&bench, json!({"name": "secret", "os-volume-type-access:is_public": false})).await;
    let list = format!("/types/{id}/os-volume-type-access");
    let action = format!("/types/{id}/action");
    let give = json!({"addProjectAccess": {"project": "beef"}});
    assert_eq!(bench.post(&action, give.clone()).send().await.status, 202);
    bench.post(&action, give.clone()).send().await.fault(409);
    let given = json!({"volume_type_access": [{"volume_type_id": id, "project_id": "beef"}]});
    assert_eq!(bench.get(&list).send().await.expect(200), given);

    assert_eq!(names(&bench.get("/types").send().await.expect(200)), ["__DEFAULT__"]);
    assert_eq!(names(&bench.get("/types").project("beef").send().await.expect(200)).len(), 2);
    assert_eq!(names(&bench.get("/types?is_public=None").send().await.expect(200)).len(), 2);
    assert_eq!(names(&bench.get("/types?is_public=false").send().await.expect(200)), ["secret"]);
    bench.get("/types?is_public=perhaps").send().await.fault(400);

    let take = json!({"removeProjectAccess": {"project": "beef"}});
    assert_eq!(bench.post(&action, take.clone()).send().await.status, 202);
    bench.post(&action, take).send().await.fault(404);
    let public = make(&bench, json!({"name": "open"})).await;
    bench.get(&format!("/types/{public}/os-volume-type-access")).send().await.fault(404);
    bench.post(&format!("/types/{public}/action"), give).send().await.fault(400);
}
