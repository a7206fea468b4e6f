//! The fleet API of a whole gateway.

use std::time::Duration;

use hearth::app;
use hearth::config::{Config, Period, Strategy};
use hearth::domain::Clock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Sim, eventually};

pub struct Gateway {
    pub folder: tempfile::TempDir,
    config: Config,
    running: Option<app::Running>,
    http: reqwest::Client,
}

impl Gateway {
    /// No-auth, on free ports, over SQLite in a folder, watching closely.
    pub async fn start(clusters_toml: &str) -> Self {
        Self::start_with(clusters_toml, |_| ()).await
    }

    pub async fn start_with(clusters_toml: &str, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        #[expect(clippy::disallowed_methods, reason = "as an editor does it")]
        std::fs::write(folder.path().join("clusters.toml"), clusters_toml).unwrap();
        let mut config = Config::default();
        config.auth.strategy = Strategy::Noauth;
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
        config.database.data_dir = folder.path().to_owned();
        config.fleet.clusters_file = folder.path().join("clusters.toml");
        config.fleet.poll_interval = Period(Duration::from_millis(200));
        config.fleet.probe_interval = Period(Duration::from_millis(20));
        config.fleet.trust_time = Period(Duration::from_millis(200));
        config.quotas.volumes = -1;
        config.quotas.gigabytes = -1;
        change(&mut config);
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let mut gateway = Self { folder, config, running: None, http };
        gateway.up().await;
        gateway
    }

    pub async fn up(&mut self) {
        self.running = Some(app::start(&self.config, Clock::System).await.unwrap());
    }

