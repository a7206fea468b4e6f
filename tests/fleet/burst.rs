//! Many creates between two polls (`federation` 6.2), through the whole gateway.

use futures::StreamExt as _;
use futures::stream;
use serde_json::json;

use crate::api::Gateway;
use crate::bench::{Sim, eventually};

const GIB: u64 = 1 << 30;
const AT_ONCE: usize = 32;

/// How each of the creates ended.
async fn burst(gateway: &Gateway, count: usize, gib: u64) -> Vec<(String, String)> {
    let created: Vec<String> =
        stream::iter(0..count).map(|_| gateway.create_volume(gib)).buffer_unordered(AT_ONCE).collect().await;
    let end = async |id: String| {
        let status = gateway.settled(&id).await;
        (id, status)
    };
    stream::iter(created).map(end).buffer_unordered(4).collect().await
}

/// What the clusters themselves have, in bytes with replicas: the truth.
async fn truth(gateway: &Gateway, sims: &[Sim]) -> Vec<u64> {
    let mut all = Vec::new();
    for number in 0..sims.len() {
        let path = format!("/fleet/v1/clusters/c{number}");
        // Everything reserved has been seen by a poll.
        let capacity = eventually("a poll that has seen it all", async || {
            let capacity = gateway.get(&path).await["cluster"]["capacity"].clone();
            (capacity["reserved"] == 0).then_some(capacity)
        })
        .await;
        all.push(capacity["provisioned"].as_u64().unwrap());
    }
    all
}

async fn fleet(capacity: u64, clusters: usize, limits: &str) -> (Vec<Sim>, Gateway) {
    let mut sims = Vec::new();
    let mut text = String::new();
    for number in 0..clusters {
        let sim = Sim::start_with(&format!("c{number}"), |options| options.capacity = capacity).await;
        text += &(sim.entry(&format!("c{number}")) + limits);
        sims.push(sim);
    }
    let gateway = Gateway::start(&text).await;
    for number in 0..clusters {
        gateway.ready(&format!("c{number}")).await;
    }
    (sims, gateway)
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_inside_one_polling_window_spread_to_within_one_volume() {
    let (sims, gateway) = fleet(100 << 40, 5, "").await;
    let ends = burst(&gateway, 200, 100).await;
    assert!(ends.iter().all(|(_, status)| status == "available"), "{ends:?}");
    let used = truth(&gateway, &sims).await;
    assert_eq!(used.iter().sum::<u64>(), 200 * 100 * 3 * GIB);
    let spread = used.iter().max().unwrap() - used.iter().min().unwrap();
    assert!(spread <= 100 * 3 * GIB, "{used:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn near_full_nothing_is_refused_while_there_is_room_and_nothing_passes_the_cap() {
    let limits = "default_replicas = 1\nmax_over_subscription_ratio = 0.95\n";
    let (sims, gateway) = fleet(1000 * GIB, 3, limits).await;
    // One is emptier than the others.
    for (name, gib) in [("c0", 500), ("c1", 800), ("c2", 800)] {
        let extra_specs = json!({"volume_backend_name": name});
        let body = json!({"volume_type": {"name": name, "extra_specs": extra_specs}});
        let (status, answer) = gateway.ask(reqwest::Method::POST, "/v3/c0ffee/types", Some(body)).await;
        assert!(status.is_success(), "{answer}");
        let body = json!({"volume": {"size": gib, "volume_type": name}});
        let (_, answer) = gateway.ask(reqwest::Method::POST, "/v3/c0ffee/volumes", Some(body)).await;
        let id = answer["volume"]["id"].as_str().unwrap().to_owned();
        assert_eq!(gateway.settled(&id).await, "available");
    }
    let ends = burst(&gateway, 90, 10).await;
    let placed = ends.iter().filter(|(_, status)| status == "available").count();
    assert_eq!(placed, 45 + 15 + 15, "there was room for exactly these");
    let refused: Vec<_> = ends.iter().filter(|(_, status)| status == "error").collect();
    assert_eq!(refused.len(), 15);
    let placement = gateway.get(&format!("/fleet/v1/placements/{}", refused[0].0)).await;
    let why = placement["placement"]["summary"].as_str().unwrap();
    assert_eq!(why.matches("10 GiB are needed with replicas, 0 GiB are left").count(), 3, "{why}");
    assert_eq!(truth(&gateway, &sims).await, [950 * GIB; 3]);
}
