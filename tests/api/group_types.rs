//! Group types and their specs.

use hearth::auth::Authenticator;
use hearth::service::Settings;
use serde_json::{Value, json};

use super::bench::Bench;

async fn make(bench: &Bench, fields: Value) -> String {
    let created = bench.post("/group_types", json!({"group_type": fields})).send().await.expect(202);
    created["group_type"]["id"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<&str> {
    list["group_types"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_group_type_lives_and_dies() {
    let bench = Bench::new().await;
    let fields = json!({"name": "tiers", "description": "d", "group_specs": {"a b": "1"}});
    let body = json!({"group_type": fields});
    let created = bench.post("/group_types", body.clone()).send().await.expect(202);
    let id = created["group_type"]["id"].as_str().unwrap().to_owned();
    let expected = json!({"group_type": {
        "id": id, "name": "tiers", "description": "d", "is_public": true, "group_specs": {"a b": "1"},
    }});
    assert_eq!(created, expected);
    let one = format!("/group_types/{id}");
    assert_eq!(bench.get(&one).send().await.expect(200), expected);
    assert_eq!(bench.post("/group_types", body).send().await.fault(409), "Group Type tiers already exists.");

    let changes = json!({"group_type": {"name": "ranks", "is_public": "off"}});
    let changed = bench.put(&one, changes).send().await.expect(200);
    assert_eq!(
        (&changed["group_type"]["name"], &changed["group_type"]["is_public"]),
        (&json!("ranks"), &json!(false))
    );
    let taken = json!({"group_type": {"name": "default_cgsnapshot_type"}});
    let told = bench.put(&one, taken).send().await.fault(409);
    assert_eq!(told, "Group Type default_cgsnapshot_type already exists.");

    assert_eq!(bench.delete(&one).send().await.status, 202);
    assert_eq!(bench.get(&one).send().await.fault(404), format!("Group type {id} could not be found."));
    bench.delete(&one).send().await.fault(404);
    bench.put(&one, json!({"group_type": {"name": "x"}})).send().await.fault(404);
    // That a name is taken is told of first.
    let taken = json!({"group_type": {"name": "default_cgsnapshot_type"}});
    bench.put(&one, taken).send().await.fault(409);
}

#[tokio::test]
async fn bodies_are_checked() {
    let bench = Bench::new().await;
    let id = make(&bench, json!({"name": "t"})).await;
    for (bad, told) in [
        (json!({}), "'name' is a required property"),
        (json!({"name": ""}), "Invalid input for field/attribute name. Value: . '' should be non-empty"),
        (json!({"name": "  "}), "An invalid 'name' value was provided. The 'name' can not be empty."),
        (json!({"name": "x".repeat(256)}), "is too long"),
        (json!({"name": "n", "colour": 1}), "'colour' was unexpected"),
        (json!({"name": "n", "is_public": "perhaps"}), "is not one of"),
        (json!({"name": "n", "group_specs": {"k": null}}), "None is not of type 'string'"),
    ] {
        let text = bench.post("/group_types", json!({"group_type": bad})).send().await.fault(400);
        assert!(text.contains(told), "{text}");
    }
    let one = format!("/group_types/{id}");
    for (bad, told) in [
        (json!({}), "Specify group type name, description or a combination thereof."),
        (
            json!({"name": null, "description": null}),
            "Specify group type name, description or a combination thereof.",
        ),
        (json!({"name": "  "}), "Group type name can not be empty."),
    ] {
        assert_eq!(bench.put(&one, json!({"group_type": bad})).send().await.fault(400), told);
    }
}

#[tokio::test]
async fn the_type_of_consistency_groups_is_there_and_no_default() {
    let bench = Bench::new().await;
    let list = bench.get("/group_types").send().await.expect(200);
    let only = &list["group_types"][0];
    assert_eq!(only["name"], "default_cgsnapshot_type");
    assert_eq!(only["description"], "Default group type for migrating cgsnapshot");
    assert_eq!(only["group_specs"], json!({"consistent_group_snapshot_enabled": "<is> True"}));
    let told = bench.get("/group_types/default").send().await.fault(404);
    assert_eq!(told, "Default group type can not be found.");
}

#[tokio::test]
async fn the_configured_default_is_shown_once_it_is_there() {
    let settings = Settings { default_group_type: Some("tiers".to_owned()), ..Settings::default() };
    let bench = Bench::with(Authenticator::NoAuth, |mut edge| {
        edge.services.settings = settings.into();
        edge
    });
    let bench = bench.await;
    bench.get("/group_types/default").send().await.fault(404);
    let id = make(&bench, json!({"name": "tiers"})).await;
    let shown = bench.get("/group_types/default").send().await.expect(200);
    assert_eq!(shown["group_type"]["id"], id.as_str());
}

#[tokio::test]
async fn lists_are_paged_and_split_by_visibility() {
    let bench = Bench::new().await;
    make(&bench, json!({"name": "open"})).await;
    make(&bench, json!({"name": "secret", "is_public": false})).await;
    let list = |path: &str| bench.get(&format!("/group_types?{path}")).send();
    assert_eq!(names(&list("sort=name:desc").await.expect(200)), ["open", "default_cgsnapshot_type"]);
    assert_eq!(names(&list("is_public=None&sort=name:desc").await.expect(200))[0], "secret");
    assert_eq!(names(&list("is_public=0").await.expect(200)), ["secret"]);
    assert_eq!(list("is_public=perhaps").await.fault(400), "Invalid is_public filter [perhaps]");
    let first = list("limit=1&sort=name:asc").await.expect(200);
    let next = first["group_type_links"][0]["href"].as_str().unwrap();
    assert!(next.starts_with("http://hearth:8776/v3/group_types?limit=1&sort=name%3Aasc&marker="), "{next}");
    let rest = bench.get(next.trim_start_matches("http://hearth:8776/v3")).send().await.expect(200);
    assert_eq!(names(&rest), ["open"]);
    assert_eq!(names(&list("marker=x").await.expect(200)).len(), 2, "an unknown marker is none");
    list("sort=colour").await.fault(400);
}

#[tokio::test]
async fn specs_are_set_and_taken_away() {
    let bench = Bench::new().await;
    let id = make(&bench, json!({"name": "t"})).await;
    let all = format!("/group_types/{id}/group_specs");
    let sent = json!({"group_specs": {"a": "1", "b": null}});
    assert_eq!(bench.post(&all, sent.clone()).send().await.expect(202), sent);
    assert_eq!(bench.get(&all).send().await.expect(200), sent);
    let (a, b) = (format!("{all}/a"), format!("{all}/b"));
    assert_eq!(bench.get(&b).send().await.expect(200), json!({"b": null}));
    assert_eq!(bench.put(&a, json!({"a": "2"})).send().await.expect(200), json!({"a": "2"}));
    assert_eq!(bench.put(&a, json!({"b": "2"})).send().await.fault(400), "Request body and URI mismatch");
    for bad in [json!({}), json!({"a": "1", "b": "2"}), json!({"a b": "1"}), json!({"a": 1})] {
        bench.put(&a, bad).send().await.fault(400);
    }
    assert_eq!(bench.delete(&b).send().await.status, 202);
    let told = bench.get(&b).send().await.fault(404);
    assert_eq!(told, format!("Group Type {id} has no extra spec with key b."));
    let told = bench.delete(&b).send().await.fault(404);
    assert_eq!(told, format!("Group Type {id} has no specs with key b."));
    let nowhere = "/group_types/00000000-0000-4000-8000-000000000000/group_specs";
    bench.get(nowhere).send().await.fault(404);
    bench.post(nowhere, sent).send().await.fault(404);
}

#[tokio::test]
async fn group_types_begin_at_3_11() {
    let bench = Bench::new().await;
    for path in ["/group_types", "/group_types/default", "/group_types/x/group_specs"] {
        let told = bench.get(path).at(10).send().await;
        assert_eq!(told.status, 404, "{path}");
    }
    bench.get("/group_types").at(11).send().await.expect(200);
}
