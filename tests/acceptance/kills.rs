//! `kill -9` at random moments during a mixed load with faults, and then the truth.
//!
//! hearth and the simulated clusters are processes of their own; only hearth is killed, be it
//! alone with its SQLite file, alone on MariaDB, or one of two. Clients
//! write down every 202. After the last restart all comes to rest, and what the clusters really
//! hold is compared with the store, and the store with what was accepted.
//!
//! * `HEARTH_CHAOS_KILLS`: how often hearth is killed (3 unless said; 200 is the full form)
//! * `HEARTH_CHAOS_SEED`: of the load, the faults and the moments of the kills; printed

use std::sync::Arc;
use std::time::{Duration, Instant};

use hearth::store::Store;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::gateway::{Gateway, Sim, alone, database, placeable, quiet, truths};
use crate::{audit, check, ledger, load};

const CLUSTERS: usize = 3;
const CLIENTS: u64 = 10;

/// Everything is quicker than in life: a call's deadline, and with it how long one may land.
const SETTINGS: &str = "poll_interval = \"500ms\"\nlist_interval = \"1500ms\"\n\
    probe_interval = \"300ms\"\nprobe_timeout = \"2s\"\ncall_timeout = \"2s\"\ntrust_after = 3\n\
    trust_time = \"1s\"\n[placement]\ndefault_replicas = 2\n";

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |value| value.parse().unwrap())
}

/// One call in a hundred goes wrong, in one of eleven ways.
fn faults(seed: u64) -> Value {
    let mut actions = Vec::new();
    for when in ["before", "after"] {
        actions.push(json!({"kind": "reset", "when": when}));
        actions.push(json!({"kind": "drop", "when": when}));
        actions.push(json!({"kind": "delay", "ms": 900, "when": when}));
        actions.push(json!({"kind": "status", "code": 500, "when": when}));
        actions.push(json!({"kind": "status", "code": 503, "when": when}));
    }
    actions.push(json!({"kind": "black_hole", "when": "after"}));
    let share = 0.01 / actions.len() as f64;
    let rules: Vec<Value> =
        actions.into_iter().map(|action| json!({"action": action, "probability": share})).collect();
    json!({"rules": rules, "seed": seed})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_double_and_leak_nothing() {
    chaos(&[None]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_on_mariadb_lose_double_and_leak_nothing() {
    let Some([first, _]) = database("kills").await else { return };
    chaos(&[Some(first)]).await;
}

/// One of them is killed at a time, while the other goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_one_of_two_on_mariadb_lose_double_and_leak_nothing() {
    let Some([first, second]) = database("kills_of_two").await else { return };
    chaos(&[Some(first), Some(second)]).await;
}

/// As many gateways as databases are given; several share one.
async fn chaos(databases: &[Option<String>]) {
    let _alone = alone().await;
    let kills = setting("HEARTH_CHAOS_KILLS", 3);
    let seed = setting("HEARTH_CHAOS_SEED", u64::from(std::process::id()));
    println!("HEARTH_CHAOS_KILLS={kills} HEARTH_CHAOS_SEED={seed}");
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let sims: Vec<Sim> =
        (0..CLUSTERS).map(|n| Sim::start(folder.path(), &format!("lb{n}"), &["--delay", "20ms"])).collect();
    let mut gateways: Vec<Gateway> = databases
        .iter()
        .enumerate()
        .map(|(n, url)| Gateway::new(folder.path(), &format!("hearth{n}"), &sims, url.as_deref(), SETTINGS))
        .collect();
    if databases[0].is_some() {
        gateways[0].migrate();
    }
    for gateway in &mut gateways {
        gateway.start().await;
    }
    placeable(&gateways[0], CLUSTERS).await;
    for (n, sim) in (0..).zip(&sims) {
        sim.fault(faults(seed + n)).await;
        sim.control(reqwest::Method::POST, "/nodes/1/stale", &json!({"lag_ms": 150})).await;
    }
    let ledger = load(&mut gateways, kills, seed).await;
    println!("{kills} kills in {:?}: {}", began.elapsed(), ledger.summary());
    for sim in &sims {
        println!(
            "{}: {} faults",
            sim.name,
            sim.control(reqwest::Method::GET, "/faults", &Value::Null).await["hits"]
        );
        sim.heal().await;
        sim.control(reqwest::Method::DELETE, "/nodes/1/stale", &Value::Null).await;
    }

    let wrong = settle(&gateways[0], &sims, &ledger).await;
    println!("settled after {:?}", began.elapsed());
    let said: Vec<String> = gateways.iter().map(Gateway::said).collect();
    assert_eq!(gateways.iter().map(Gateway::panics).sum::<usize>(), 0, "{said:#?}");
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}\n{}", said.join("\n\n"));
}

/// Clients at work on all gateways until the last kill; what they were told.
async fn load(gateways: &mut [Gateway], kills: u64, seed: u64) -> Arc<ledger::Ledger> {
    let ledger = Arc::new(ledger::Ledger::default());
    let stop = CancellationToken::new();
    let apis: Vec<_> = gateways.iter().map(Gateway::api).collect();
    let clients: Vec<_> = (0..CLIENTS)
        .zip(apis.iter().cycle())
        .map(|(n, api)| {
            tokio::spawn(load::client(api.clone(), ledger.clone(), seed * 1000 + n, stop.clone()))
        })
        .collect();
    let mut dice = StdRng::seed_from_u64(seed);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..2500))).await;
        let one = dice.random_range(0..gateways.len());
        gateways[one].kill();
        gateways[one].start().await;
    }
    stop.cancel();
    for client in clients {
        client.await.unwrap();
    }
    ledger
}

/// Waits until nothing is under way and nothing reserved, then compares.
async fn settle(hearth: &Gateway, sims: &[Sim], ledger: &ledger::Ledger) -> Vec<String> {
    let store = Store::connect(&hearth.store, 2).await.unwrap();
    quiet(&store).await;
    let truths = truths(sims).await;
    let mut wrong = audit::problems(&store, &truths).await;
    let hosts = ledger.hosts.lock().unwrap().clone();
    wrong.extend(audit::access(&store, &truths, &hosts).await);
    wrong.extend(check::uses(ledger, &store).await);
    let (volumes, snapshots) = audit::rows(&store).await;
    wrong.extend(check::promises(ledger, &volumes, &snapshots));
    wrong.extend(check::quota(&hearth.api(), &volumes, &snapshots).await);
    wrong
}
