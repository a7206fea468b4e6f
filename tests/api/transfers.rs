//! Volumes change hands.

use serde_json::{Value, json};

use super::bench::{Answer, Bench, PROJECT};
use super::roles::{Door, door};

const NEW: &str = "/volume-transfers";
const OLD: &str = "/os-volume-transfer";

fn offer(volume: &str) -> Value {
    json!({"transfer": {"volume_id": volume, "name": " gift "}})
}

async fn accept(bench: &Bench, who: &str, transfer: &Value, key: &Value) -> Answer {
    let path = format!("{NEW}/{}/accept", transfer["id"].as_str().unwrap());
    bench.post(&path, json!({"accept": {"auth_key": key}})).token(who).send().await
}

/// A volume of the member's, available on a cluster.
async fn owned(bench: &Bench, fields: Value) -> String {
    let body = json!({"volume": fields});
    let created = bench.post("/volumes", body).token("member").send().await.expect(202);
    let id = created["volume"]["id"].as_str().unwrap().to_owned();
    bench.place(&id, bench.cluster(&format!("c-{id}"), "nova").await).await;
    id
}

async fn snapshot(bench: &Bench, volume: &str) -> String {
    let body = json!({"snapshot": {"volume_id": volume}});
    let made = bench.post("/snapshots", body).token("member").send().await.expect(202);
    made["snapshot"]["id"].as_str().unwrap().to_owned()
}

async fn in_use(bench: &Bench, project: &str) -> Value {
    let shown =
        bench.get(&format!("/os-quota-sets/{project}?usage=true")).token("admin").send().await.expect(200);
    let set = &shown["quota_set"];
    json!([set["volumes"]["in_use"], set["snapshots"]["in_use"], set["gigabytes"]["in_use"]])
}

#[tokio::test]
async fn a_volume_goes_to_whoever_has_the_key() {
    let Door { bench, .. } = door().await;
    let id = owned(&bench, json!({"size": 2, "name": "v"})).await;
    let snap = snapshot(&bench, &id).await;
    let told = bench.post(NEW, offer(&id)).token("member").send().await.fault(400);
    assert_eq!(told, format!("Invalid snapshot: snapshot: {snap} status must be available"));
    let available = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("/snapshots/{snap}/action"), available).token("admin").send().await.expect(202);

    let made = bench.post(NEW, offer(&id)).token("member").send().await.expect(202);
    let transfer = &made["transfer"];
    assert_eq!((&transfer["name"], &transfer["volume_id"]), (&json!("gift"), &json!(id)));
    assert_eq!(transfer["auth_key"].as_str().unwrap().len(), 16);
    assert_eq!((&transfer["source_project_id"], &transfer["accepted"]), (&json!(PROJECT), &json!(false)));
    assert!(transfer["links"][0]["href"].as_str().unwrap().contains("/os-volume-transfer/"));
    let shown = bench.get(&format!("/volumes/{id}")).token("member").send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "awaiting-transfer");
    bench.delete(&format!("/volumes/{id}")).token("member").send().await.fault(400);
    assert_eq!(
        bench.post(NEW, offer(&id)).token("member").send().await.fault(400),
        "Invalid volume: status must be available"
    );

    let one = format!("{NEW}/{}", transfer["id"].as_str().unwrap());
    let shown = bench.get(&one).token("reader").send().await.expect(200);
    assert!(shown["transfer"].get("auth_key").is_none());
    for who in ["stranger", "roleless"] {
        let status = if who == "stranger" { 404 } else { 403 };
        assert_eq!(bench.get(&one).token(who).send().await.status, status);
    }
    bench.delete(&one).token("stranger").send().await.fault(404);

    let wrong = accept(&bench, "stranger", transfer, &json!("0123")).await.fault(400);
    let name = transfer["id"].as_str().unwrap();
    assert_eq!(wrong, format!("Invalid auth key: Attempt to transfer {name} with invalid auth key."));
    assert_eq!(accept(&bench, "stranger", transfer, &json!(17)).await.status, 400);
    assert!(accept(&bench, "stranger", transfer, &json!(true)).await.fault(400).contains("is not of type"));
    assert_eq!(accept(&bench, "reader", transfer, &transfer["auth_key"]).await.status, 403);
    assert_eq!(in_use(&bench, PROJECT).await, json!([1, 1, 4]));
    let taken = accept(&bench, "stranger", transfer, &transfer["auth_key"]).await.expect(202);
    assert_eq!(taken["transfer"].as_object().unwrap().len(), 4);

    bench.get(&one).token("member").send().await.fault(404);
    accept(&bench, "stranger", transfer, &transfer["auth_key"]).await.fault(404);
    bench.get(&format!("/volumes/{id}")).token("member").send().await.fault(404);
    bench.get(&format!("/snapshots/{snap}")).token("member").send().await.fault(404);
    let shown = bench.get(&format!("/volumes/{id}")).token("stranger").send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "available");
    bench.get(&format!("/snapshots/{snap}")).token("stranger").send().await.expect(200);
    assert_eq!(in_use(&bench, PROJECT).await, json!([0, 0, 0]));
    assert_eq!(in_use(&bench, "beef").await, json!([1, 1, 4]));
}

