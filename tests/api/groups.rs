//! Groups: how they are made, shown, copied and counted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::field::Field;

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn bodies_are_checked_in_cinders_words() {
    let field = Field::new().await;
    let types = json!(["__DEFAULT__"]);
    for (fields, status, told) in [
        (json!({"volume_types": types}), 400, "'group_type' is a required property"),
        (json!({"group_type": "tiers"}), 400, "'volume_types' is a required property"),
        (json!({"group_type": " ", "volume_types": types}), 400, "' ' is not a 'group_type'"),
        (
            json!({"group_type": "tiers", "volume_types": []}),
            400,
            "volume_types. Value: []. [] should be non-empty",
        ),
        (json!({"group_type": "tiers", "volume_types": "x"}), 400, "'x' is not of type 'array'"),
        (
            json!({"group_type": "tiers", "volume_types": [5]}),
            400,
            "attribute 0. Value: 5. 5 is not of type 'string'",
        ),
        (
            json!({"group_type": "tiers", "volume_types": ["x", "x"]}),
            400,
            "['x', 'x'] has non-unique elements",
        ),
        (json!({"group_type": "tiers", "volume_types": types, "k": 1}), 400, "'k' was unexpected"),
        (
            json!({"group_type": "tiers", "volume_types": types, "availability_zone": ""}),
            400,
            "The 'availability_zone' can not be None.",
        ),
        (
            json!({"group_type": "tiers", "volume_types": types, "availability_zone": "moon"}),
            400,
            "Invalid input received: Availability zone 'moon' is invalid.",
        ),
        (
            json!({"group_type": "odd", "volume_types": types}),
            404,
            "Group type with name odd could not be found.",
        ),
        (json!({"group_type": NOWHERE, "volume_types": types}), 404, "could not be found."),
        (
            json!({"group_type": "tiers", "volume_types": ["odd"]}),
            404,
            "Volume type with name odd could not be found.",
        ),
        (
            json!({"group_type": "tiers", "volume_types": [NOWHERE]}),
            404,
            "Volume type 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
        (
            json!({"group_type": NOWHERE, "volume_types": ["odd"]}),
            404,
            "Volume type with name odd could not be found.",
        ),
        (
            json!({"group_type": "odd", "volume_types": ["even"]}),
            404,
            "Group type with name odd could not be found.",
        ),
        (
            json!({"group_type": "default_cgsnapshot_type", "volume_types": types}),
            400,
            "is reserved for migrating CGs to groups. Migrated group can only be operated by CG APIs.",
        ),
    ] {
        let text = field.bench.post("/groups", json!({"group": fields})).send().await.fault(status);
        assert!(text.ends_with(told) || text.contains(told), "{text}");
    }
    let group = field.group().await;
    let told = field.act(&group, json!({"reset_status": {"status": "in-use"}})).await.fault(400);
    assert_eq!(
        told,
        "Invalid Group Status: Group status: in-use is invalid, valid status are: ('error', 'available', 'creating', \
         'deleting', 'deleted', 'updating', 'in-use', 'error_deleting')."
    );
    let told = field.act(&group, json!({"reset_status": {"status": " "}})).await.fault(400);
    assert_eq!(told, "Invalid Group Status: The 'status' can not be empty.");
    field.act(&group, json!({"delete": {"force": true}})).await.fault(400);
    field.bench.put(&format!("/groups/{group}"), json!({"group": {}})).send().await.fault(400);
}

#[tokio::test]
async fn each_microversion_adds_its_fields() {
    let field = Field::new().await;
    let group = field.group().await;
    let member = field.member(&group).await;
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let mut expected: BTreeSet<String> = [
        "id",
        "status",
        "availability_zone",
        "created_at",
        "name",
        "description",
        "group_type",
        "volume_types",
    ]
    .map(str::to_owned)
    .into();
    for minor in 13..=71 {
        match minor {
            14 => expected.extend(["group_snapshot_id", "source_group_id"].map(str::to_owned)),
            25 => expected.extend(["volumes".to_owned()]),
            38 => expected.extend(["replication_status".to_owned()]),
            58 => expected.extend(["project_id".to_owned()]),
            _ => {}
        }
        let detail = field.bench.get("/groups/detail?list_volume=True").at(minor).send().await.expect(200);
        assert_eq!(keys(&detail["groups"][0]), expected, "3.{minor}");
        let path = format!("/groups/{group}?list_volume=True");
        let shown = field.bench.get(&path).at(minor).send().await.expect(200);
        assert_eq!(shown["group"], detail["groups"][0], "3.{minor}");
    }
    let shown = field.show(&group).await;
    assert_eq!((&shown["volumes"], &shown["replication_status"]), (&json!([member]), &json!("disabled")));
    assert_eq!(shown["group_type"], field.group_type.as_str());
    let told = field.bench.get("/groups/detail?list_volume=perhaps").send().await.fault(400);
    assert_eq!(told, "Value 'perhaps' for 'list_volume' is not a boolean.");
    let list = field.bench.get("/groups").send().await.expect(200);
    assert_eq!(list, json!({"groups": [{"id": group, "name": "g"}]}));
    field.bench.get("/groups").at(12).send().await.fault(404);
    let from = json!({"create-from-src": {"source_group_id": group}});
    field.bench.post("/groups/action", from).at(13).send().await.fault(404);
}

#[tokio::test]
async fn the_quota_of_groups_is_kept() {
    let field = Field::new().await;
    let bench = &field.bench;
    let path = format!("/os-quota-sets/{}", super::bench::PROJECT);
    bench.put(&path, json!({"quota_set": {"groups": 1}})).send().await.expect(200);
    let group = field.group().await;
    field.member(&group).await;
    let usage = bench.get(&format!("{path}?usage=True")).send().await.expect(200);
    assert_eq!(usage["quota_set"]["groups"], json!({"limit": 1, "in_use": 1, "reserved": 0}));
    let fields = json!({"group_type": "tiers", "volume_types": ["__DEFAULT__"]});
    let told = bench.post("/groups", json!({"group": fields})).send().await.fault(413);
    assert_eq!(told, "GroupLimitExceeded: Maximum number of groups allowed (1) exceeded");
    let from = json!({"create-from-src": {"source_group_id": group}});
    let told = bench.post("/groups/action", from.clone()).send().await.fault(400);
    assert_eq!(told, "Maximum number of groups allowed (1) exceeded");
    bench.put(&path, json!({"quota_set": {"groups": 2, "volumes": 1}})).send().await.expect(200);
    let told = bench.post("/groups/action", from).send().await.fault(400);
    assert_eq!(told, "Maximum number of volumes allowed (1) exceeded for quota 'volumes'.");
    let list = bench.get("/groups").send().await.expect(200);
    assert_eq!(list["groups"].as_array().unwrap().len(), 1, "nothing is left of what was refused");
}

#[tokio::test]
async fn a_group_is_copied_from_a_group() {
    let field = Field::new().await;
    let (group, empty) = (field.group().await, field.group().await);
    let member = field.member(&group).await;
    let copy = |fields: Value| field.bench.post("/groups/action", json!({"create-from-src": fields})).send();
    let made = copy(json!({"source_group_id": group, "name": "c"})).await.expect(202);
    let id = made["group"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({"group": {"id": id, "name": "c"}}));
    let shown = field.show(&id).await;
    assert_eq!((&shown["status"], &shown["source_group_id"]), (&json!("creating"), &json!(group)));
    let clone = shown["volumes"][0].as_str().unwrap();
    let volume = field.bench.get(&format!("/volumes/{clone}")).send().await.expect(200)["volume"].clone();
    assert_eq!((&volume["source_volid"], &volume["group_id"]), (&json!(member), &json!(id)));
    let told = field.act(&group, json!({"delete": {"delete-volumes": true}})).await.fault(400);
    assert!(
        told.ends_with("it cannot be the source for an ongoing group or group snapshot creation."),
        "{told}"
    );

    let told = copy(json!({"source_group_id": empty})).await.fault(400);
    assert_eq!(told, "Invalid Group: Source Group is empty. No group will be created.");
    copy(json!({"source_group_id": NOWHERE})).await.fault(404);
    let told = copy(json!({"name": "x"})).await.fault(400);
    assert_eq!(
        told,
        "Invalid input for field/attribute create-from-src. Value: {'name': 'x'}. {'name': 'x'} is not valid under any \
         of the given schemas"
    );
    let told = copy(json!({"source_group_id": group, "group_snapshot_id": NOWHERE})).await.fault(400);
    let both =
        "is valid under each of {'required': ['source_group_id']}, {'required': ['group_snapshot_id']}";
    assert!(told.ends_with(both), "{told}");
    let told = copy(json!({"name": "two", "unheard_of": 1})).await.fault(400);
    assert!(
        told.ends_with("{'name': 'two', 'unheard_of': 1} is not valid under any of the given schemas"),
        "{told}"
    );
}

#[tokio::test]
async fn replication_is_refused_as_for_a_type_without_it() {
    let field = Field::new().await;
    let group = field.group().await;
    for action in ["enable", "disable", "failover"] {
        let told = field.act(&group, json!({format!("{action}_replication"): {}})).await.fault(400);
        assert_eq!(told, format!("Invalid group type: Group {group} is not a replication group type."));
    }
    let list = json!({"list_replication_targets": {}});
    field.act(&group, list).await.fault(400);
    let old = field.bench.post(&format!("/groups/{group}/action"), json!({"enable_replication": {}}));
    old.at(37).send().await.fault(404);
    let specs = format!("/group_types/{}/group_specs", field.group_type);
    let promise = json!({"group_specs": {"group_replication_enabled": "<is> True"}});
    field.bench.post(&specs, promise).send().await.expect(202);
    let told = field.act(&group, json!({"enable_replication": {}})).await.fault(400);
    assert!(told.ends_with("does not have 'replication_enabled' spec key set to '<is> True'."), "{told}");
}

#[tokio::test]
async fn groups_of_others_are_not_found() {
    let field = Field::new().await;
    let group = field.group().await;
    let bench = &field.bench;
    assert_eq!(bench.get("/groups").project("beef").send().await.expect(200), json!({"groups": []}));
    let all = bench.get("/groups?all_tenants=1").project("beef").send().await.expect(200);
    assert_eq!(all["groups"][0]["id"], group.as_str());
    let reset = json!({"reset_status": {"status": "Error"}});
    assert_eq!(field.act(&group, reset.clone()).await.status, 202);
    assert_eq!(field.show(&group).await["status"], "error");
    bench.post(&format!("/groups/{group}/action"), reset).at(19).send().await.fault(404);
}

#[tokio::test]
async fn a_filter_given_twice_is_refused_before_the_order_is_looked_at() {
    let field = Field::new().await;
    for list in ["groups", "group_snapshots", "messages"] {
        let list = format!("/{list}?id=1&id=2&sort=");
        let refused = field.bench.get(&list).send().await.expect(400);
        let message = refused["badRequest"]["message"].as_str().unwrap();
        assert!(message.starts_with("The server could not comply"), "{list}: {message}");
        // What is no column finds nothing before that.
        let found = field.bench.get(&list.replace("sort=", "odd=1")).send().await.expect(200);
        assert!(found.as_object().unwrap().values().all(|items| items == &json!([])), "{found}");
    }
}

#[tokio::test]
async fn a_list_costs_the_same_however_long() {
    use hearth::domain::page::{ListQuery, Scope};
    use hearth::service::groups::Legacy;
    let field = Field::new().await;
    let mut costs = BTreeSet::new();
    let path = format!("/os-quota-sets/{}", super::bench::PROJECT);
    field.bench.put(&path, json!({"quota_set": {"groups": -1}})).send().await.expect(200);
    for more in [1, 30] {
        for _ in 0..more {
            field.fresh().await;
        }
        let mut session = field.bench.services.store.read().await.unwrap();
        let page = session.list_groups(&ListQuery::new(Scope::AllProjects), Legacy::Hidden).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|found| found.group.id).collect();
        session.members_of_groups(&ids).await.unwrap();
        costs.insert(session.statements());
    }
    assert_eq!(costs.len(), 1, "{costs:?}");
}
