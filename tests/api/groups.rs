//! Groups. Nobody works here, so a test gives a group its cluster itself.

use std::collections::BTreeSet;

use hearth::domain::ClusterId;
use hearth::domain::group::GroupStatus;
use serde_json::{Value, json};

use super::bench::Bench;

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

/// A cluster, a group type `tiers`, and the means to make groups of it.
pub struct Field {
    pub bench: Bench,
    pub cluster: ClusterId,
    pub group_type: String,
}

impl Field {
    pub async fn new() -> Self {
        let bench = Bench::new().await;
        let cluster = bench.cluster("c1", "nova").await;
        let made =
            bench.post("/group_types", json!({"group_type": {"name": "tiers"}})).send().await.expect(202);
        let group_type = made["group_type"]["id"].as_str().unwrap().to_owned();
        Self { bench, cluster, group_type }
    }

    /// Just made: `creating`.
    pub async fn fresh(&self) -> String {
        let fields = json!({"group_type": "tiers", "volume_types": ["__DEFAULT__"], "name": " g "});
        let made = self.bench.post("/groups", json!({"group": fields})).send().await.expect(202);
        assert_eq!(made["group"]["name"], "g");
        made["group"]["id"].as_str().unwrap().to_owned()
    }

    /// On the cluster, `available`, as the worker leaves it.
    pub async fn group(&self) -> String {
        let id = self.fresh().await;
        self.settle(&id, GroupStatus::Available).await;
        id
    }

    pub async fn settle(&self, group: &str, status: GroupStatus) {
        let (id, cluster) = (group.parse().unwrap(), self.cluster);
        let settled = self.bench.services.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut group = tx.get_group(id).await?;
                (group.cluster_id, group.status) = (Some(cluster), status);
                tx.update_group(&group).await
            })
        });
        settled.await.unwrap();
    }

    /// A volume of the group, available on its cluster.
    pub async fn member(&self, group: &str) -> String {
        let fields = json!({"size": 1, "group_id": group, "volume_type": "__DEFAULT__"});
        let id = self.bench.volume(fields).await;
        self.bench.place(&id, self.cluster).await;
        id
    }

    /// A volume of no group, available on the cluster.
    pub async fn loner(&self) -> String {
        let id = self.bench.volume(json!({"size": 1})).await;
        self.bench.place(&id, self.cluster).await;
        id
    }

    pub async fn act(&self, group: &str, body: Value) -> super::bench::Answer {
        self.bench.post(&format!("/groups/{group}/action"), body).send().await
    }

    async fn show(&self, group: &str) -> Value {
        self.bench.get(&format!("/groups/{group}?list_volume=1")).send().await.expect(200)["group"].clone()
    }
}

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
    assert!(told.contains("is valid under each of"), "{told}");
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
