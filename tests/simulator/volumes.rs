//! Volumes: their states, names, ETags, and what they refuse when (`lightbits-api` §2.4, §3).

use std::time::Duration;

use hearth::simulator::Release;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{SNAPSHOTS, VOLUMES, but, cluster, refused, slow, uuid, volume, with};

fn at(uuid: &str) -> String {
    format!("{VOLUMES}/{uuid}")
}

#[tokio::test]
async fn a_volume_is_created_in_the_background() {
    let cluster = slow().await;
    let (status, created) = cluster.post(VOLUMES, volume("v1")).await;
    assert_eq!((status, &created["state"]), (200, &json!("Creating")));
    let id = uuid(&created);
    cluster.pass(9);
    assert_eq!(cluster.show(&id).await["state"], "Creating");
    assert_eq!(refused(cluster.put(&at(&id), json!({"size": "2 gib"})).await), (503, 14));
    assert_eq!(refused(cluster.delete(&at(&id)).await), (503, 14));
    assert_eq!(
        refused(cluster.post(SNAPSHOTS, json!({"name": "s", "sourceVolumeUUID": id})).await),
        (503, 14)
    );
    cluster.pass(1);
    let done = cluster.show(&id).await;
    assert_eq!((&done["state"], &done["protectionState"]), (&json!("Available"), &json!("FullyProtected")));
    assert_eq!((&done["nsid"], done["nodeList"].as_array().unwrap().len()), (&json!(1), 3));
    assert_eq!(done["primaryNodeUUID"], done["nodeList"][0]);
    assert_eq!(done["size"], created["size"]);
}

