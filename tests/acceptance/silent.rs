//! A cluster that takes connections and never answers. Whoever does not need it must not notice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hearth::domain::cluster::Observed;
use hearth::store::Store;
use serde_json::{Value, json};

use crate::audit;
use crate::gateway::{Api, Gateway, Sim, all_at_once, alone, placeable, quiet, truths, until_final};

const CLUSTERS: usize = 3;
/// Of one measurement; the slowest 1 % are then six calls.
const CALLS: usize = 600;
/// Measurements on a machine that others use too are repeated before they count as bad.
const ROUNDS: usize = 4;
/// What a busy machine may add to the 10 %. Waiting for the silent cluster would add seconds.
const NOISE: Duration = Duration::from_millis(40);

const SETTINGS: &str = "poll_interval = \"500ms\"\nlist_interval = \"1s\"\n\
    probe_interval = \"300ms\"\nprobe_timeout = \"1s\"\ncall_timeout = \"6s\"\ntrust_after = 5\n\
    trust_time = \"4s\"\n[placement]\ndefault_replicas = 2\n";

/// Slowest but 1 % of calls that concern `volumes`: reads, lists, changes, and a snapshot from
/// the request until it is there.
async fn p99(api: &Api, volumes: &[String]) -> Duration {
    let mut times = all_at_once(CALLS, 6, |n| {
        let (api, id) = (api.clone(), volumes[n % volumes.len()].clone());
        async move {
            let began = Instant::now();
            match n % 20 {
                0 => {
                    api.snapshot(&id).await;
                }
                1..5 => {
                    let body = json!({"metadata": {"n": n.to_string()}});
                    let (status, body) = api.post(&format!("/volumes/{id}/metadata"), body).await.unwrap();
                    assert_eq!(status, 200, "{body}");
                }
                5..8 => {
                    let (status, _) = api.get("/volumes/detail?limit=20").await.unwrap();
                    assert_eq!(status, 200);
                }
                _ => {
                    let (status, _) = api.get(&format!("/volumes/{id}")).await.unwrap();
                    assert_eq!(status, 200);
                }
            }
            began.elapsed()
        }
    })
    .await;
    times.sort();
    times[CALLS - 1 - CALLS / 100]
}

fn hosted<'v>(volumes: impl IntoIterator<Item = (&'v String, &'v Value)>, name: &str) -> Vec<String> {
    let host = format!("hearth@{name}#{name}");
    let there = |volume: &Value| volume["os-vol-host-attr:host"] == host.as_str();
    volumes.into_iter().filter(|(_, volume)| there(volume)).map(|(id, _)| id.clone()).collect()
}

async fn observed(store: &Store, name: &str) -> Observed {
    let clusters = store.read().await.unwrap().clusters().await.unwrap();
    clusters.iter().find(|cluster| cluster.name.as_str() == name).unwrap().observed
}

async fn until_observed(store: &Store, name: &str, wanted: &[Observed]) -> Duration {
    let began = Instant::now();
    while !wanted.contains(&observed(store, name).await) {
        assert!(began.elapsed() < Duration::from_secs(60), "{name} is not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

async fn blanks(api: &Api, count: usize) -> Vec<String> {
    all_at_once(count, 6, |_| async { api.create(json!({"size": 1})).await }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_cluster_is_noticed_by_nobody_else_and_comes_back_by_itself() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let sims: Vec<Sim> = (0..CLUSTERS).map(|n| Sim::start(folder.path(), &format!("lb{n}"), &[])).collect();
    let mut hearth = Gateway::new(folder.path(), "hearth", &sims, None, SETTINGS);
    hearth.start().await;
    placeable(&hearth, CLUSTERS).await;
    let store = Store::connect(&hearth.store, 1).await.unwrap();
    let api = hearth.api();
    let all = until_final(&api, &blanks(&api, 30).await).await;
    let of_silent = hosted(&all, "lb0");
    let others: Vec<String> = all.keys().filter(|id| !of_silent.contains(id)).cloned().collect();
    assert!(!of_silent.is_empty() && others.len() >= 15, "{}", of_silent.len());
    p99(&api, &others).await;
    let mut calm = Duration::ZERO;
    for _ in 0..2 {
        calm = calm.max(p99(&api, &others).await);
    }

    sims[0].fault(json!({"rules": [{"action": {"kind": "black_hole"}}]})).await;
    // Work for the silent cluster, more than it has places, before anybody knows that it is.
    let waiting = all_at_once(150, 8, |n| {
        let (api, id) = (api.clone(), of_silent[n % of_silent.len()].clone());
        async move { api.post("/snapshots", json!({"snapshot": {"volume_id": id}})).await.unwrap().0 }
    })
    .await;
    assert!(waiting.iter().all(|status| *status == 202));
    let mut measured = Vec::new();
    for _ in 0..ROUNDS {
        let now = p99(&api, &others).await;
        measured.push(now);
        if now <= calm.mul_f64(1.1) + NOISE {
            break;
        }
    }
    println!("p99: {calm:?} before, {measured:?} with a silent cluster");
    assert!(*measured.last().unwrap() <= calm.mul_f64(1.1) + NOISE, "{calm:?}, then {measured:?}");

    // Soon nothing new goes there; what is there stays listed.
    let noticed = until_observed(&store, "lb0", &[Observed::Suspect, Observed::Unreachable]).await;
    println!("noticed {noticed:?} after the measurements");
    let new = blanks(&api, 12).await;
    let rows = until_final(&api, &new).await;
    assert!(rows.values().all(|row| row["status"] == "available"), "{rows:?}");
    assert_eq!(hosted(&rows, "lb0"), Vec::<String>::new());
    let listed: BTreeSet<String> = api.volumes().await.into_keys().collect();
    assert!(of_silent.iter().all(|id| listed.contains(id)));

    // It returns by itself, but gets nothing new before it has been trusted for a while. (Healed
    // while it is only suspect, it would be trusted without recovering first.)
    until_observed(&store, "lb0", &[Observed::Unreachable]).await;
    sims[0].heal().await;
    until_observed(&store, "lb0", &[Observed::Recovering]).await;
    let early = until_final(&api, &blanks(&api, 6).await).await;
    if observed(&store, "lb0").await == Observed::Recovering {
        assert_eq!(hosted(&early, "lb0"), Vec::<String>::new(), "trusted too soon");
    }
    until_observed(&store, "lb0", &[Observed::Reachable]).await;
    let late = until_final(&api, &blanks(&api, 12).await).await;
    assert!(!hosted(&late, "lb0").is_empty(), "it is the emptiest");
    quiet(&store).await;
    let wrong = audit::problems(&store, &truths(&sims).await).await;
    assert!(wrong.is_empty(), "{wrong:#?}\n{}", hearth.said());
}
