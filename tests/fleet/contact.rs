use std::os::unix::fs::symlink;

use hearth::domain::ClusterName;
use hearth::domain::cluster::{Intent, Observed};

use hearth::fleet::MemberTrouble;

use crate::bench::{Bench, Sim, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn at_first_contact_the_uuid_is_written_into_the_file_and_figures_come_in() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    bench.write(&sim.entry("prod-a"));
    let fleet = bench.fleet("one");
    bench.run(&fleet);
    let row = bench.row_when(sim.id(), |row| row.capacity.is_some()).await;
    assert_eq!(
        (row.name.as_str(), row.observed, row.intent.intent),
        ("prod-a", Observed::Reachable, Intent::Enabled)
    );
    assert_eq!(row.traits.default_replicas, 2);
    let capacity = row.capacity.unwrap();
    assert_eq!((capacity.effective.0, capacity.volumes, capacity.max_replicas), (100 << 40, 0, 3));
    assert_eq!((row.description.nodes, row.description.nodes_active), (3, 3));
    let line = format!("name = \"prod-a\"\nuuid = \"{}\"\n", sim.id());
    assert_eq!(bench.text(), sim.entry("prod-a").replace("name = \"prod-a\"\n", &line));
    assert!(fleet.clients().get(sim.id()).is_some());
    eventually("the inventory", async || fleet.inventory().find(sim.id())).await;
    let member = &fleet.members()[0];
    assert_eq!((member.id, member.trouble.as_ref()), (Some(sim.id()), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cluster_under_two_names_is_refused() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    // By different endpoints, or the file itself would be refused.
    let running = sim.at_work();
    let one = |name: &str, endpoint: usize| {
        let list: Vec<String> = running.endpoints().iter().map(|e| format!("\"{e}\"")).collect();
        sim.entry(name).replace(&list.join(", "), &list[endpoint])
    };
    bench.write(&(one("first", 0) + &one("second", 1)));
    let fleet = bench.fleet("one");
    bench.run(&fleet);
    let refused = eventually("the refusal", async || {
        fleet
            .members()
            .into_iter()
            .find(|member| matches!(member.trouble, Some(MemberTrouble::SameCluster { .. })))
    })
    .await;
    let row = bench.row_when(sim.id(), |row| row.capacity.is_some()).await;
    assert_ne!(row.name, refused.registration.name);
    assert_eq!(bench.store.read().await.unwrap().clusters().await.unwrap().len(), 1);
    assert_eq!(bench.text().matches("uuid = ").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_registration_is_in_force_soon_and_a_removed_one_gone() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    bench.write(&sim.entry("prod-a"));
    let fleet = bench.fleet("one");
    bench.run(&fleet);
    let before = bench.row_when(sim.id(), |row| row.capacity.is_some()).await;
    eventually("the uuid", async || bench.text().contains("uuid").then_some(())).await;
    let text = bench.text() + "availability_zone = \"az9\"\nlabels.tier = \"gold\"\n";
    bench.write(&text);
    let row = bench.row_when(sim.id(), |row| row.traits.availability_zone == "az9").await;
    assert_eq!(row.traits.labels["tier"], "gold");
    assert_eq!(row.observed_since, before.observed_since, "its clients and pollers were left alone");
    bench.write(&text.replace("prod-a", "renamed"));
    bench.row_when(sim.id(), |row| row.name.as_str() == "renamed").await;
    // Broken: nothing changes, the trouble is visible.
    bench.write("[[cluster]]\nname = ");
    eventually("the trouble", async || fleet.registry().current().trouble.clone()).await;
    assert!(bench.row(sim.id()).await.is_some());
    bench.write("");
    eventually("its end", async || bench.row(sim.id()).await.is_none().then_some(())).await;
    eventually("its client's end", async || fleet.clients().get(sim.id()).is_none().then_some(())).await;
    let rows = bench.store.read().await.unwrap().cluster_rows().await.unwrap();
    assert_eq!((rows.len(), rows[0].registered), (1, false), "its row is kept for volumes that point at it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_may_not_read_statistics_is_said_so() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    let keys = sim.at_work().keys();
    let entry = sim
        .entry("prod-a")
        .replace(&keys.system_jwt.display().to_string(), &keys.default_admin_jwt.display().to_string());
    bench.write(&entry);
    let fleet = bench.fleet("one");
    bench.run(&fleet);
    let reason = eventually("a reason", async || {
        let row = bench.row(sim.id()).await;
        let of_row = row.and_then(|row| row.observed_reason);
        of_row
            .or_else(|| fleet.members().into_iter().find_map(|member| member.trouble.map(|t| t.to_string())))
    })
    .await;
    assert!(reason.contains("ermission") || reason.contains("may not"), "{reason}");
    assert!(bench.row(sim.id()).await.is_none_or(|row| row.capacity.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_cluster_behind_the_registered_addresses_is_not_touched() {
    let (mut bench, sim, other) = (Bench::new().await, Sim::start("a").await, Sim::start("b").await);
    let uuid = format!("name = \"prod-a\"\nuuid = \"{}\"\n", other.id());
    bench.write(&sim.entry("prod-a").replace("name = \"prod-a\"\n", &uuid));
    let fleet = bench.fleet("one");
    bench.run(&fleet);
    let row = bench.row_when(other.id(), |row| row.observed == Observed::Unreachable).await;
    assert!(row.observed_reason.unwrap().contains("expected"));
    assert!(bench.row(sim.id()).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_ca_file_is_told_and_picked_up_when_mended() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    let ca = bench.folder.path().join("ca.pem");
    let entry =
        sim.entry("prod-a").replace(&sim.at_work().ca().display().to_string(), &ca.display().to_string());
    bench.write(&entry);
    let fleet = bench.fleet("one");
    bench.run(&fleet);
    let trouble = eventually("the trouble", async || {
        fleet.members().first().and_then(|m| m.trouble.as_ref().map(ToString::to_string))
    })
    .await;
    assert!(trouble.contains("ca.pem"), "{trouble}");
    symlink(sim.at_work().ca(), &ca).unwrap();
    bench.row_when(sim.id(), |row| row.capacity.is_some()).await;
    assert!(sim.folder().exists());
    assert_eq!(fleet.members()[0].registration.name, ClusterName::new("prod-a"));
}
