//! Group snapshots, and the legacy view of groups.

use std::collections::BTreeSet;

use hearth::domain::group::{GroupSnapshotStatus, GroupStatus};
use serde_json::{Value, json};

use super::field::Field;

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

async fn snapshot(field: &Field, group: &str) -> String {
    let body = json!({"group_snapshot": {"group_id": group, "name": "s"}});
    let made = field.bench.post("/group_snapshots", body).send().await.expect(202);
    let id = made["group_snapshot"]["id"].as_str().unwrap().to_owned();
    let expected = json!({"group_snapshot": {"id": id, "name": "s", "group_type_id": field.group_type}});
    assert_eq!(made, expected);
    id
}

async fn reset(field: &Field, id: &str, status: GroupSnapshotStatus) {
    let body = json!({"reset_status": {"status": status.as_str()}});
    let answer = field.bench.post(&format!("/group_snapshots/{id}/action"), body).send().await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
}

#[tokio::test]
async fn all_members_are_snapshotted_or_none() {
    let field = Field::new().await;
    let group = field.group().await;
    let make = |fields: Value| field.bench.post("/group_snapshots", json!({"group_snapshot": fields})).send();
    let told = make(json!({"group_id": group})).await.fault(400);
    assert_eq!(
        told,
        "Invalid Group: Source group cannot be empty or in 'creating' or 'updating' state. No group snapshot will be \
         created."
    );
    let (one, two) = (field.member(&group).await, field.member(&group).await);
    field.bench.reset(&two, "error").await;
    let told = make(json!({"group_id": group})).await.fault(400);
    assert_eq!(told, "Invalid volume: The snapshot cannot be created when the volume is in error status.");
    let list = async |path: &str| field.bench.get(path).send().await.expect(200);
    assert_eq!(list("/snapshots").await, json!({"snapshots": []}), "not even the one that could be");
    field.bench.reset(&two, "available").await;

    let id = snapshot(&field, &group).await;
    let all = list("/snapshots/detail").await;
    let members: BTreeSet<&str> =
        all["snapshots"].as_array().unwrap().iter().map(|it| it["volume_id"].as_str().unwrap()).collect();
    assert_eq!(members, BTreeSet::from([one.as_str(), two.as_str()]));
    for member in all["snapshots"].as_array().unwrap() {
        assert_eq!((&member["group_snapshot_id"], &member["name"]), (&json!(id), &json!("s")));
        let path = format!("/snapshots/{}", member["id"].as_str().unwrap());
        let told = field.bench.delete(&path).send().await.fault(400);
        assert!(told.contains("part of a group"), "{told}");
    }
    for (fields, status) in [
        (json!({"group_id": NOWHERE}), 404),
        (json!({"group_id": "x"}), 400),
        (json!({}), 400),
        (json!({"group_id": group, "k": 1}), 400),
    ] {
        make(fields).await.fault(status);
    }
}