#[tokio::test]
async fn snapshots_may_stay_behind() {
    let Door { bench, .. } = door().await;
    let id = owned(&bench, json!({"size": 1})).await;
    let snap = snapshot(&bench, &id).await;
    let body = json!({"transfer": {"volume_id": id, "no_snapshots": "yes"}});
    bench.post(NEW, body.clone()).token("member").at(54).send().await.fault(400);
    bench.post(OLD, body.clone()).token("member").send().await.fault(400);
    let made = bench.post(NEW, body).token("member").send().await.expect(202);
    assert_eq!(made["transfer"]["no_snapshots"], true);
    accept(&bench, "stranger", &made["transfer"], &made["transfer"]["auth_key"]).await.expect(202);
    bench.get(&format!("/snapshots/{snap}")).token("member").send().await.expect(200);
    bench.get(&format!("/volumes/{id}")).token("stranger").send().await.expect(200);
    assert_eq!(in_use(&bench, PROJECT).await, json!([0, 1, 1]));
    let told = bench.delete(&format!("/volumes/{id}?cascade=true")).token("stranger").send().await;
    assert!(told.fault(400).contains("disassociated from snapshots after volume transfer"));
}

#[tokio::test]
async fn what_the_acceptor_cannot_have_stays_where_it_is() {
    let Door { bench, .. } = door().await;
    let id = owned(&bench, json!({"size": 3})).await;
    let snap = snapshot(&bench, &id).await;
    let available = json!({"os-reset_status": {"status": "available"}});
    bench.post(&format!("/snapshots/{snap}/action"), available).token("admin").send().await.expect(202);
    let made = bench.post(OLD, offer(&id)).token("member").send().await.expect(202);
    let transfer = &made["transfer"];
    for (quota, told) in [
        (json!({"per_volume_gigabytes": 2}), "VolumeSizeExceedsLimit: Requested volume size 3G is larger"),
        (
            json!({"volumes": 0}),
            "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded for quota 'volumes'.",
        ),
        (
            json!({"volumes___DEFAULT__": 0}),
            "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded",
        ),
        (
            json!({"gigabytes": 2}),
            "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 3G",
        ),
        (
            json!({"gigabytes": 5}),
            "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 3G, quota is 5G and 3G",
        ),
        (json!({"snapshots": 0}), "SnapshotLimitExceeded: Maximum number of snapshots allowed (0) exceeded"),
    ] {
        let path = "/os-quota-sets/beef";
        bench.put(path, json!({"quota_set": quota})).token("admin").send().await.expect(200);
        let answer = accept(&bench, "stranger", transfer, &transfer["auth_key"]).await;
        assert_eq!(answer.header("retry-after"), Some("0"));
        assert!(answer.text.contains(told), "{quota}: {}", answer.text);
        assert_eq!(answer.status, 413);
        assert_eq!(bench.delete(path).token("admin").send().await.status, 200);
    }
    // As an administrator resets it, nobody can have it until he resets it back.
    let reset = |status: &str| {
        let body = json!({"os-reset_status": {"status": status}});
        bench.post(&format!("/volumes/{id}/action"), body).token("admin").send()
    };
    for (status, told) in [
        ("maintenance", "The volume cannot accept transfer in maintenance mode."),
        ("error", "expected in awaiting-transfer state."),
    ] {
        reset(status).await.expect(202);
        let answer = accept(&bench, "stranger", transfer, &transfer["auth_key"]).await.fault(400);
        assert!(answer.ends_with(told), "{answer}");
    }
    // Taking the offer back leaves a volume alone that does not wait any more.
    let path = format!("{OLD}/{}", transfer["id"].as_str().unwrap());
    assert_eq!(bench.delete(&path).token("member").send().await.status, 202);
    let shown = bench.get(&format!("/volumes/{id}")).token("member").send().await.expect(200);
    assert_eq!(shown["volume"]["status"], "error");
    assert_eq!(in_use(&bench, "beef").await, json!([0, 0, 0]));
}

