//! Groups and the volumes in them: who joins, who leaves, what goes with whom.

use hearth::domain::group::GroupStatus;
use serde_json::{Value, json};

use super::field::Field;

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn volumes_are_born_into_a_group() {
    let field = Field::new().await;
    let group = field.group().await;
    let bench = &field.bench;
    let ask = |fields: Value| bench.post("/volumes", json!({"volume": fields})).send();
    let told = ask(json!({"size": 1, "group_id": group})).await.fault(400);
    assert_eq!(
        told,
        "Invalid input received: volume_type must be provided when creating a volume in a group."
    );
    bench.post("/types", json!({"volume_type": {"name": "gold"}})).send().await.expect(200);
    let told = ask(json!({"size": 1, "group_id": group, "volume_type": "gold"})).await.fault(400);
    assert!(told.ends_with("(requested type must be supported by this group)."), "{told}");
    let told = ask(json!({"size": 1, "group_id": NOWHERE, "volume_type": "gold"})).await.fault(404);
    assert_eq!(told, format!("Group {NOWHERE} could not be found."));

    let member = field.member(&group).await;
    let shown = bench.get(&format!("/volumes/{member}")).send().await.expect(200);
    assert_eq!(shown["volume"]["group_id"], group.as_str());
    let found = bench.get(&format!("/volumes?group_id={group}")).send().await.expect(200);
    assert_eq!(found["volumes"].as_array().unwrap().len(), 1);
    let told = bench.delete(&format!("/volumes/{member}")).send().await.fault(400);
    assert!(told.contains("belong to a group"), "{told}");
    field.settle(&group, GroupStatus::Error).await;
    let told = ask(json!({"size": 1, "group_id": group, "volume_type": "__DEFAULT__"})).await.fault(400);
    assert_eq!(told, "Invalid Group: Originating group status must be one of 'available, creating' values");
    let id = bench.get("/types/default").send().await.expect(200)["volume_type"]["id"].clone();
    let taken = bench.delete(&format!("/types/{}", id.as_str().unwrap())).send().await;
    taken.fault(400);
}

#[tokio::test]
async fn a_type_that_a_group_has_stays() {
    let field = Field::new().await;
    let bench = &field.bench;
    let made = bench.post("/types", json!({"volume_type": {"name": "gold"}})).send().await.expect(200);
    let gold = format!("/types/{}", made["volume_type"]["id"].as_str().unwrap());
    let fields = json!({"group_type": field.group_type, "volume_types": ["gold"]});
    bench.post("/groups", json!({"group": fields})).send().await.expect(202);
    assert_eq!(bench.delete(&gold).send().await.fault(400), "Target volume type is still in use.");
    let told = bench.delete(&format!("/group_types/{}", field.group_type)).send().await.fault(400);
    assert!(told.starts_with("Target group type is still in use. Group Type "), "{told}");
}

#[tokio::test]
async fn members_join_and_leave() {
    let field = Field::new().await;
    let (group, other) = (field.group().await, field.group().await);
    let path = format!("/groups/{group}");
    let put = |fields: Value| field.bench.put(&path, json!({"group": fields})).send();
    let (one, two) = (field.loner().await, field.loner().await);
    let taken = field.member(&other).await;
    let joined = put(json!({"add_volumes": format!("{one},{two},"), "name": "n"})).await;
    assert_eq!((joined.status, joined.text.as_str()), (202, ""));
    let shown = field.show(&group).await;
    assert_eq!((&shown["volumes"], &shown["name"]), (&json!([one, two]), &json!("n")));
    assert_eq!(put(json!({"remove_volumes": one})).await.status, 202);
    assert_eq!(field.show(&group).await["volumes"], json!([two]));

    let creating = field.bench.volume(json!({"size": 1})).await;
    let nothing = format!(
        "Invalid Group: Cannot update group {group} because no valid name, description, add_volumes, or \
         remove_volumes were provided."
    );
    let add = format!("Invalid volume: Cannot add volume {{}} to group {group} because");
    let add = |id: &str, why: &str| format!("{} {why}", add.replace("{}", id));
    for (fields, told) in [
        (json!({"name": "n"}), nothing.clone()),
        (json!({"add_volumes": two}), nothing),
        (
            json!({"add_volumes": one, "remove_volumes": one}),
            format!("Invalid volume: UUIDs ['{one}'] are in both add and remove volume list."),
        ),
        (json!({"add_volumes": "x"}), add("x", "volume cannot be found.")),
        (json!({"add_volumes": taken}), add(&taken, &format!("it is already in group {other}."))),
        (
            json!({"add_volumes": creating}),
            add(
                &creating,
                "volume is in an invalid state: creating. Valid states are: ('available', 'in-use').",
            ),
        ),
        (
            json!({"remove_volumes": one}),
            format!(
                "Invalid volume: Cannot remove volume {one} from group {group} because it is not in the group."
            ),
        ),
    ] {
        assert_eq!(put(fields).await.fault(400), told);
    }
    let elsewhere = field.bench.volume(json!({"size": 1})).await;
    field.bench.place(&elsewhere, field.bench.cluster("c2", "nova").await).await;
    let told = put(json!({"add_volumes": elsewhere})).await.fault(400);
    assert_eq!(told, "Invalid volume: Volume is not local to this node.");
    field.settle(&group, GroupStatus::Updating).await;
    let told = put(json!({"add_volumes": one})).await.fault(400);
    assert_eq!(told, "Invalid Group: Group status must be available.");
    assert_eq!(put(json!({"name": "later"})).await.status, 202);
    assert_eq!(field.show(&group).await["status"], "updating");
}

