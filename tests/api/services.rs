//! Clusters as services, hosts, pools and zones.

use hearth::domain::cluster::{Capacity, Observed};
use hearth::domain::{Bytes, Timestamp};
use hearth::store::PollResult;
use serde_json::{Value, json};

use super::bench::Bench;
use super::roles::{Door, door};

/// Two clusters; only the first has been polled.
async fn fleet() -> Bench {
    let bench = Bench::new().await;
    let polled = bench.cluster("c1", "nova").await;
    bench.cluster("c2", "west").await;
    let gib = |n: u64| Bytes(n << 30);
    let capacity = Capacity { effective: gib(100), physical_used: gib(25), ..Capacity::default() };
    let poll = PollResult { capacity, started_at: Timestamp(1_000_000), ..PollResult::default() };
    let poll = &poll;
    let write = bench.services.store.write("test", |tx, _| {
        Box::pin(async move {
            tx.set_observed(polled, Observed::Reachable, None, Timestamp(1)).await?;
            let number = tx.begin_poll(polled).await?;
            tx.finish_poll(polled, number, poll).await
        })
    });
    assert!(write.await.unwrap());
    bench
}

fn service<'v>(list: &'v Value, host: &str) -> &'v Value {
    let services = list["services"].as_array().unwrap();
    services.iter().find(|service| service["host"] == host).unwrap()
}

#[tokio::test]
async fn services_are_listed_and_switched() {
    let bench = fleet().await;
    let list = bench.get("/os-services").send().await.expect(200);
    assert_eq!(list["services"].as_array().unwrap().len(), 3);
    let first = service(&list, "hearth@c1");
    assert_eq!((&first["state"], &first["status"]), (&json!("up"), &json!("enabled")));
    assert_eq!((&first["backend_state"], &first["frozen"]), (&json!("up"), &json!(false)));
    assert_eq!(service(&list, "hearth@c2")["state"], "down");
    assert!(service(&list, "hearth").get("frozen").is_none());
    let early = bench.get("/os-services?binary=cinder-volume").at(6).send().await.expect(200);
    assert_eq!(early["services"].as_array().unwrap().len(), 2);
    assert!(service(&early, "hearth@c1").get("cluster").is_none());
    assert!(service(&early, "hearth@c1").get("backend_state").is_none());

    let target = json!({"binary": "cinder-volume", "host": "hearth@c1", "disabled_reason": "new disks"});
    let told = bench.put("/os-services/disable-log-reason", target).send().await.expect(200);
    assert_eq!((&told["status"], &told["disabled_reason"]), (&json!("disabled"), &json!("new disks")));
    let list = bench.get("/os-services?host=hearth@c1").send().await.expect(200);
    assert_eq!(list["services"][0]["disabled_reason"], "new disks");
    let target = json!({"binary": "cinder-volume", "host": "hearth@c1"});
    let enabled = bench.put("/os-services/enable", target).send().await.expect(200);
    assert_eq!((&enabled["disabled"], enabled.get("disabled_reason")), (&json!(false), None));
    let list = bench.get("/os-services?host=hearth@c1").send().await.expect(200);
    assert_eq!(list["services"][0]["status"], "enabled");

    let target = json!({"binary": "cinder-volume", "host": "hearth@c1"});
    let told = bench.put("/os-services/disable-log-reason", target.clone()).send().await.expect(200);
    assert_eq!((&told["status"], told.get("disabled_reason")), (&json!("disabled"), Some(&Value::Null)));
    let told = bench.put("/os-services/enable", target).send().await.expect(200);
    assert_eq!(told["status"], "enabled");

    for (path, body, status) in [
        ("enable", json!({"binary": "cinder-volume", "host": "hearth@c9"}), 404),
        ("enable", json!({"host": "hearth@c1"}), 400),
        ("disable", json!({"binary": "cinder-volume"}), 400),
        ("disable", json!({"binary": "cinder-volume", "host": "bad host"}), 400),
        ("disable-log-reason", json!({"binary": "cinder-volume", "host": "hearth@c9"}), 404),
        ("disable-log-reason", json!({"binary": "b", "host": "h", "disabled_reason": " "}), 400),
        ("failover_host", json!({"host": "hearth@c1"}), 400),
        ("freeze", json!({"host": "hearth@c9"}), 400),
        ("thaw", json!({"host": "hearth@c1"}), 400),
        ("freeze", json!({}), 400),
    ] {
        let told = bench.put(&format!("/os-services/{path}"), body).send().await;
        assert_eq!(told.status, status, "{path}: {}", told.text);
    }
}

#[tokio::test]
async fn the_body_is_looked_at_before_who_sends_it() {
    let Door { bench, .. } = door().await;
    let none = "is not valid under any of the given schemas";
    for (path, body, told) in [
        ("disable", json!({}), format!("{{}} {none}")),
        ("enable", json!({"x": 1}), format!("{{'x': 1}} {none}")),
        ("disable-log-reason", json!({"disabled_reason": "r"}), format!("{{'disabled_reason': 'r'}} {none}")),
        (
            "disable",
            json!({"binary": "b", "x": 1}),
            "Additional properties are not allowed ('x' was unexpected)".to_owned(),
        ),
    ] {
        let answer = bench.put(&format!("/os-services/{path}"), body).token("reader").send().await;
        assert_eq!(answer.fault(400), told, "{path}");
    }
    let body = json!({"binary": "cinder-volume", "host": "nowhere"});
    bench.put("/os-services/disable", body.clone()).token("reader").send().await.fault(403);
    let told = bench.put("/os-services/disable-log-reason", body).token("admin").send().await.fault(404);
    assert_eq!(told, "Service cinder-volume could not be found on host nowhere.");
}

