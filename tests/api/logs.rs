//! Log levels and hosts, as administrators change them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hearth::auth::Authenticator;
use hearth::domain::log_level::{LogLevel, LogLevels};
use serde_json::json;

use super::bench::Bench;

/// Levels that are only remembered; that they act is tested where they do.
#[derive(Default)]
struct Remembered(Mutex<BTreeMap<String, LogLevel>>);

impl LogLevels for Remembered {
    fn level(&self, target: &str) -> Option<LogLevel> {
        Some(self.0.lock().unwrap().get(target).copied().unwrap_or(LogLevel::Info))
    }
    fn named(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
    fn set(&self, targets: &[String], level: LogLevel) {
        self.0.lock().unwrap().extend(targets.iter().map(|target| (target.clone(), level)));
    }
}

#[tokio::test]
async fn levels_are_shown_and_set() {
    let levels: Option<Arc<dyn LogLevels>> = Some(Arc::new(Remembered::default()));
    let bench = Bench::with(Authenticator::NoAuth, |edge| edge.with_log_levels(levels)).await;
    let get = |body| bench.put("/os-services/get-log", body);
    let set = |body| bench.put("/os-services/set-log", body);
    let all = get(json!({})).send().await.expect(200);
    let all = all["log_levels"].as_array().unwrap();
    let binaries: Vec<_> = all.iter().map(|one| one["binary"].as_str().unwrap()).collect();
    assert_eq!(binaries, ["cinder-api", "cinder-scheduler"]);
    assert_eq!(all[1]["levels"], json!({"hearth::placement": "INFO"}));

    let body = json!({"binary": "cinder-api", "level": "debug", "prefix": "hearth::au"});
    assert_eq!(set(body).send().await.status, 202);
    let of_api = get(json!({"binary": "cinder-api", "prefix": "hearth::"})).send().await.expect(200);
    let levels = json!({"hearth::api": "INFO", "hearth::auth": "DEBUG", "hearth::service": "INFO"});
    assert_eq!(of_api, json!({"log_levels": [{"host": "hearth", "binary": "cinder-api", "levels": levels}]}));

    // Inside a room, too.
    let body = json!({"binary": "*", "level": "ERROR", "prefix": "hearth::auth::keystone"});
    assert_eq!(set(body).send().await.status, 202);
    let inside = get(json!({"prefix": "hearth::auth"})).send().await.expect(200);
    let levels = json!({"hearth::auth": "DEBUG", "hearth::auth::keystone": "ERROR"});
    assert_eq!(inside["log_levels"][0]["levels"], levels);

    for server in ["elsewhere", "hearth@none"] {
        assert_eq!(set(json!({"level": "ERROR", "server": server})).send().await.status, 202);
        assert_eq!(get(json!({"server": server})).send().await.expect(200), json!({"log_levels": []}));
    }
    assert_eq!(get(json!({"binary": "cinder-backup"})).send().await.expect(200), json!({"log_levels": []}));
}

#[tokio::test]
async fn what_is_no_level_is_refused() {
    let bench = Bench::new().await;
    let set = |body| bench.put("/os-services/set-log", body);
    let told = set(json!({"level": "LOUD"})).send().await.fault(400);
    assert_eq!(told, "Invalid input received: LOUD is not a valid log level.");
    let told = set(json!({})).send().await.fault(400);
    assert_eq!(told, "Invalid input received:  is not a valid log level.");
    let told = set(json!({"level": null})).send().await.fault(400);
    assert_eq!(told, "Invalid input received:  is not a valid log level.");
    let told = set(json!({"level": 5})).send().await.fault(400);
    let sentence = "5 is not of type 'string', 'null'";
    assert_eq!(told, format!("Invalid input for field/attribute level. Value: 5. {sentence}"));
    assert_eq!(set(json!({"binary": "cinder-volume", "server": "nowhere"})).send().await.status, 202);
    for bad in [
        json!({"level": "INFO", "binary": "nova-api"}),
        json!({"level": "INFO", "x": 1}),
        json!({"level": 1}),
    ] {
        set(bad).send().await.fault(400);
    }
    set(json!({"level": "INFO"})).at(31).send().await.fault(404);
    bench.put("/os-services/get-log", json!({})).at(31).send().await.fault(404);
}

#[tokio::test]
async fn hosts_are_enabled_and_disabled() {
    let bench = Bench::new().await;
    bench.cluster("lb0", "nova").await;
    let one = "/os-hosts/hearth@lb0";
    let told = bench.put(one, json!({" Status": "Disable "})).send().await.expect(200);
    assert_eq!(told, json!({"host": "hearth@lb0", "status": "disabled"}));
    let services = bench.get("/os-services?binary=cinder-volume").send().await.expect(200);
    assert_eq!(services["services"][0]["status"], "disabled");
    let told = bench.put(one, json!({"status": "enable"})).send().await.expect(200);
    assert_eq!(told["status"], "enabled");
    assert_eq!(bench.put(one, json!({"status": "drop"})).send().await.fault(400), "Invalid status: 'drop'");
    assert_eq!(bench.put(one, json!({"x": "y"})).send().await.fault(400), "Invalid update setting: 'x'");
    let told = bench.put("/os-hosts/hearth@none", json!({"status": "enable"})).send().await.fault(404);
    assert_eq!(told, "Host hearth@none could not be found.");
    let told = bench.put("/os-hosts", json!({"status": "enable"})).send().await.fault(400);
    assert!(told.starts_with("The server could not comply with the request"), "{told}");
}