#[tokio::test]
async fn a_group_goes_with_its_volumes_or_not_at_all() {
    let field = Field::new().await;
    let group = field.group().await;
    let member = field.member(&group).await;
    let plain = json!({"delete": {}});
    let told = field.act(&group, plain.clone()).await.fault(400);
    assert_eq!(
        told,
        format!(
            "Invalid Group: Group {group} still contains volumes. The delete-volumes flag is required to delete it."
        )
    );
    let with = json!({"delete": {"delete-volumes": "yes"}});
    field.bench.post("/snapshots", json!({"snapshot": {"volume_id": member}})).send().await.expect(202);
    let told = field.act(&group, with.clone()).await.fault(400);
    assert_eq!(told, "Invalid Group: Volume in group still has dependent snapshots.");

    let empty = field.group().await;
    field.settle(&empty, GroupStatus::Updating).await;
    let told = field.act(&empty, plain.clone()).await.fault(400);
    assert_eq!(
        told,
        "Invalid Group: Group status must be available or error, but current status is: updating"
    );
    let deleted = field.act(&empty, with.clone()).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (202, ""));
    assert_eq!(field.show(&empty).await["status"], "deleting");

    let full = field.group().await;
    let member = field.member(&full).await;
    assert_eq!(field.act(&full, with).await.status, 202);
    let shown = field.bench.get(&format!("/volumes/{member}")).send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "deleting");
    let unplaced = field.fresh().await;
    assert_eq!(field.act(&unplaced, plain.clone()).await.status, 202);
    field.bench.get(&format!("/groups/{unplaced}")).send().await.fault(404);
    field.act(NOWHERE, plain).await.fault(404);
}

/// As in Cinder, whose consistency groups have become groups of that type.
#[tokio::test]
async fn a_member_of_a_legacy_group_shows_it_as_its_consistency_group() {
    let field = Field::new().await;
    let bench = &field.bench;
    let ids = async |path: &str| {
        let shown = bench.get(path).at(0).send().await.expect(200);
        shown["volume"]["consistencygroup_id"].clone()
    };
    let body = json!({"consistencygroup": {"name": "n", "volume_types": "__DEFAULT__"}});
    let made = bench.post("/consistencygroups", body).at(0).send().await.expect(202);
    let legacy = made["consistencygroup"]["id"].as_str().unwrap().to_owned();
    let body = json!({"volume": {"size": 1, "volume_type": "__DEFAULT__", "consistencygroup_id": legacy}});
    let made = bench.post("/volumes", body).send().await.expect(202);
    assert_eq!(made["volume"]["consistencygroup_id"], legacy.as_str());
    assert_eq!(made["volume"]["group_id"], legacy.as_str());
    let member = format!("/volumes/{}", made["volume"]["id"].as_str().unwrap());
    assert_eq!(ids(&member).await, legacy.as_str());
    let plain = field.member(&field.group().await).await;
    assert_eq!(ids(&format!("/volumes/{plain}")).await, Value::Null);
    let list = bench.get("/volumes/detail?sort=size:asc").at(0).send().await.expect(200);
    let listed: Vec<&Value> =
        list["volumes"].as_array().unwrap().iter().map(|one| &one["consistencygroup_id"]).collect();
    assert_eq!(listed.iter().filter(|id| ***id == legacy.as_str()).count(), 1, "{listed:?}");
    assert_eq!(listed.iter().filter(|id| id.is_null()).count(), listed.len() - 1);

    // Which type it is goes by the name.
    let kinds = bench.get("/group_types").send().await.expect(200);
    let kinds = kinds["group_types"].as_array().unwrap();
    let kind = kinds.iter().find(|kind| kind["name"] == "default_cgsnapshot_type").unwrap();
    let kind = format!("/group_types/{}", kind["id"].as_str().unwrap());
    bench.put(&kind, json!({"group_type": {"name": "renamed"}})).send().await.expect(200);
    assert_eq!(ids(&member).await, Value::Null);
    bench.put(&kind, json!({"group_type": {"name": "default_cgsnapshot_type"}})).send().await.expect(200);
    assert_eq!(ids(&member).await, legacy.as_str());
}