#[tokio::test]
async fn a_group_snapshot_is_shown_and_deleted() {
    let field = Field::new().await;
    let group = field.group().await;
    field.member(&group).await;
    let id = snapshot(&field, &group).await;
    let one = format!("/group_snapshots/{id}");
    let told = field.bench.delete(&one).send().await.fault(400);
    assert_eq!(
        told,
        "Invalid GroupSnapshot: GroupSnapshot status must be available or error, and no Group can be currently using \
         it as source for its creation."
    );
    let told = field.act(&group, json!({"delete": {"delete-volumes": true}})).await.fault(400);
    assert_eq!(told, "Invalid Group: Group has existing snapshots.");
    reset(&field, &id, GroupSnapshotStatus::Available).await;
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let mut expected: BTreeSet<String> =
        ["id", "group_id", "group_type_id", "status", "created_at", "name", "description"]
            .map(str::to_owned)
            .into();
    for minor in 14..=71 {
        if minor == 58 {
            expected.insert("project_id".to_owned());
        }
        let shown = field.bench.get(&one).at(minor).send().await.expect(200);
        assert_eq!(keys(&shown["group_snapshot"]), expected, "3.{minor}");
        let list = field.bench.get("/group_snapshots/detail").at(minor).send().await.expect(200);
        assert_eq!(list["group_snapshots"][0], shown["group_snapshot"], "3.{minor}");
    }
    let list = field.bench.get("/group_snapshots").send().await.expect(200);
    assert_eq!(list, json!({"group_snapshots": [{"id": id, "name": "s"}]}));
    let found = |query: &str| field.bench.get(&format!("/group_snapshots?{query}")).send();
    assert_eq!(found("status=error").await.expect(200), json!({"group_snapshots": []}));
    assert!(found("limit=1").await.expect(200)["group_snapshot_links"][0]["href"].is_string());
    found(&format!("marker={NOWHERE}")).await.fault(404);
    let unpaged = field.bench.get("/group_snapshots?status=error").at(28).send().await.expect(200);
    assert_eq!(unpaged["group_snapshots"].as_array().unwrap().len(), 1);
    field.bench.get("/group_snapshots").at(13).send().await.fault(404);

    assert_eq!(field.bench.delete(&one).send().await.status, 202);
    assert_eq!(field.bench.get(&one).send().await.expect(200)["group_snapshot"]["status"], "deleting");
    let all = field.bench.get("/snapshots").send().await.expect(200);
    assert_eq!(all["snapshots"][0]["status"], "deleting");
    let told = field.bench.post(&format!("{one}/action"), json!({"reset_status": {"status": "odd"}})).send();
    assert_eq!(
        told.await.fault(400),
        "Invalid GroupSnapshot Status: Group snapshot status: odd is invalid, valid statuses are: ('error', \
         'available', 'creating', 'deleting', 'deleted', 'updating', 'error_deleting')."
    );
}

#[tokio::test]
async fn a_group_is_made_from_a_snapshot_which_stays_meanwhile() {
    let field = Field::new().await;
    let group = field.group().await;
    field.member(&group).await;
    let id = snapshot(&field, &group).await;
    let body = json!({"create-from-src": {"group_snapshot_id": id}});
    let told = field.bench.post("/groups/action", body.clone()).send().await.fault(400);
    assert!(
        told.starts_with("Invalid snapshot: Originating snapshot status must be one of 'available'"),
        "{told}"
    );
    let all = field.bench.get("/snapshots").send().await.expect(200);
    let member = all["snapshots"][0]["id"].as_str().unwrap();
    let available = json!({"os-reset_status": {"status": "available"}});
    field.bench.post(&format!("/snapshots/{member}/action"), available).send().await.expect(202);
    let made = field.bench.post("/groups/action", body).send().await.expect(202);
    let path = format!("/groups/{}?list_volume=1", made["group"]["id"].as_str().unwrap());
    let shown = field.bench.get(&path).send().await.expect(200);
    assert_eq!(shown["group"]["group_snapshot_id"], id.as_str());
    let copy = format!("/volumes/{}", shown["group"]["volumes"][0].as_str().unwrap());
    assert_eq!(field.bench.get(&copy).send().await.expect(200)["volume"]["snapshot_id"], member);
    reset(&field, &id, GroupSnapshotStatus::Available).await;
    field.bench.delete(&format!("/group_snapshots/{id}")).send().await.fault(400);
    let missing = json!({"create-from-src": {"group_snapshot_id": NOWHERE}});
    let told = field.bench.post("/groups/action", missing).send().await.fault(404);
    assert_eq!(told, format!("GroupSnapshot {NOWHERE} could not be found."));
}

