use hearth::domain::operation::Lane;
use hearth::domain::size::GIB;
use hearth::domain::{Bytes, ClusterId, LightosProject, Metadata, OperationId, Timestamp};
use hearth::lightbits::{Acl, Cluster, CreateVolume, Outcome, UpdateVolume, Volume};
use hearth::store::Reservation;

use crate::bench::{Bench, Sim, eventually};

fn default_project() -> LightosProject {
    LightosProject::new("default")
}

async fn create(client: &Cluster, name: &str, gib: u64) -> Volume {
    let request = CreateVolume {
        project: default_project(),
        name: name.to_owned(),
        size: Bytes(gib * GIB),
        replicas: 2,
        compression: false,
        acl: Acl::Nobody,
        ip_acl: Acl::Any,
        source: None,
        qos: None,
        labels: Metadata::new(),
    };
    match client.create_volume(Lane::User, &request).await {
        Outcome::Done(volume) => volume,
        other => panic!("{other:?}"),
    }
}

async fn reserve(bench: &Bench, cluster_id: ClusterId, name: &str, growth: u64, expected: u64) {
    let reservation = Reservation {
        operation_id: OperationId::random(),
        cluster_id,
        project: default_project(),
        name: name.to_owned(),
        bytes: Bytes(growth * 2 * GIB),
        expected_size: Bytes(expected * GIB),
        created_at: Timestamp(0),
    };
    let reservation = &reservation;
    bench
        .store
        .write("reserve", |tx, _| Box::pin(async move { tx.insert_reservation(reservation).await }))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reservations_are_released_by_evidence_and_by_nothing_else() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    bench.write(&sim.entry("prod-a"));
    let (fleet, id) = (bench.fleet("one"), sim.id());
    bench.run(&fleet);
    bench.row_when(id, |row| row.capacity.is_some()).await;
    let client = eventually("the client", async || fleet.clients().get(id)).await;
    reserve(&bench, id, "volume-1", 10, 10).await;
    reserve(&bench, id, "volume-never", 5, 5).await;
    bench.row_when(id, |row| row.reserved == Bytes(30 * GIB)).await;
    let volume = create(&client, "volume-1", 10).await;
    // In one step: what was reserved is now provisioned; never both, never neither.
    let total =
        |row: &hearth::domain::cluster::Cluster| row.capacity.as_ref().unwrap().provisioned + row.reserved;
    let row = bench
        .row_when(id, |row| {
            assert_eq!(total(row), Bytes(30 * GIB));
            row.reserved == Bytes(10 * GIB)
        })
        .await;
    assert_eq!(row.capacity.unwrap().provisioned, Bytes(20 * GIB));
    // An extend: the name is listed all the time, only the size is evidence.
    reserve(&bench, id, "volume-1", 4, 14).await;
    let polled = bench.row(id).await.unwrap().polled_at.unwrap();
    let row = bench.row_when(id, |row| row.polled_at.unwrap().0 > polled.0 + 500_000).await;
    assert_eq!(row.reserved, Bytes(18 * GIB));
    let larger = UpdateVolume { size: Some(Bytes(14 * GIB)), ..UpdateVolume::default() };
    let updated = client.update_volume(Lane::User, &default_project(), volume.uuid, &larger).await;
    assert!(matches!(updated, Outcome::Done(_)), "{updated:?}");
    let row = bench.row_when(id, |row| row.reserved == Bytes(10 * GIB)).await;
    assert_eq!(row.capacity.unwrap().provisioned, Bytes(28 * GIB));
    assert_eq!(row.observed_reason, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_is_counted_and_left_alone() {
    let (mut bench, sim) = (Bench::new().await, Sim::start("a").await);
    bench.write(&sim.entry("prod-a"));
    let (fleet, id) = (bench.fleet("one"), sim.id());
    bench.run(&fleet);
    let client = eventually("the client", async || fleet.clients().get(id)).await;
    create(&client, "somebody-elses", 3).await;
    create(&client, "volume-0b1c2d3e-0000-4000-8000-000000000001", 1).await;
    let row = bench.row_when(id, |row| row.description.foreign_volumes == 2).await;
    let capacity = row.capacity.unwrap();
    assert_eq!((capacity.provisioned, capacity.allocated), (Bytes(8 * GIB), Bytes(0)));
    let polled = row.polled_at.unwrap();
    bench.row_when(id, |row| row.polled_at.unwrap().0 > polled.0 + 300_000).await;
    for name in ["somebody-elses", "volume-0b1c2d3e-0000-4000-8000-000000000001"] {
        assert!(client.volume_by_name(Lane::User, &default_project(), name).await.unwrap().is_some());
    }
}
