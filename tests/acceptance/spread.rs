//! A thousand creates inside one polling window: no gateway sees anything of the others'
//! volumes in a poll, only in the reservations.

use std::collections::BTreeMap;
use std::path::Path;

use hearth::store::Store;
use serde_json::json;

use crate::gateway::{Gateway, Sim, all_at_once, alone, database, placeable, truths, until_final};

const CLUSTERS: usize = 10;
const VOLUMES: usize = 1000;

/// One poll at the start, then none.
pub const ONE_POLL: &str = "poll_interval = \"1h\"\nlist_interval = \"1h\"\n";

async fn spread(folder: &Path, gateways: &mut [Gateway], sims: &[Sim]) {
    for gateway in gateways.iter_mut() {
        gateway.start().await;
    }
    placeable(&gateways[0], CLUSTERS).await;
    let apis: Vec<_> = gateways.iter().map(Gateway::api).collect();
    let created = all_at_once(VOLUMES, 32, |n| {
        let api = apis[n % apis.len()].clone();
        async move { api.create(json!({"size": 1})).await }
    })
    .await;
    let rows = until_final(&apis[0], &created).await;
    let bad: Vec<_> = rows.values().filter(|row| row["status"] != "available").collect();
    if let Some(first) = bad.first() {
        let (_, messages) = apis[0].get("/messages?limit=3").await.unwrap();
        panic!("{} of {VOLUMES} failed, e.g. {first:?}\n{messages}\n{}", bad.len(), said(gateways));
    }
    let mut counts = BTreeMap::new();
    for truth in truths(sims).await {
        counts.insert(truth["uuid"].to_string(), truth["volumes"].as_array().unwrap().len());
    }
    println!("{counts:?} in {}", folder.display());
    let (least, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
    assert!(most - least <= 1, "{counts:?}\n{}", said(gateways));
    assert_eq!(counts.values().sum::<usize>(), VOLUMES);
}

fn said(gateways: &[Gateway]) -> String {
    gateways.iter().map(Gateway::said).collect::<Vec<_>>().join("\n\n")
}

fn config() -> String {
    format!("{ONE_POLL}[placement]\ndefault_replicas = 2\n")
}

fn clusters(folder: &Path) -> Vec<Sim> {
    (0..CLUSTERS).map(|n| Sim::start(folder, &format!("lb{n}"), &["--capacity", "10TiB"])).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_creates_in_one_window_spread_evenly() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let sims = clusters(folder.path());
    let hearth = Gateway::new(folder.path(), "hearth", &sims, None, &config());
    spread(folder.path(), &mut [hearth], &sims).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_on_one_database_spread_as_one() {
    let _alone = alone().await;
    let Some([first, second]) = database("spread").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let sims = clusters(folder.path());
    let gateways = &mut [
        Gateway::new(folder.path(), "one", &sims, Some(&first), &config()),
        Gateway::new(folder.path(), "two", &sims, Some(&second), &config()),
    ];
    gateways[0].migrate();
    let store = Store::connect(&first, 1).await.unwrap();
    spread(folder.path(), gateways, &sims).await;
    store.close().await;
}