#[tokio::test]
async fn a_frozen_backend_says_so() {
    let bench = fleet().await;
    let host = json!({"host": "hearth@c1"});
    assert_eq!(bench.put("/os-services/freeze", host.clone()).send().await.status, 200);
    let told = bench.put("/os-services/freeze", host.clone()).send().await.fault(400);
    let unchanged = "Invalid input received: No service could be changed:";
    assert_eq!(told, format!("{unchanged} frozen in ['hearth@c1'] must be False to failover."));
    let list = bench.get("/os-services?host=hearth@c1").send().await.expect(200);
    let frozen = &list["services"][0];
    assert_eq!((&frozen["frozen"], &frozen["status"]), (&json!(true), &json!("disabled")));
    assert_eq!(frozen["disabled_reason"], "frozen");
    assert_eq!(bench.put("/os-services/thaw", host.clone()).send().await.status, 200);
    let told = bench.put("/os-services/thaw", host.clone()).send().await.fault(400);
    assert_eq!(told, format!("{unchanged} frozen in ['hearth@c1'] must be True to failover."));
    let told = bench.put("/os-services/failover_host", host).send().await.fault(400);
    let expected = "['enabled', 'failed-over'] and must be up to failover.";
    assert_eq!(told, format!("{unchanged} replication_status in ['hearth@c1'] must be {expected}"));
    for (body, told) in [
        (json!({"host": "hearth@c9"}), "No service found with host=hearth@c9"),
        (json!({"host": "hearth@c1#c1"}), "No service found with host=hearth@c1#c1"),
        (json!({"host": "hearth"}), "Services from different clusters found."),
        (json!({"cluster": "c1"}), "No service found with cluster=c1"),
    ] {
        assert_eq!(bench.put("/os-services/freeze", body).send().await.fault(400), told);
    }
}

#[tokio::test]
async fn pools_tell_their_capacity() {
    let bench = fleet().await;
    let short = bench.get("/scheduler-stats/get_pools").send().await.expect(200);
    assert_eq!(short, json!({"pools": [{"name": "hearth@c1#c1"}, {"name": "hearth@c2#c2"}]}));
    let long =
        bench.get("/scheduler-stats/get_pools?detail=true&name=hearth@c1%23c1").send().await.expect(200);
    let capabilities = &long["pools"][0]["capabilities"];
    assert_eq!(capabilities["total_capacity_gb"], 100.0);
    assert_eq!(capabilities["free_capacity_gb"], 75.0);
    assert_eq!(capabilities["max_over_subscription_ratio"], "20.0");
    let all = bench.get("/scheduler-stats/get_pools?detail=1").at(0).send().await.expect(200);
    assert_eq!(all["pools"][1]["capabilities"]["free_capacity_gb"], "unknown");
    bench.get("/scheduler-stats/get_pools?colour=red").send().await.fault(400);
    // Between 3.28 and 3.31 whatever is asked for is about the capabilities.
    for (query, version, found) in [
        ("colour=red", 27, 2),
        ("colour=red", 28, 0),
        ("vendor_name=LightOS%20Storage", 30, 2),
        ("multiattach=yes&total_capacity_gb=100.0", 30, 1),
        ("location_info=x", 30, 0),
        ("volume_type=none", 34, 2),
    ] {
        let path = format!("/scheduler-stats/get_pools?{query}");
        let list = bench.get(&path).at(version).send().await.expect(200);
        assert_eq!(list["pools"].as_array().unwrap().len(), found, "{query} at {version}");
    }
    bench.get("/scheduler-stats/get_pools?detail=x").send().await.fault(400);

    let shown = bench.get("/capabilities/hearth@c1%23c1").send().await.expect(200);
    assert_eq!(shown["vendor_name"], capabilities["vendor_name"]);
    assert_eq!(shown["namespace"], "OS::Storage::Capabilities::hearth@c1");
    assert_eq!(bench.get("/capabilities/elsewhere").send().await.fault(404), "Can't find service: elsewhere");
}

#[tokio::test]
async fn hosts_and_zones_follow_the_clusters() {
    let bench = fleet().await;
    let hosts = bench.get("/os-hosts").send().await.expect(200);
    assert_eq!(hosts["hosts"].as_array().unwrap().len(), 3);
    let only = bench.get("/os-hosts?service=cinder-volume&zone=west").send().await.expect(200);
    assert_eq!(only["hosts"][0]["host_name"], "hearth@c2");
    assert_eq!(only["hosts"][0]["service-status"], "unavailable");
    let shown = bench.get("/os-hosts/hearth@c1").send().await.expect(200);
    assert_eq!(shown["host"][0]["resource"]["volume_count"], "0");
    bench.get("/os-hosts/nowhere").send().await.fault(404);

    let west = json!({"binary": "cinder-volume", "host": "hearth@c2"});
    bench.put("/os-services/disable", west).send().await.expect(200);
    let zones = bench.get("/os-availability-zone").send().await.expect(200);
    let expected = json!([
        {"zoneName": "nova", "zoneState": {"available": true}},
        {"zoneName": "west", "zoneState": {"available": false}},
    ]);
    assert_eq!(zones["availabilityZoneInfo"], expected);
}
