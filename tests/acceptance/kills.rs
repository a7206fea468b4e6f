//! `kill -9` at random moments during a mixed load with faults, and then the truth.
//!
//! hearth and the simulated clusters are processes of their own; only hearth is killed. Clients
//! write down every 202. After the last restart all comes to rest, and what the clusters really
//! hold is compared with the store, and the store with what was accepted.
//!
//! * `HEARTH_CHAOS_KILLS`: how often hearth is killed (3 unless said; 200 is the full form)
//! * `HEARTH_CHAOS_SEED`: of the load, the faults and the moments of the kills; printed

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hearth::store::Store;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::gateway::{Gateway, Sim, alone, placeable, quiet, truths};
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
    let _alone = alone().await;
    let kills = setting("HEARTH_CHAOS_KILLS", 3);
    let seed = setting("HEARTH_CHAOS_SEED", u64::from(std::process::id()));
    println!("HEARTH_CHAOS_KILLS={kills} HEARTH_CHAOS_SEED={seed}");
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let sims: Vec<Sim> =
        (0..CLUSTERS).map(|n| Sim::start(folder.path(), &format!("lb{n}"), &["--delay", "20ms"])).collect();
    let mut hearth = Gateway::new(folder.path(), "hearth", &sims, None, SETTINGS);
    hearth.start().await;
    placeable(&hearth, CLUSTERS).await;
    for (n, sim) in (0..).zip(&sims) {
        sim.fault(faults(seed + n)).await;
        sim.control(reqwest::Method::POST, "/nodes/1/stale", &json!({"lag_ms": 150})).await;
    }

    let ledger = Arc::new(ledger::Ledger::default());
    let stop = CancellationToken::new();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| tokio::spawn(load::client(hearth.api(), ledger.clone(), seed * 1000 + n, stop.clone())))
        .collect();
    let mut dice = StdRng::seed_from_u64(seed);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..2500))).await;
        hearth.kill();
        hearth.start().await;
    }
    stop.cancel();
    for client in clients {
        client.await.unwrap();
    }
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

    let wrong = settle(&hearth, &sims, &ledger).await;
    println!("settled after {:?}", began.elapsed());
    assert_eq!(hearth.panics(), 0, "{}", hearth.said());
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}\n{}", hearth.said());
}

/// Waits until nothing is under way and nothing reserved, then compares.
async fn settle(hearth: &Gateway, sims: &[Sim], ledger: &ledger::Ledger) -> Vec<String> {
    let store = Store::connect(&hearth.store, 2).await.unwrap();
    quiet(&store).await;
    let truths = truths(sims).await;
    let mut wrong = audit::problems(&store, &truths).await;
    wrong.extend(audit::access(&store, &truths, &BTreeMap::new()).await);
    let (volumes, snapshots) = audit::rows(&store).await;
    wrong.extend(check::promises(ledger, &volumes, &snapshots));
    wrong.extend(check::quota(&hearth.api(), &volumes, &snapshots).await);
    wrong
}