    pub async fn down(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("http://{}{path}", self.running.as_ref().unwrap().address);
        let mut request = self.http.request(method, url).header("X-Auth-Token", "ops:c0ffee");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// As soon as it can be placed on.
    pub async fn ready(&self, cluster: &str) -> Value {
        let path = format!("/fleet/v1/clusters/{cluster}");
        eventually("a usable cluster", async || {
            let found = self.get(&path).await["cluster"].clone();
            (found["state"] == "reachable" && !found["capacity"].is_null()).then_some(found)
        })
        .await
    }

    pub async fn create_volume(&self, gib: u64) -> String {
        let body = json!({"volume": {"size": gib}});
        let (status, body) = self.ask(Method::POST, "/v3/c0ffee/volumes", Some(body)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        body["volume"]["id"].as_str().unwrap().to_owned()
    }

    pub async fn settled(&self, volume: &str) -> String {
        let path = format!("/v3/c0ffee/volumes/{volume}");
        eventually("the end of its creation", async || {
            let status = self.get(&path).await["volume"]["status"].as_str().unwrap().to_owned();
            (status != "creating").then_some(status)
        })
        .await
    }
}

fn registration(sim: &Sim, name: &str, endpoint: usize) -> Value {
    let running = sim.at_work();
    json!({"cluster": {
        "name": name,
        "endpoints": [running.endpoints()[endpoint].to_string()],
        "ca_file": running.ca(),
        "jwt_file": running.keys().system_jwt,
        "labels": {"tier": "gold"},
        "max_over_subscription_ratio": 1.5,
    }})
}

const CLUSTERS: &str = "/fleet/v1/clusters";

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_registered_used_and_removed() {
    let (gateway, sim) = (Gateway::start("# mine\n").await, Sim::start("a").await);
    assert_eq!(gateway.get(CLUSTERS).await["clusters"], json!([]));
    let (status, body) = gateway.ask(Method::POST, CLUSTERS, Some(registration(&sim, "prod-a", 0))).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let cluster = &body["cluster"];
    assert_eq!(cluster["id"], sim.id().to_string());
    assert_eq!((&cluster["intent"], &cluster["labels"]["tier"]), (&json!("enabled"), &json!("gold")));
    assert_eq!((&cluster["credentials"], &cluster["tls"]), (&json!("jwt-file"), &json!("verify-ca-file")));
    let text = std::fs::read_to_string(gateway.folder.path().join("clusters.toml")).unwrap();
    assert!(text.starts_with("# mine\n\n[[cluster]]\nname = \"prod-a\"\nuuid = "), "{text}");
    // By its UUID too; the same cluster by another name and address is refused and leaves no trace.
    gateway.ready(&sim.id().to_string()).await;
    let (status, body) = gateway.ask(Method::POST, CLUSTERS, Some(registration(&sim, "other", 1))).await;
    assert_eq!(status, StatusCode::CONFLICT, "{body}");
    assert_eq!(gateway.get(CLUSTERS).await["clusters"].as_array().unwrap().len(), 1);
    let (status, _) = gateway.ask(Method::POST, CLUSTERS, Some(registration(&sim, "PROD-A", 2))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "names differ by more than case");

    let volume = gateway.create_volume(10).await;
    assert_eq!(gateway.settled(&volume).await, "available");
    let placement = gateway.get(&format!("/fleet/v1/placements/{volume}")).await;
    assert_eq!(placement["placement"]["verdicts"][0]["verdict"], "chosen", "{placement}");
    let shown = gateway.get(&format!("{CLUSTERS}/prod-a")).await;
    assert_eq!(shown["cluster"]["ours"]["volumes"], 1);
    assert_eq!(shown["cluster"]["capacity"]["provisioned"], 30_u64 << 30, "{shown}");

    let path = format!("{CLUSTERS}/prod-a");
    let (status, body) = gateway.ask(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(body["conflictingRequest"]["message"].as_str().unwrap().contains("1 volumes"), "{body}");
    let (status, _) = gateway.ask(Method::DELETE, &format!("{path}?force=true"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let left = gateway.get(CLUSTERS).await;
    assert_eq!(left["clusters"][0]["registered"], false, "it is shown while volumes point at it: {left}");
    assert_eq!(gateway.get(&format!("/v3/c0ffee/volumes/{volume}")).await["volume"]["id"], volume.as_str());
    let (status, _) = gateway.ask(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let text = std::fs::read_to_string(gateway.folder.path().join("clusters.toml")).unwrap();
    assert_eq!(text, "# mine\n\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cordon_holds_across_restarts_and_pushes_of_the_file() {
    let sim = Sim::start("a").await;
    let mut gateway = Gateway::start(&sim.entry("prod-a")).await;
    gateway.ready("prod-a").await;
    let action = format!("{CLUSTERS}/prod-a/action");
    let cordon = json!({"cordon": {"reason": "new disks"}});
    let (status, body) = gateway.ask(Method::POST, &action, Some(cordon)).await;
    assert_eq!((status, &body["cluster"]["intent"]), (StatusCode::OK, &json!("cordoned")));
    assert_eq!(body["cluster"]["intent_by"], "ops");
    gateway.down().await;
    #[expect(clippy::disallowed_methods, reason = "a push of the configuration")]
    std::fs::write(gateway.folder.path().join("clusters.toml"), sim.entry("prod-a")).unwrap();
    gateway.up().await;
    let found = gateway.ready("prod-a").await;
    assert_eq!((&found["intent"], &found["intent_reason"]), (&json!("cordoned"), &json!("new disks")));
    let volume = gateway.create_volume(1).await;
    assert_eq!(gateway.settled(&volume).await, "error");
    let placement = gateway.get(&format!("/fleet/v1/placements/{volume}")).await;
    let why = placement["placement"]["verdicts"][0]["why"].as_str().unwrap().to_owned();
    assert_eq!(why, "it is cordoned by its operator (new disks)");
    let (status, _) = gateway.ask(Method::POST, &action, Some(json!({"uncordon": null}))).await;
    assert_eq!(status, StatusCode::OK);
    let volume = gateway.create_volume(1).await;
    assert_eq!(gateway.settled(&volume).await, "available");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_a_clear_refusal() {
    let gateway = Gateway::start("").await;
    let name_only = json!({"cluster": {"name": "a"}});
    let bodies = [
        json!({}),
        json!([]),
        json!({"cluster": {"name": "a b", "endpoints": ["h"]}}),
        json!({"cluster": {"name": "", "endpoints": ["h"]}}),
        json!({"cluster": {"name": "a", "endpoints": []}}),
        json!({"cluster": {"name": "a", "endpoints": [1]}}),
        json!({"cluster": {"name": "a", "endpoints": "h"}}),
        json!({"cluster": {"name": "a", "endpoints": ["https://h"]}}),
        json!({"cluster": {"name": "a", "endpoints": ["h"], "uuid": "x"}}),
        json!({"cluster": {"name": "a", "endpoints": ["h"], "tls": "maybe"}}),
        json!({"cluster": {"name": "a", "endpoints": ["h"], "unknown": 1}}),
        json!({"cluster": {"name": "a", "endpoints": ["h"], "default_replicas": 4}}),
        json!({"cluster": {"name": "a", "endpoints": ["h"], "max_over_subscription_ratio": "x"}}),
        json!({"cluster": {"name": "a", "endpoints": ["h"], "max_over_subscription_ratio": -1}}),
        json!({"cluster": {"name": "a\"]\n[x", "endpoints": ["h"]}}),
        name_only,
    ];
    for body in bodies {
        let (status, answer) = gateway.ask(Method::POST, CLUSTERS, Some(body.clone())).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        assert!(answer["badRequest"]["message"].is_string(), "{answer}");
    }
    assert_eq!(std::fs::read_to_string(gateway.folder.path().join("clusters.toml")).unwrap(), "");
    for (method, path, expected) in [
        (Method::GET, "/fleet/v1/clusters/none", StatusCode::NOT_FOUND),
        (Method::DELETE, "/fleet/v1/clusters/none", StatusCode::NOT_FOUND),
        (Method::DELETE, "/fleet/v1/clusters/none?force=perhaps", StatusCode::BAD_REQUEST),
        (Method::GET, "/fleet/v1/placements/none", StatusCode::NOT_FOUND),
        (Method::GET, "/fleet/v1/clusters/%ff", StatusCode::BAD_REQUEST),
        (Method::GET, "/fleet/v1/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/fleet/v1", StatusCode::NOT_FOUND),
        (Method::PATCH, "/fleet/v1/clusters", StatusCode::NOT_FOUND),
    ] {
        let (status, body) = gateway.ask(method, path, None).await;
        assert_eq!(status, expected, "{path}: {body}");
    }
    let (status, _) =
        gateway.ask(Method::POST, "/fleet/v1/clusters/none/action", Some(json!({"explode": null}))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn intents_forbid_what_they_say_and_no_more() {
    let sim = Sim::start("a").await;
    let gateway = Gateway::start(&sim.entry("prod-a")).await;
    gateway.ready("prod-a").await;
    let volume = gateway.create_volume(1).await;
    assert_eq!(gateway.settled(&volume).await, "available");
    let path = format!("/v3/c0ffee/volumes/{volume}");
    let snapshot = || json!({"snapshot": {"volume_id": volume, "force": true}});
    let connector = json!({"nqn": "nqn.host", "host": "h", "found_dsc": "found", "host_ips": ["127.0.0.1"]});
    let connect = || json!({"os-initialize_connection": {"connector": connector}});
    for (intent, remodel, using) in [
        ("frozen", StatusCode::BAD_REQUEST, StatusCode::OK),
        ("maintenance", StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE),
        ("draining", StatusCode::ACCEPTED, StatusCode::OK),
    ] {
        let body = json!({"cordon": {"intent": intent}});
        let action = format!("{CLUSTERS}/prod-a/action");
        assert_eq!(gateway.ask(Method::POST, &action, Some(body)).await.0, StatusCode::OK);
        let (status, body) = gateway.ask(Method::POST, &format!("{path}/action"), Some(connect())).await;
        assert_eq!(status, using, "{intent}: {body}");
        let (status, body) = gateway.ask(Method::POST, "/v3/c0ffee/snapshots", Some(snapshot())).await;
        assert_eq!(status, remodel, "{intent}: {body}");
        if remodel != StatusCode::ACCEPTED {
            let (status, body) = gateway.ask(Method::DELETE, &path, None).await;
            assert_eq!(status, remodel, "{intent}: {body}");
        }
        let refused = gateway.create_volume(1).await;
        assert_eq!(gateway.settled(&refused).await, "error", "{intent} takes no new volumes");
    }
}
