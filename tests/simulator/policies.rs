//! QoS policies, feature flags, configuration (`lightbits-api` §2.7, §2.10).

use serde_json::{Value, json};

use crate::harness::{VOLUMES, but, cluster, refused, uuid, volume};

fn policy(name: &str, rate: Value) -> Value {
    json!({"name": name, "qoSRateLimitPolicy": rate})
}

#[tokio::test]
async fn a_policy_is_written_and_read_with_different_capitals() {
    let cluster = cluster().await;
    let rate =
        json!({"policyVisibility": "Global", "limitIOPS": {"writeIOPSLimit": 400, "readIOPSLimit": "512"}});
    let (status, made) = cluster.post("policies", policy("gold", rate.clone())).await;
    assert_eq!((status, &made["state"]), (200, &json!("Active")));
    let limits = &made["QoSRateLimitPolicy"]["limitIOPS"];
    assert_eq!(limits, &json!({"writeIOPSLimit": 512, "readIOPSLimit": 512}), "in steps of 256");
    assert_eq!(refused(cluster.post("policies", policy("gold", rate)).await), (409, 6));
    for bad in [
        json!({}),
        json!({"limitBw": {}, "limitIOPS": {}}),
        json!({"policyVisibility": "Everywhere", "limitBw": {}}),
    ] {
        assert_eq!(refused(cluster.post("policies", policy("bad", bad)).await), (400, 3));
    }
    let names: Vec<String> = cluster.get("policies").await.1["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(names.contains(&"gold".to_owned()) && names.contains(&"no-limit-policy".to_owned()));
    assert_eq!(cluster.get("policies?name=gold").await.1["policies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_volume_gets_its_own_its_projects_or_the_clusters_policy() {
    let cluster = cluster().await;
    let global = json!({"policyVisibility": "Global", "limitBw": {"writeBWLimit": 100}});
    let gold = uuid(&cluster.post("policies", policy("gold", global.clone())).await.1);
    let silver = uuid(&cluster.post("policies", policy("silver", global)).await.1);
    let first = cluster.post(VOLUMES, volume("v1")).await.1;
    assert_eq!(first["qosPolicyName"], "no-limit-policy");
    let defaults = json!({"defaultPolicies": [{"policyType": "qosRateLimit", "policyUUID": silver}]});
    assert_eq!(cluster.put("projects/default", defaults).await, (200, json!({})));
    assert_eq!(cluster.post(VOLUMES, volume("v2")).await.1["qosPolicyUUID"], silver);
    let own = but(volume("v3"), json!({"qosPolicyUUID": gold}));
    assert_eq!(cluster.post(VOLUMES, own).await.1["qosPolicyName"], "gold");
    let both = but(volume("v4"), json!({"qosPolicyUUID": gold, "qosPolicyName": "gold"}));
    assert_eq!(refused(cluster.post(VOLUMES, both).await), (400, 3));
    // Changed in place, without an ETag, as the Cinder driver does it.
    let path = format!("{VOLUMES}/{}", uuid(&first));
    let change = json!({"UUID": uuid(&first), "qosPolicyUUID": gold});
    assert_eq!(cluster.put(&path, change).await, (200, json!({})));
    assert_eq!(cluster.get(&path).await.1["qosPolicyName"], "gold");
    assert_eq!(refused(cluster.delete(&format!("policies/{gold}")).await), (400, 9));
}

#[tokio::test]
async fn a_scoped_policy_serves_its_projects() {
    let cluster = cluster().await;
    cluster.post("projects", json!({"name": "a"})).await;
    let scoped = json!({"policyVisibility": "Scoped", "projectsNamesScope": ["a"], "limitIOPSPerGB": {"readIOPSPerGBLimit": 3}});
    let id = uuid(&cluster.post("policies", policy("a-only", scoped)).await.1);
    let named = |name: &str| but(volume(name), json!({"qosPolicyName": "a-only"}));
    assert_eq!(refused(cluster.post(VOLUMES, named("v1")).await), (400, 3));
    let made = cluster.post("projects/a/volumes", named("v1")).await.1;
    assert_eq!(made["qosPolicyUUID"], id);
    let seen = cluster.get("policies?projectName=a").await.1;
    let hidden = seen["policies"].as_array().unwrap().iter().find(|it| it["name"] == "a-only").unwrap();
    assert_eq!(hidden["QoSRateLimitPolicy"].get("projectsNamesScope"), None);
    assert_eq!(
        cluster.get(&format!("policies/{id}")).await.1["QoSRateLimitPolicy"]["projectsNamesScope"],
        json!(["a"])
    );
    cluster.delete(&format!("projects/a/volumes/{}", uuid(&made))).await;
    cluster.get("version").await;
    assert_eq!(cluster.delete(&format!("policies/{id}")).await, (200, json!({})));
    assert_eq!(refused(cluster.get(&format!("policies/{id}")).await), (404, 5));
}

#[tokio::test]
async fn flags_and_settings_are_kept() {
    let cluster = cluster().await;
    let flags = cluster.get("featureFlags").await.1;
    assert_eq!(flags["featureFlags"]["event-log"], json!({"name": "event-log", "enabled": true}));
    assert_eq!(cluster.on(0, reqwest::Method::POST, "featureFlags/fail-in-place/enable", None).await.0, 200);
    assert_eq!(cluster.get("featureFlags/fail-in-place").await.1["enabled"], true);
    assert_eq!(refused(cluster.get("featureFlags/flying").await), (400, 3));
    let param = json!({"configParam": {"name": "ClusterName", "value": "renamed"}});
    assert_eq!(cluster.put("clusterConfig/ClusterName", param).await, (200, json!({})));
    assert_eq!(cluster.get("clusterinfo").await.1["clusterName"], "renamed");
    assert_eq!(refused(cluster.get("clusterConfig/Nothing").await), (404, 5));
    assert_eq!(cluster.get("events").await, (200, json!({})));
    assert_eq!(refused(cluster.get("events?severity=High&componentType=Node").await), (501, 12));
}
