use hearth::domain::cluster::Observed;

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