#[tokio::test]
async fn a_private_type_does_not_slip_through() {
    let Door { bench, .. } = door().await;
    let body = json!({"volume_type": {"name": "gold", "os-volume-type-access:is_public": false}});
    let made = bench.post("/types", body).token("admin").send().await.expect(200);
    let gold = made["volume_type"]["id"].as_str().unwrap();
    let give = |project: &str| {
        let body = json!({"addProjectAccess": {"project": project}});
        bench.post(&format!("/types/{gold}/action"), body).token("admin").send()
    };
    assert_eq!(give(PROJECT).await.status, 202);
    let id = owned(&bench, json!({"size": 1, "volume_type": "gold"})).await;
    let made = bench.post(NEW, offer(&id)).token("member").send().await.expect(202);
    let transfer = &made["transfer"];
    let told = accept(&bench, "stranger", transfer, &transfer["auth_key"]).await.fault(400);
    assert!(told.contains("has no access to volume type"), "{told}");
    assert_eq!(give("beef").await.status, 202);
    accept(&bench, "stranger", transfer, &transfer["auth_key"]).await.expect(202);
}

#[tokio::test]
async fn lists_are_the_projects_own_and_have_pages_since_3_59() {
    let Door { bench, .. } = door().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let volume = owned(&bench, json!({"size": 1})).await;
        let body = json!({"transfer": {"volume_id": volume, "name": format!("t{n}")}});
        let made = bench.post(NEW, body).token("member").send().await.expect(202);
        ids.push(made["transfer"]["id"].as_str().unwrap().to_owned());
    }
    let list = async |who: &str, path: &str, minor: u16| {
        let list = bench.get(path).token(who).at(minor).send().await.expect(200);
        let found: Vec<String> = list["transfers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|transfer| transfer["id"].as_str().unwrap().to_owned())
            .collect();
        (found, list.get("transfers_links").cloned())
    };
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(list("reader", NEW, 59).await.0, newest_first);
    assert_eq!(list("reader", NEW, 58).await.0, ids);
    assert_eq!(list("reader", OLD, 71).await.0, ids);
    assert_eq!(list("stranger", NEW, 71).await.0, [""; 0]);
    assert_eq!(list("stranger", &format!("{NEW}?all_tenants=1"), 71).await.0, [""; 0]);
    assert_eq!(list("far-admin", NEW, 71).await.0, [""; 0]);
    assert_eq!(list("far-admin", &format!("{NEW}?all_tenants=1"), 71).await.0, newest_first);
    assert_eq!(list("far-admin", &format!("{NEW}?all_tenants=1&project_id={PROJECT}"), 71).await.0.len(), 3);
    bench.get(NEW).token("roleless").send().await.fault(403);

    let (page, next) = list("member", &format!("{NEW}?limit=2&sort=display_name:asc"), 71).await;
    assert_eq!(page, ids[..2]);
    let next = next.unwrap()[0]["href"].as_str().unwrap().to_owned();
    assert!(next.contains("/v3/os-volume-transfer?limit=2"), "{next}");
    let rest = format!("{NEW}/detail?limit=2&sort=display_name:asc&marker={}", ids[1]);
    assert_eq!(list("member", &rest, 71).await, (ids[2..].to_vec(), None));
    assert_eq!(list("member", &format!("{NEW}?name=t1"), 71).await.0, ids[1..2]);
    assert_eq!(list("member", &format!("{NEW}?name=t1&no_snapshots=0&accepted=0"), 71).await.0, ids[1..2]);
    for nothing in ["colour=red", "salt=x", "accepted=1", "created_at=gt:2020-01-01", "name~=t"] {
        assert_eq!(list("member", &format!("{NEW}?{nothing}"), 71).await.0, [""; 0], "{nothing}");
    }
    for (bad, status) in [("sort=name", 400), ("sort=salt", 400), ("limit=x", 400), ("marker=x", 404)] {
        assert_eq!(bench.get(&format!("{NEW}?{bad}")).token("member").send().await.status, status, "{bad}");
    }
    assert_eq!(list("member", &format!("{OLD}?limit=1&offset=1"), 71).await.0, ids[1..2]);
}

