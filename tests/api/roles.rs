//! Who may do what, with tokens of a Keystone: readers, members, administrators, strangers.

use hearth::auth::{Authenticator, KeystoneSettings};
use hearth::domain::Clock;
use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};
use super::fake_keystone::{FakeKeystone, PASSWORD, token};

pub struct Door {
    pub bench: Bench,
    /// Lives as long as the tokens are asked for.
    pub keystone: FakeKeystone,
}

pub async fn door() -> Door {
    let keystone = FakeKeystone::start().await;
    for (name, project, roles) in [
        ("admin", PROJECT, &["admin", "member", "reader"][..]),
        ("member", PROJECT, &["member", "reader"]),
        ("reader", PROJECT, &["reader"]),
        ("roleless", PROJECT, &["guest"]),
        ("service", PROJECT, &["service", "member", "reader"]),
        ("stranger", "beef", &["member", "reader"]),
        ("far-admin", "beef", &["admin"]),
    ] {
        keystone.knows(name, token(name, project, roles));
    }
    let settings = KeystoneSettings::new(&keystone.url, "cinder", PASSWORD.into(), "service");
    let bench = Bench::behind(Authenticator::keystone(settings, Clock::System).unwrap()).await;
    Door { bench, keystone }
}

async fn volume(bench: &Bench) -> String {
    let body = json!({"volume": {"size": 1, "name": "v"}});
    let created = bench.post("/volumes", body).token("member").send().await.expect(202);
    created["volume"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_a_good_token_there_is_a_challenge() {
    let Door { bench, keystone } = door().await;
    for path in ["/volumes", "/", "/nowhere", "/beef/volumes"] {
        let answer = bench.get(path).token("made-up").send().await;
        assert_eq!(answer.status, 401, "{path}");
        let challenge = format!("Keystone uri=\"{}\"", keystone.url);
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
        assert_eq!(answer.header("openstack-api-version"), None);
        assert_eq!(answer.json()["error"]["code"], 401);
    }
    let answer = bench.get("/beef/volumes").token("member").send().await;
    assert_eq!(answer.fault(400), "Malformed request url");
    keystone.stop();
    let answer = bench.get("/volumes").token("never-seen").send().await;
    assert_eq!(answer.status, 503, "{}", answer.text);
}

#[tokio::test]
async fn roles_decide_and_lists_hide() {
    let Door { bench, .. } = door().await;
    let id = volume(&bench).await;
    let one = format!("/volumes/{id}");
    let change = json!({"volume": {"name": "w"}});
    for (who, show, update, delete) in [
        ("reader", 200, 403, 403),
        ("roleless", 404, 404, 404),
        ("stranger", 404, 404, 404),
        ("member", 200, 200, 400),
        ("far-admin", 200, 200, 400),
    ] {
        assert_eq!(bench.get(&one).token(who).send().await.status, show, "{who}");
        assert_eq!(bench.put(&one, change.clone()).token(who).send().await.status, update, "{who}");
        assert_eq!(bench.delete(&one).token(who).send().await.status, delete, "{who}");
    }
    let told = bench.put(&one, change).token("reader").send().await.fault(403);
    assert_eq!(told, "Policy doesn't allow volume:update to be performed.");
    bench.post("/volumes", json!({"volume": {"size": 1}})).token("reader").send().await.fault(403);
    bench.get("/volumes").token("roleless").send().await.fault(403);
    let count = async |who: &str, query: &str| {
        let list = bench.get(&format!("/volumes{query}")).token(who).send().await.expect(200);
        list["volumes"].as_array().unwrap().len()
    };
    assert_eq!(count("reader", "").await, 1);
    assert_eq!(count("stranger", "?all_tenants=1").await, 0);
    assert_eq!(count("far-admin", "").await, 0);
    assert_eq!(count("far-admin", "?all_tenants=1").await, 1);
}

#[tokio::test]
async fn administrators_see_more() {
    let Door { bench, .. } = door().await;
    let id = volume(&bench).await;
    let seen = async |who: &str| {
        bench.get(&format!("/volumes/{id}")).token(who).send().await.expect(200)["volume"].clone()
    };
    let (admin, reader) = (seen("admin").await, seen("reader").await);
    for field in [
        "migration_status",
        "provider_id",
        "cluster_name",
        "os-vol-host-attr:host",
        "os-vol-mig-status-attr:name_id",
    ] {
        assert!(admin.get(field).is_some() && reader.get(field).is_none(), "{field}");
    }
    assert_eq!(reader["os-vol-tenant-attr:tenant_id"], PROJECT);

    let specs = json!({"lightos:num_replicas": "2", "multiattach": "<is> False"});
    let body = json!({"volume_type": {"name": "gold", "extra_specs": specs}});
    bench.post("/types", body.clone()).token("member").send().await.fault(403);
    let made = bench.post("/types", body).token("admin").send().await.expect(200);
    let path = format!("/types/{}", made["volume_type"]["id"].as_str().unwrap());
    let shown = bench.get(&path).token("reader").send().await.expect(200);
    assert_eq!(shown["volume_type"]["extra_specs"], json!({"multiattach": "<is> False"}));
    assert!(shown["volume_type"].get("qos_specs_id").is_none());
    bench.get(&format!("{path}/extra_specs/lightos:num_replicas")).token("reader").send().await.fault(404);
    let filtered = "/types?extra_specs=%7B%27lightos:num_replicas%27:%272%27%7D";
    let found =
        async |who: &str| bench.get(filtered).token(who).send().await.expect(200)["volume_types"].clone();
    assert_eq!(found("admin").await.as_array().unwrap().len(), 1);
    assert_eq!(found("reader").await, Value::Array(vec![]), "an answer would tell what is hidden");
}

#[tokio::test]
async fn what_is_the_operators_is_refused_to_members() {
    let Door { bench, .. } = door().await;
    let id = volume(&bench).await;
    let action = format!("/volumes/{id}/action");
    let record = json!({"backup-record": {"backup_service": "s", "backup_url": "e30="}});
    for ask in [
        bench.get("/os-services"),
        bench.get("/scheduler-stats/get_pools"),
        bench.get("/capabilities/hearth@c1"),
        bench.get("/os-hosts"),
        bench.post("/backups/import_record", record),
        bench.get("/qos-specs"),
        bench.get("/qos-specs/x"),
        bench.post("/qos-specs", json!({"qos_specs": {"name": "q"}})),
        bench.put("/qos-specs/x", json!({"qos_specs": {"k": "v"}})),
        bench.put("/qos-specs/x/delete_keys", json!({"keys": ["k"]})),
        bench.delete("/qos-specs/x"),
        bench.get("/qos-specs/x/associations"),
        bench.get("/qos-specs/x/associate?vol_type_id=y"),
        bench.get("/qos-specs/x/disassociate?vol_type_id=y"),
        bench.get("/qos-specs/x/disassociate_all"),
        bench.get("/types/x/encryption"),
        bench.get("/types/x/encryption/cipher"),
        bench.post(
            "/types/x/encryption",
            json!({"encryption": {"provider": "p", "control_location": "back-end"}}),
        ),
        bench.put("/types/x/encryption/provider", json!({"encryption": {}})),
        bench.delete("/types/x/encryption/provider"),
        bench.put("/os-services/get-log", json!({})),
        bench.put("/os-services/set-log", json!({"level": "INFO"})),
        bench.get("/clusters"),
        bench.get("/clusters/c1"),
        bench.put("/clusters/disable", json!({"name": "c1"})),
        bench.post("/workers/cleanup", json!({})),
        bench.get("/os-quota-class-sets/default"),
        bench.get("/os-quota-sets/beef"),
        bench.put(&format!("/os-quota-sets/{PROJECT}"), json!({"quota_set": {"volumes": 1}})),
        bench.put("/os-services/freeze", json!({"host": "hearth@c1"})),
        bench.post(&action, json!({"os-reset_status": {"status": "error"}})),
        bench.post(&action, json!({"os-migrate_volume": {"host": "hearth@c1#c1"}})),
        bench.post(&action, json!({"os-migrate_volume_completion": {"new_volume": id}})),
        bench.post(&action, json!({"os-volume_upload_image": {"image_name": "i", "visibility": "public"}})),
        bench.post(&action, json!({"os-force_delete": {}})),
        bench.delete(&format!("/volumes/{id}?force=true")),
    ] {
        let told = ask.token("member").send().await.fault(403);
        assert!(told.starts_with("Policy doesn't allow "), "{told}");
    }
    let disable = bench.put("/os-hosts/hearth@c1", json!({"status": "disable"}));
    let told = disable.token("member").send().await.fault(403);
    assert_eq!(told, "User does not have admin privileges");
    for ask in [
        bench.get("/default-types"),
        bench.get(&format!("/default-types/{PROJECT}")),
        bench.put(&format!("/default-types/{PROJECT}"), json!({"default_type": {"volume_type": "t"}})),
        bench.delete(&format!("/default-types/{PROJECT}")),
    ] {
        let told = ask.token("member").send().await.fault(403);
        assert_eq!(told, "You are not authorized to perform this operation.");
    }
    for open in
        ["/limits", "/extensions", "/os-availability-zone", "/resource_filters", "/messages", "/types"]
    {
        assert_eq!(bench.get(open).token("reader").send().await.status, 200, "{open}");
    }
    assert_eq!(bench.get(&format!("/os-quota-sets/{PROJECT}")).token("reader").send().await.status, 200);
}

#[tokio::test]
async fn members_filter_by_what_is_listed() {
    let Door { bench, .. } = door().await;
    volume(&bench).await;
    let ask = |query: &str, minor| bench.get(&format!("/volumes?{query}")).token("reader").at(minor);
    let told = ask("colour=red&user_id=x", 31).send().await.fault(400);
    assert_eq!(told, "Invalid filters colour,user_id are found in query options.");
    let dropped = ask("colour=red&all_tenants=1", 30).send().await.expect(200);
    assert_eq!(dropped["volumes"].as_array().unwrap().len(), 1);
    ask("all_tenants=1", 71).send().await.expect(200);
    ask("name~=v", 34).send().await.fault(400);
    ask("created_at=nonsense", 30).send().await.expect(200);
    ask("created_at=nonsense", 31).send().await.fault(400);
}

#[tokio::test]
async fn backups_are_of_their_project() {
    let Door { bench, .. } = door().await;
    let volume = volume(&bench).await;
    bench
        .post(&format!("/volumes/{volume}/action"), json!({"os-reset_status": {"status": "available"}}))
        .token("admin")
        .send()
        .await
        .expect(202);
    let new = json!({"backup": {"volume_id": volume}});
    bench.post("/backups", new.clone()).token("reader").send().await.fault(403);
    bench.post("/backups", new.clone()).token("stranger").send().await.fault(404);
    let made = bench.post("/backups", new).token("member").send().await.expect(202);
    let one = format!("/backups/{}", made["backup"]["id"].as_str().unwrap());
    let shown = bench.get(&one).token("reader").send().await.expect(200);
    assert!(shown["backup"].get("os-backup-project-attr:project_id").is_none());
    assert!(shown["backup"].get("user_id").is_none());
    bench.get(&one).token("roleless").send().await.fault(403);
    bench.delete(&one).token("reader").send().await.fault(403);
    bench.put(&one, json!({"backup": {"name": "n"}})).token("reader").send().await.fault(403);
    for ask in
        [bench.get(&one), bench.delete(&one), bench.post(&format!("{one}/restore"), json!({"restore": {}}))]
    {
        ask.token("stranger").send().await.fault(404);
    }
    bench.get(&format!("{one}/export_record")).token("member").send().await.fault(403);
    for action in [json!({"os-force_delete": {}}), json!({"os-reset_status": {"status": "error"}})] {
        bench.post(&format!("{one}/action"), action).token("member").send().await.fault(403);
    }
    let count = async |who: &str, query: &str| {
        let list = bench.get(&format!("/backups?{query}")).token(who).send().await.expect(200);
        list["backups"].as_array().unwrap().len()
    };
    assert_eq!((count("reader", "").await, count("stranger", "all_tenants=1").await), (1, 0));
    assert_eq!((count("far-admin", "").await, count("far-admin", "all_tenants=1").await), (0, 1));
    bench.get("/backups?parent_id=x").token("member").send().await.fault(400);
    assert_eq!(count("admin", "parent_id=x").await, 0);
}

#[tokio::test]
async fn roles_decide_about_groups() {
    let Door { bench, keystone: _keystone } = door().await;
    let body = json!({"group_type": {"name": "tiers", "group_specs": {"k": "v"}}});
    bench.post("/group_types", body.clone()).token("member").send().await.fault(403);
    let made = bench.post("/group_types", body).token("admin").send().await.expect(202);
    let group_type = format!("/group_types/{}", made["group_type"]["id"].as_str().unwrap());
    let seen = bench.get(&group_type).token("reader").send().await.expect(200);
    assert!(seen["group_type"].get("group_specs").is_none(), "{seen}");
    let told = bench.get(&format!("{group_type}/group_specs")).token("member").send().await.fault(403);
    assert_eq!(told, "Policy doesn't allow group:group_types_specs:get_all to be performed.");

    let fields = json!({"group_type": "tiers", "volume_types": ["__DEFAULT__"]});
    let new = json!({"group": fields});
    bench.post("/groups", new.clone()).token("reader").send().await.fault(403);
    let made = bench.post("/groups", new).token("member").send().await.expect(202);
    let one = format!("/groups/{}", made["group"]["id"].as_str().unwrap());
    let change = json!({"group": {"name": "w"}});
    for (who, show, update) in [
        ("reader", 200, 403),
        ("roleless", 403, 403),
        ("stranger", 404, 404),
        ("member", 200, 202),
        ("far-admin", 200, 202),
    ] {
        assert_eq!(bench.get(&one).token(who).send().await.status, show, "{who}");
        let name = json!({"group": {"name": format!("by {who}")}});
        assert_eq!(bench.put(&one, name).token(who).send().await.status, update, "{who}");
    }
    bench.put(&one, change).token("stranger").send().await.fault(404);
    bench.get("/groups").token("roleless").send().await.fault(403);
    let reset = json!({"reset_status": {"status": "error"}});
    bench.post(&format!("{one}/action"), reset).token("member").send().await.fault(403);
    let project = async |who: &str| {
        let shown = bench.get(&one).token(who).send().await.expect(200);
        shown["group"].get("project_id").is_some()
    };
    assert!(project("admin").await && !project("reader").await);
    let told = bench.get("/groups?colour=red").token("reader").send().await.fault(400);
    assert_eq!(told, "Invalid filters colour are found in query options.");
    bench.get("/groups?colour=red").token("reader").at(30).send().await.expect(200);

    // A private type is for administrators.
    let private = json!({"group_type": {"is_public": false}});
    bench.put(&group_type, private).token("admin").send().await.expect(200);
    bench.get(&group_type).token("member").send().await.fault(404);
    let list = bench.get("/group_types?is_public=None").token("member").send().await.expect(200);
    assert_eq!(list["group_types"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_reader_is_told_of_a_missing_key_before_the_role() {
    let Door { bench, .. } = door().await;
    let id = volume(&bench).await;
    let all = format!("/volumes/{id}/metadata");
    let there = json!({"metadata": {"team": "blue"}});
    bench.post(&all, there).token("member").send().await.expect(200);
    let told = bench.delete(&format!("{all}/none")).token("reader").send().await.fault(404);
    assert_eq!(told, format!("Volume {id} has no metadata with key none."));
    let revert = json!({"revert": {"snapshot_id": "x"}});
    let revert = bench.post(&format!("/volumes/{id}/action"), revert).token("reader");
    assert_eq!(revert.send().await.fault(400), format!("Volume {id} doesn't have any snapshots."));
    bench.delete(&format!("{all}/team")).token("reader").send().await.fault(403);
}