#[tokio::test]
async fn an_update_shows_when_it_is_done() {
    let cluster = slow().await;
    let id = cluster.volume("v1").await;
    let before = cluster.show(&id).await;
    let update =
        json!({"size": "2 gib", "acl": {"values": ["nqn.host1"]}, "labels": [{"key": "a", "value": "b"}]});
    let etag = before["ETag"].as_str().unwrap();
    assert_eq!(cluster.put_if(&at(&id), etag, update).await, (200, json!({})));
    let during = cluster.show(&id).await;
    assert_eq!((&during["state"], &during["size"]), (&json!("Updating"), &before["size"]));
    assert_ne!(during["ETag"], before["ETag"]);
    assert_eq!(refused(cluster.put(&at(&id), json!({"size": "3 gib"})).await), (503, 14));
    assert_eq!(refused(cluster.delete(&at(&id)).await), (503, 14));
    cluster.pass(10);
    let after = cluster.show(&id).await;
    assert_eq!((&after["state"], &after["size"]), (&json!("Available"), &json!("2147483648")));
    assert_eq!(after["acl"], json!({"values": ["nqn.host1"]}));
    assert_eq!(after["labels"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(after["IPAcl"], before["IPAcl"]);
}

#[tokio::test]
async fn a_stale_etag_is_refused_by_either_status() {
    let cluster = cluster().await;
    let id = cluster.volume("v1").await;
    let refusal = cluster.put_if(&at(&id), "0-0", json!({"size": "2 gib"})).await;
    assert_eq!(refused(refusal), (400, 9));
    let deletion =
        cluster.http.delete(cluster.url(0, &at(&id))).bearer_auth(&cluster.jwt).header("If-Match", "x");
    assert_eq!(deletion.send().await.unwrap().status(), 400);

    let documented = with(|options| options.quirks.etag_412 = true).await;
    let id = documented.volume("v1").await;
    assert_eq!(refused(documented.put_if(&at(&id), "0-0", json!({"size": "2 gib"})).await), (412, 9));
    // Only the mismatch is 412, no other failed precondition.
    documented.delete(&at(&id)).await;
    let husk = documented.volume("v2").await;
    documented.delete(&at(&husk)).await;
    assert_eq!(refused(documented.get(&at(&husk)).await), (404, 5));
}

#[tokio::test]
async fn deletion_takes_its_time_and_frees_the_name_at_once() {
    let cluster = slow().await;
    let id = cluster.volume("v1").await;
    assert_eq!(refused(cluster.post(VOLUMES, volume("v1")).await), (409, 6));
    assert_eq!(cluster.delete(&at(&id)).await, (200, json!({})));
    assert_eq!(cluster.show(&id).await["state"], "Deleting");
    assert_eq!(refused(cluster.delete(&at(&id)).await), (400, 9));
    assert_eq!(refused(cluster.put(&at(&id), json!({"size": "2 gib"})).await), (400, 9));
    assert_eq!(cluster.get(VOLUMES).await, (200, json!({})));
    assert_eq!(cluster.get(&format!("{VOLUMES}?showAll=true")).await.1["volumes"][0]["state"], "Deleting");
    // By name the dying one is found until a new one has the name.
    assert_eq!(uuid(&cluster.get(&format!("{VOLUMES}/?name=v1")).await.1), id);
    let (status, again) = cluster.post(VOLUMES, volume("v1")).await;
    assert_eq!(status, 200);
    assert_eq!(uuid(&cluster.get(&format!("{VOLUMES}/?name=v1")).await.1), uuid(&again));
    cluster.pass(10);
    assert_eq!(refused(cluster.get(&at(&id)).await), (404, 5));
    assert_eq!(refused(cluster.delete(&at(&id)).await), (404, 5));
    assert_eq!(refused(cluster.delete(&at("no-uuid")).await), (404, 5));
}

#[tokio::test]
async fn old_releases_answer_500_to_a_refused_delete() {
    let cluster = with(|options| options.quirks.delete_errors_internal = true).await;
    assert_eq!(refused(cluster.delete(&at("b4b1ab2e-2c9b-4d0d-8a39-9a37f0e3f8a1")).await), (500, 13));
}

#[tokio::test]
async fn a_failed_husk_cannot_be_deleted_and_does_not_hold_its_name() {
    let cluster = slow().await;
    let rule = json!({"match": {"operation": "create_volume"}, "count": 1, "action": {"kind": "fail"}});
    cluster.order("faults", json!({ "rules": [rule] })).await;
    let (status, created) = cluster.post(VOLUMES, volume("v1")).await;
    assert_eq!((status, &created["state"]), (200, &json!("Creating")));
    cluster.pass(10);
    let husk = uuid(&created);
    assert_eq!(cluster.show(&husk).await["state"], "Failed");
    assert_eq!(refused(cluster.delete(&at(&husk)).await), (400, 9));
    let second = cluster.volume("v1").await;
    assert_eq!(uuid(&cluster.get(&format!("{VOLUMES}/?name=v1")).await.1), second);
    assert_eq!(refused(cluster.get(&at(&husk)).await), (404, 5), "the janitor has been here");
}

#[tokio::test]
async fn sizes_round_up_and_shrink_only_by_force() {
    let cluster = cluster().await;
    for (size, bytes) in
        [("511", "4096"), ("4 Gib", "4294967296"), ("1024mib", "1073741824"), ("4097b", "8192")]
    {
        let (status, created) =
            cluster.post(VOLUMES, but(volume(&format!("v{bytes}")), json!({"size": size}))).await;
        assert_eq!((status, &created["size"]), (200, &json!(bytes)), "{size}");
        assert_eq!(cluster.show(&uuid(&created)).await["size"], bytes);
    }
    for size in ["0", "9223372036854775807", "ten", "", "1.5gib"] {
        assert_eq!(
            refused(cluster.post(VOLUMES, but(volume("bad"), json!({"size": size}))).await),
            (400, 3),
            "{size}"
        );
    }
    let id = cluster.volume("v1").await;
    assert_eq!(refused(cluster.put(&at(&id), json!({"size": "1 mib"})).await), (400, 3));
    assert_eq!(cluster.put(&at(&id), json!({"size": "1 mib", "Force": true})).await.0, 200);
    assert_eq!(cluster.show(&id).await["size"], "1048576");
}

#[tokio::test]
async fn a_create_is_checked_field_by_field() {
    let cluster = cluster().await;
    let seventeen: Vec<Value> = (0..17).map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
    for (why, change) in [
        ("name", json!({"name": "no spaces"})),
        ("long name", json!({"name": "x".repeat(254)})),
        ("no name", json!({"name": ""})),
        ("no acl", json!({"acl": null})),
        ("empty acl", json!({"acl": {"values": []}})),
        ("mixed acl", json!({"acl": {"values": ["ALLOW_ANY", "nqn.a"]}})),
        ("ip acl", json!({"IPAcl": {"values": ["not-an-ip"]}})),
        ("no replicas", json!({"replicaCount": 0})),
        ("four replicas", json!({"replicaCount": 4})),
        ("compression", json!({"compression": "perhaps"})),
        ("sector", json!({"sectorSize": 1024})),
        ("labels", json!({"labels": seventeen})),
        ("label", json!({"labels": [{"key": "a b", "value": "c"}]})),
        ("source", json!({"sourceSnapshotName": "none"})),
        ("policy", json!({"qosPolicyName": "none"})),
        (
            "affinity with replicas",
            json!({"placementRestrictions": [{"labelValueKeyPairs": [{"key": "FD", "value": "server00"}]}]}),
        ),
    ] {
        assert_eq!(refused(cluster.post(VOLUMES, but(volume("v"), change)).await), (400, 3), "{why}");
    }
    assert_eq!(refused(cluster.post("projects/nowhere/volumes", volume("v")).await), (400, 3));
    assert_eq!(cluster.truth().await["ledger"], json!([]), "nothing was created");
}

#[tokio::test]
async fn affinity_places_a_single_replica() {
    let cluster = cluster().await;
    let on = |domain: &str| {
        json!({"replicaCount": 1, "placementRestrictions":
            [{"operator": "In", "labelValueKeyPairs": [{"key": "FD", "value": domain}]}]})
    };
    let (status, created) = cluster.post(VOLUMES, but(volume("v1"), on("server02"))).await;
    assert_eq!(status, 200);
    let node = cluster.show(&uuid(&created)).await["nodeList"][0].clone();
    let nodes = cluster.get("nodes?failureDomain=server02").await.1;
    assert_eq!(nodes["nodes"][0]["UUID"], node);
    assert_eq!(refused(cluster.post(VOLUMES, but(volume("v2"), on("server09"))).await), (400, 3));
    let there = cluster.get(&format!("{VOLUMES}?failureDomain=server02")).await.1;
    assert_eq!(there["volumes"].as_array().unwrap().len(), 1);
    assert_eq!(cluster.get(&format!("{VOLUMES}?failureDomain=server01")).await, (200, json!({})));
}

#[tokio::test]
async fn single_replicas_spread_over_the_nodes() {
    let cluster = cluster().await;
    for n in 0..6 {
        cluster.post(VOLUMES, but(volume(&format!("v{n}")), json!({"replicaCount": 1}))).await;
    }
    for domain in ["server00", "server01", "server02"] {
        let list = cluster.get(&format!("{VOLUMES}?failureDomain={domain}")).await.1;
        assert_eq!(list["volumes"].as_array().unwrap().len(), 2, "{domain}");
    }
}

#[tokio::test]
async fn a_rename_takes_the_new_name_at_once() {
    let cluster = slow().await;
    let id = cluster.volume("v1").await;
    cluster.volume("v2").await;
    assert_eq!(refused(cluster.put(&at(&id), json!({"newName": "v2"})).await), (409, 6));
    assert_eq!(cluster.put(&at(&id), json!({"newName": "v3"})).await.0, 200);
    assert_eq!(refused(cluster.post(VOLUMES, volume("v3")).await), (409, 6));
    cluster.pass(10);
    assert_eq!(cluster.show(&id).await["name"], "v3");
    assert_eq!(refused(cluster.get(&format!("{VOLUMES}/?name=v1")).await), (404, 5));

    let old = with(|options| options.release = Release(3, 8, 0)).await;
    let made = but(volume("v1"), json!({"labels": [{"key": "a", "value": "b"}]}));
    let id = uuid(&old.post(VOLUMES, made).await.1);
    assert_eq!(old.put(&at(&id), json!({"newName": "v3"})).await.0, 200);
    let seen = old.show(&id).await;
    assert_eq!((&seen["name"], seen.get("labels"), seen.get("creationTime")), (&json!("v1"), None, None));
}

#[tokio::test]
async fn label_keys_may_lose_their_prefix() {
    let cluster = with(|options| options.quirks.strip_label_prefix = true).await;
    let made = but(volume("v1"), json!({"labels": [{"key": "hearth-owner.id", "value": "a-b"}]}));
    let (_, created) = cluster.post(VOLUMES, made).await;
    assert_eq!(created["labels"], json!([{"key": "id", "value": "a-b"}]));
}

#[tokio::test]
async fn a_fresh_volume_may_be_migrating() {
    let cluster = with(|options| {
        options.migrating = 1.0;
        options.timings.migrate = Duration::from_secs(5);
    })
    .await;
    let id = uuid(&cluster.post(VOLUMES, volume("v1")).await.1);
    assert_eq!(cluster.show(&id).await["state"], "Migrating");
    // It takes what an available one takes.
    assert_eq!(cluster.put(&at(&id), json!({"size": "2 gib"})).await.0, 200);
    let seen = cluster.show(&id).await;
    assert_eq!((&seen["state"], &seen["size"]), (&json!("Available"), &json!("2147483648")));
    cluster.order(&format!("volumes/{id}/migrate"), json!({})).await;
    assert_eq!(cluster.show(&id).await["state"], "Migrating");
    cluster.pass(5);
    assert_eq!(cluster.show(&id).await["state"], "Available");
}

#[tokio::test]
async fn lists_page_by_the_last_uuid() {
    let cluster = cluster().await;
    for n in 0..25 {
        cluster.post(VOLUMES, volume(&format!("v{n}"))).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = cluster.get(&format!("{VOLUMES}?limit=10{after}")).await.1;
        let names: Vec<String> =
            page["volumes"].as_array().into_iter().flatten().map(|it| it["name"].to_string()).collect();
        if names.is_empty() {
            break;
        }
        after = format!("&offsetUUID={}", uuid(page["volumes"].as_array().unwrap().last().unwrap()));
        assert!(names.len() <= 10);
        seen.extend(names);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    assert_eq!(refused(cluster.get(&format!("{VOLUMES}?limit=1001")).await), (400, 3));
    assert_eq!(refused(cluster.get(&format!("{VOLUMES}?offsetUUID=x")).await), (400, 3));
}

#[tokio::test]
async fn projects_do_not_see_each_others_volumes() {
    let cluster = cluster().await;
    assert_eq!(cluster.post("projects", json!({"name": "a"})).await.0, 200);
    let mine = uuid(&cluster.post("projects/a/volumes", volume("v1")).await.1);
    cluster.volume("v1").await;
    assert_eq!(refused(cluster.get(&at(&mine)).await), (404, 5));
    assert_eq!(refused(cluster.delete(&at(&mine)).await), (404, 5));
    assert_eq!(uuid(&cluster.get("projects/a/volumes/?name=v1").await.1), mine);
    assert_eq!(cluster.get("volumes").await.1["volumes"].as_array().unwrap().len(), 2);
    let gone = cluster.on(0, Method::DELETE, "projects/a", None).await;
    assert_eq!(refused(gone), (400, 9));
    cluster.delete(&format!("projects/a/volumes/{mine}")).await;
    assert_eq!(cluster.delete("projects/a").await, (200, json!({})));
    assert_eq!(refused(cluster.delete("projects/default").await), (400, 9));
}
