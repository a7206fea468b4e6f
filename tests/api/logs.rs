//! Log levels and hosts, as administrators change them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hearth::domain::Clock;
use hearth::domain::log_level::{LogLevel, LogLevels};
use hearth::service::logs::LogService;
use hearth::store::{LogFollower, Store};
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

/// A gateway on this store, which logs as it is told.
async fn gateway(store: &Store) -> Bench {
    let control = Arc::new(Remembered::default());
    let follower = Arc::new(LogFollower::start(store, control).await.unwrap());
    let logs = LogService::new(store.clone(), Clock::System, follower);
    Bench::on(store.clone(), |edge| edge.with_logs(Some(logs)))
}

#[tokio::test]
async fn levels_are_shown_and_set() {
    let bench = gateway(&Bench::store().await).await;
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

/// Each has a pool, a cache and a log of its own, as processes on several hosts have.
#[tokio::test]
async fn what_is_set_at_one_gateway_acts_on_all() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/hearth.db", folder.path().display());
    let [one, two] = [Store::connect(&url, 2).await.unwrap(), Store::connect(&url, 2).await.unwrap()];
    one.migrate(&Clock::System).await.unwrap();
    let (a, b) = (gateway(&one).await, gateway(&two).await);
    let level = async |of: &Bench| {
        let told = of.put("/os-services/get-log", json!({"prefix": "hearth::p"})).send().await.expect(200);
        let levels = told["log_levels"].as_array().unwrap().clone();
        let [scheduler] = &levels[1..] else { panic!("{levels:?}") };
        assert_eq!(levels[0]["levels"], json!({}), "nothing of the API begins so");
        scheduler["levels"]["hearth::placement"].clone()
    };
    let set =
        async |at: &Bench, body| assert_eq!(at.put("/os-services/set-log", body).send().await.status, 202);

    set(&a, json!({"binary": "cinder-scheduler", "level": "DEBUG"})).await;
    assert_eq!((level(&a).await, level(&b).await), (json!("DEBUG"), json!("DEBUG")));
    set(&b, json!({"binary": "*", "level": "ERROR"})).await;
    set(&b, json!({"binary": "cinder-scheduler", "level": "WARNING", "prefix": "hearth::pl"})).await;
    assert_eq!((level(&a).await, level(&b).await), (json!("WARNING"), json!("WARNING")));

    // As a service of Cinder that is started again, a new process has what it is configured with.
    let late = gateway(&two).await;
    assert_eq!(level(&late).await, json!("INFO"));
    set(&late, json!({"binary": "cinder-scheduler", "level": "DEBUG"})).await;
    for gateway in [&a, &b, &late] {
        assert_eq!(level(gateway).await, json!("DEBUG"));
    }
    // A name that no logger has is remembered nowhere.
    let before = one.read().await.unwrap().last_log_wish().await.unwrap();
    set(&a, json!({"binary": "cinder-scheduler", "level": "DEBUG", "prefix": "cinder.volume"})).await;
    assert_eq!(one.read().await.unwrap().last_log_wish().await.unwrap(), before);
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
    assert_eq!(bench.put("/os-hosts/hearth@none", json!("2")).send().await.fault(404), told);
    bench.put(one, json!("2")).send().await.fault(400);
    let told = bench.put("/os-hosts", json!({"status": "enable"})).send().await.fault(400);
    assert!(told.starts_with("The server could not comply with the request"), "{told}");
}
