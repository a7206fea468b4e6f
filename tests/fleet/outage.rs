use hearth::domain::cluster::Observed;

use std::path::Path;
use std::time::Duration;

use hearth::config::Period;

use crate::api::Gateway;
use crate::bench::{Bench, Sim, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_seen_and_forgiven_without_manual_work() {
    let (mut bench, mut sim, other) = (Bench::new().await, Sim::start("a").await, Sim::start("b").await);
    bench.write(&(sim.entry("prod-a") + &other.entry("prod-b")));
    let (fleet, id) = (bench.fleet("one"), sim.id());
    bench.run(&fleet);
    let before = bench.row_when(id, |row| row.capacity.is_some()).await;
    bench.row_when(other.id(), |row| row.observed == Observed::Reachable).await;
    sim.down().await;
    let gone = bench.row_when(id, |row| row.observed == Observed::Unreachable).await;
    assert!(gone.observed_reason.is_some());
    assert_eq!(gone.capacity, before.capacity, "the last known figures stay");
    assert_eq!(bench.row(other.id()).await.unwrap().observed, Observed::Reachable);
    sim.up().await;
    let back = bench.row_when(id, |row| row.observed == Observed::Reachable).await;
    assert_eq!(back.observed_reason, None);
    assert!(back.observed_since > gone.observed_since);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_replica_takes_over_the_polling_and_has_the_clients_meanwhile() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    bench.write(&sim.entry("prod-a"));
    let (one, two) =
        (bench.fleet("one"), bench.fleet_at("two", bench.folder.path().join("two/clusters.toml")));
    let first = bench.run(&one);
    let before = bench.row_when(sim.id(), |row| row.capacity.is_some()).await;
    assert_eq!(before.observed, Observed::Reachable);
    bench.run(&two);
    eventually("the client", async || two.clients().get(sim.id())).await;
    bench.halt(first).await;
    let polled = before.polled_at.unwrap();
    let row = bench.row_when(sim.id(), |row| row.polled_at.unwrap().0 > polled.0 + 2_000_000).await;
    assert_eq!(row.observed, Observed::Reachable);
    assert_eq!(row.observed_since, before.observed_since, "the state goes on, it does not begin anew");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// `federation` pitfall 19.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_restored_to_an_earlier_state_gets_no_new_volumes() {
    let mut sim = Sim::start("a").await;
    let list_often = Period(Duration::from_millis(300));
    let gateway =
        Gateway::start_with(&sim.entry("prod-a"), |config| config.fleet.list_interval = list_often).await;
    gateway.ready("prod-a").await;
    let backup = tempfile::tempdir().unwrap();
    sim.down().await;
    copy(sim.folder(), backup.path());
    sim.up().await;
    gateway.ready("prod-a").await;
    let mut volumes = Vec::new();
    for _ in 0..3 {
        let volume = gateway.create_volume(1).await;
        assert_eq!(gateway.settled(&volume).await, "available");
        volumes.push(volume);
    }
    sim.down().await;
    std::fs::read_dir(sim.folder()).unwrap().for_each(|e| std::fs::remove_file(e.unwrap().path()).unwrap());
    copy(backup.path(), sim.folder());
    sim.up().await;
    let found = eventually("suspicion", async || {
        let found = gateway.get("/fleet/v1/clusters/prod-a").await["cluster"].clone();
        (found["state"] == "suspect" && found["missing_volumes"] == 3).then_some(found)
    })
    .await;
    assert!(found["state_reason"].as_str().unwrap().contains("earlier state"), "{found}");
    let refused = gateway.create_volume(1).await;
    assert_eq!(gateway.settled(&refused).await, "error");
    for volume in volumes {
        let listed = gateway.get(&format!("/v3/c0ffee/volumes/{volume}")).await;
        assert_eq!(listed["volume"]["status"], "available", "what is listed stays listed");
    }
}