#[tokio::test]
async fn consistency_groups_are_another_view_of_groups() {
    let field = Field::new().await;
    let bench = &field.bench;
    let make =
        |fields: Value| bench.post("/consistencygroups", json!({"consistencygroup": fields})).at(0).send();
    let told = make(json!({"volume_types": "", "name": "n"})).await.fault(400);
    assert_eq!(told, "volume_types must be provided to create consistency group n.");
    make(json!({"volume_types": "odd"})).await.fault(404);
    make(json!({"name": "n"})).await.fault(400);
    let made = make(json!({"volume_types": "__DEFAULT__,", "name": " n ", "x": 1})).await.expect(202);
    let id = made["consistencygroup"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({"consistencygroup": {"id": id, "name": "n"}}));
    let one = format!("/consistencygroups/{id}");
    let shown = bench.get(&one).at(0).send().await.expect(200);
    let keys: Vec<&String> = shown["consistencygroup"].as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 7, "{keys:?}");
    assert_eq!(shown["consistencygroup"]["status"], "creating");
    let told = bench.get(&format!("/groups/{id}")).send().await.fault(400);
    assert!(told.ends_with("Migrated group can only be operated by CG APIs."), "{told}");
    assert_eq!(bench.get("/groups").send().await.expect(200), json!({"groups": []}));
    let group = field.group().await;
    for path in ["/consistencygroups", "/consistencygroups/detail"] {
        let list = bench.get(path).at(0).send().await.expect(200);
        assert_eq!(list["consistencygroups"].as_array().unwrap().len(), 2, "every group is one");
    }
    bench.get(&format!("/consistencygroups/{group}")).send().await.expect(200);

    let put = |fields: Value, minor| bench.put(&one, json!({"consistencygroup": fields})).at(minor).send();
    let told = put(json!({"name": ""}), 5).await.fault(400);
    assert_eq!(
        told,
        "Name, description, add_volumes, and remove_volumes can not be all empty in the request body."
    );
    assert_eq!(put(json!({"name": ""}), 6).await.status, 202);
    let told = put(json!({}), 6).await.fault(400);
    assert!(told.starts_with("Must specify one or more of the following keys to update"), "{told}");
    let old = bench.put(&format!("{one}/update"), json!({"consistencygroup": {"description": "d"}}));
    assert_eq!(old.at(0).send().await.status, 202);

    for bad in [json!({"x": 1}), json!({"consistencygroup": {"force": "perhaps"}})] {
        bench.post(&format!("{one}/delete"), bad).send().await.fault(400);
    }
    let force = json!({"consistencygroup": {"force": true}});
    assert_eq!(bench.post(&format!("{one}/delete"), force).send().await.status, 202);
    bench.get(&one).send().await.fault(404);
}

#[tokio::test]
async fn consistency_group_snapshots_are_another_view_of_group_snapshots() {
    let field = Field::new().await;
    let bench = &field.bench;
    let group = field.group().await;
    field.member(&group).await;
    let body = json!({"cgsnapshot": {"consistencygroup_id": group, "name": " s "}});
    let made = bench.post("/cgsnapshots", body).at(0).send().await.expect(202);
    let id = made["cgsnapshot"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({"cgsnapshot": {"id": id, "name": "s"}}));
    let one = format!("/cgsnapshots/{id}");
    let shown = bench.get(&one).at(0).send().await.expect(200);
    assert_eq!(shown["cgsnapshot"]["consistencygroup_id"], group.as_str());
    assert_eq!(shown["cgsnapshot"].as_object().unwrap().len(), 6);
    let list = bench.get("/cgsnapshots?limit=0").at(0).send().await.expect(200);
    assert_eq!(list, json!({"cgsnapshots": [{"id": id, "name": "s"}]}));
    let detail = bench.get("/cgsnapshots/detail").at(0).send().await.expect(200);
    assert_eq!(detail["cgsnapshots"][0], shown["cgsnapshot"]);
    bench.delete(&one).send().await.fault(400);
    reset(&field, &id, GroupSnapshotStatus::Error).await;
    assert_eq!(bench.delete(&one).send().await.status, 202);
    bench.delete("/cgsnapshots/x").send().await.fault(404);

    let copy = |fields: Value| {
        let body = json!({"consistencygroup-from-src": fields});
        bench.post("/consistencygroups/create_from_src", body).at(0).send()
    };
    let told = copy(json!({"name": "n"})).await.fault(400);
    assert_eq!(
        told,
        "Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group n from source."
    );
    let told = copy(json!({"cgsnapshot_id": "a", "source_cgid": "b"})).await.fault(400);
    assert_eq!(
        told,
        "Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group None from source."
    );
    copy(json!({"cgsnapshot_id": "a"})).await.fault(404);
    let made = copy(json!({"source_cgid": group})).await.expect(202);
    assert!(made["consistencygroup"]["id"].is_string());
    field.settle(&group, GroupStatus::Available).await;
}