#[tokio::test]
async fn each_microversion_adds_its_fields() {
    let bench = Bench::new().await;
    let volume = bench.available(json!({"size": 1})).await;
    // The order counts too, so it is looked for in the text.
    let keys = |answer: &Answer| -> Vec<String> {
        let all = ["id", "created_at", "volume_id", "name", "auth_key", "links", "no_snapshots"];
        let history = ["destination_project_id", "source_project_id", "accepted"];
        let mut there: Vec<(usize, &str)> = all
            .into_iter()
            .chain(history)
            .filter_map(|key| Some((answer.text.find(&format!("\"{key}\":"))?, key)))
            .collect();
        there.sort_unstable();
        there.into_iter().map(|(_, key)| key.to_owned()).collect()
    };
    let long = ["id", "created_at", "name", "volume_id", "links"].map(str::to_owned).to_vec();
    for minor in [0, 54, 55, 56, 57, 71] {
        let mut expected = long.clone();
        if minor >= 55 {
            expected.push("no_snapshots".to_owned());
        }
        if minor >= 57 {
            expected.extend(["destination_project_id", "source_project_id", "accepted"].map(str::to_owned));
        }
        let made = bench.post(OLD, offer(&volume)).at(minor).send().await;
        let id = made.json()["transfer"]["id"].as_str().unwrap().to_owned();
        let shown = bench.get(&format!("{NEW}/{id}")).at(minor).send().await;
        assert_eq!(keys(&shown), expected, "3.{minor}");
        let detail = bench.get(&format!("{OLD}/detail")).at(minor).send().await;
        assert_eq!(keys(&detail), expected, "3.{minor}");
        let list = bench.get(NEW).at(minor).send().await;
        assert_eq!(keys(&list), ["id", "volume_id", "name", "links"], "3.{minor}");
        expected.insert(4, "auth_key".to_owned());
        assert_eq!(keys(&made), expected, "3.{minor}");
        assert_eq!(bench.delete(&format!("{NEW}/{id}")).at(minor).send().await.status, 202);
    }
}

#[tokio::test]
async fn bodies_are_checked_and_missing_things_not_found() {
    let bench = Bench::new().await;
    let missing = "00000000-0000-4000-8000-000000000000";
    for (transfer, status) in [
        (json!({"volume_id": missing}), 404),
        (json!({"volume_id": "x"}), 400),
        (json!({}), 400),
        (json!({"volume_id": missing, "name": "x".repeat(256)}), 400),
        (json!({"volume_id": missing, "name": null}), 404),
        (json!({"volume_id": missing, "colour": "red"}), 400),
        (json!({"volume_id": missing, "no_snapshots": "maybe"}), 400),
    ] {
        let answer = bench.post(NEW, json!({"transfer": transfer})).send().await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    bench.get(&format!("{NEW}/x")).send().await.fault(404);
    bench.delete(&format!("{OLD}/{missing}")).send().await.fault(404);
    let path = format!("{OLD}/{missing}/accept");
    let told = bench.post(&path, json!({"accept": {"auth_key": "k"}})).send().await.fault(404);
    assert_eq!(told, format!("Transfer {missing} could not be found."));
    bench.post(&path, json!({"accept": {}})).send().await.fault(400);
    bench.post(&path, json!({"accept": {"auth_key": "k", "x": 1}})).send().await.fault(400);
}
