//! Clusters, polls and reservations: placement never promises the same room twice.

use std::collections::HashMap;

use hearth::domain::cluster::{Capacity, Description, Intent, IntentRecord, Observed};
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::{Location, Volume};
use hearth::domain::{
    BackendUuid, Bytes, ClusterId, ClusterName, Error, ErrorKind, Gib, LightosProject, OperationId, Timestamp,
};
use hearth::store::{ClusterRow, Holding, PLACEMENT_LOCK, PollResult, Reservation, Store};

use crate::bed::Bed;
use crate::sample;
use crate::transactions::on_both;

async fn row(store: &Store, id: ClusterId) -> ClusterRow {
    let rows = store.read().await.unwrap().cluster_rows().await.unwrap();
    rows.into_iter().find(|row| row.cluster.id == id).expect("a row")
}

fn reservation(cluster_id: ClusterId, name: &str, bytes: u64) -> Reservation {
    Reservation {
        operation_id: OperationId::random(),
        cluster_id,
        project: LightosProject::new("default"),
        name: name.to_owned(),
        bytes: Bytes(bytes * 3),
        expected_size: Bytes(bytes),
        created_at: Timestamp(1),
    }
}

async fn reserve(store: &Store, r: &Reservation) {
    store.write("reserve", |tx, _| Box::pin(tx.insert_reservation(r))).await.unwrap();
}

fn poll(provisioned: u64, listed: &[(&str, &str, u64)]) -> PollResult {
    let listed = listed
        .iter()
        .map(|(project, name, size)| ((LightosProject::new(*project), (*name).to_owned()), Bytes(*size)));
    PollResult {
        capacity: Capacity {
            provisioned: Bytes(provisioned),
            effective: Bytes(u64::MAX),
            ..Capacity::default()
        },
        description: Description { nodes: 3, ..Description::default() },
        started_at: Timestamp(i64::try_from(provisioned).unwrap()),
        listed: listed.collect::<HashMap<_, _>>(),
    }
}

async fn begin(store: &Store, id: ClusterId) -> i64 {
    store.write("begin", |tx, _| Box::pin(tx.begin_poll(id))).await.unwrap()
}

async fn finish(store: &Store, id: ClusterId, number: i64, poll: &PollResult) -> bool {
    store.write("finish", |tx, _| Box::pin(tx.finish_poll(id, number, poll))).await.unwrap()
}

pub async fn a_registration_keeps_what_was_learnt(bed: Bed) {
    let id = ClusterId::random();
    sample::put_cluster(&bed.a, id, "one").await;
    let fresh = row(&bed.b, id).await;
    assert!(fresh.registered);
    assert_eq!((fresh.cluster.intent.intent, fresh.cluster.observed), (Intent::Enabled, Observed::Unknown));
    assert_eq!((fresh.cluster.capacity, fresh.cluster.polled_at), (None, None));

    let intent = IntentRecord {
        intent: Intent::Draining,
        reason: Some("é \"'\\".to_owned()),
        by: "alice".to_owned(),
        at: Timestamp(7),
    };
    bed.a.write("intent", |tx, _| Box::pin(tx.set_intent(id, &intent))).await.unwrap();
    let observe = bed.b.write("observe", |tx, _| {
        Box::pin(tx.set_observed(id, Observed::Suspect, Some("no route"), Timestamp(8)))
    });
    observe.await.unwrap();
    let number = begin(&bed.a, id).await;
    assert!(finish(&bed.a, id, number, &poll(9, &[])).await);
    bed.a.write("leave", |tx, _| Box::pin(tx.unregister_cluster(id))).await.unwrap();
    assert_eq!(bed.b.read().await.unwrap().clusters().await.unwrap(), []);

    sample::put_cluster(&bed.b, id, "renamed").await;
    let back = row(&bed.a, id).await;
    assert!(back.registered);
    assert_eq!(back.cluster.name, ClusterName::new("renamed"));
    assert_eq!(back.cluster.intent, intent);
    assert_eq!(back.cluster.observed, Observed::Suspect);
    assert_eq!(back.cluster.observed_reason.as_deref(), Some("no route"));
    assert_eq!(back.cluster.capacity, Some(poll(9, &[]).capacity));
    assert_eq!((back.cluster.description.nodes, back.cluster.polled_at), (3, Some(Timestamp(9))));
    assert_eq!(bed.a.read().await.unwrap().clusters().await.unwrap(), [back.cluster]);
}

pub async fn a_reservation_ends_by_evidence_only(bed: Bed) {
    let [one, two] = [ClusterId::random(), ClusterId::random()];
    sample::put_cluster(&bed.a, one, "one").await;
    sample::put_cluster(&bed.a, two, "two").await;
    let open =
        ["unseen", "seen", "too-small", "elsewhere", "proven-not"].map(|name| reservation(one, name, 10));
    for r in &open {
        reserve(&bed.a, r).await;
    }
    reserve(&bed.a, &reservation(two, "seen", 10)).await;
    assert_eq!(row(&bed.b, one).await.cluster.reserved, Bytes(150));

    let number = begin(&bed.b, one).await;
    let listed = [
        ("default", "seen", 10),
        ("default", "too-small", 9),
        ("other-project", "elsewhere", 10),
        ("default", "stranger", 10),
    ];
    assert!(finish(&bed.b, one, number, &poll(1, &listed)).await);
    let names = async |cluster| {
        let mut session = bed.a.read().await.unwrap();
        let mut open: Vec<String> =
            session.reservations(cluster).await.unwrap().into_iter().map(|r| r.name).collect();
        open.sort_unstable();
        open
    };
    assert_eq!(names(one).await, ["elsewhere", "proven-not", "too-small", "unseen"]);
    assert_eq!(names(two).await, ["seen"], "that poll was of the other cluster");

    let operation = open[4].operation_id;
    bed.a.write("release", |tx, _| Box::pin(tx.release_reservation(operation))).await.unwrap();
    bed.a.write("release", |tx, _| Box::pin(tx.release_reservations_of(one, "unseen"))).await.unwrap();
    assert_eq!(names(one).await, ["elsewhere", "too-small"]);
    let mut session = bed.a.read().await.unwrap();
    let left = session.reservations(one).await.unwrap();
    assert!(left.contains(&open[2]) && left.contains(&open[3]), "as they were written: {left:?}");
    drop(session);
    assert_eq!(row(&bed.b, one).await.cluster.reserved, Bytes(60));
}

pub async fn an_older_poll_never_overwrites_a_newer_one(bed: Bed) {
    let id = ClusterId::random();
    sample::put_cluster(&bed.a, id, "one").await;
    let slow = begin(&bed.a, id).await;
    let quick = begin(&bed.b, id).await;
    assert!(quick > slow);
    reserve(&bed.a, &reservation(id, "new", 10)).await;
    assert!(finish(&bed.b, id, quick, &poll(2, &[])).await);
    assert!(!finish(&bed.a, id, slow, &poll(1, &[("default", "new", 10)])).await);
    let after = row(&bed.a, id).await.cluster;
    assert_eq!(after.capacity.unwrap().provisioned, Bytes(2));
    assert_eq!(after.polled_at, Some(Timestamp(2)));
    assert_eq!(after.reserved, Bytes(30), "the older poll's list is no evidence any more");
    assert!(!finish(&bed.a, id, quick, &poll(3, &[])).await, "nor is a poll taken twice");

    // Numbers are given once, whoever asks.
    let mut numbers = on_both(&bed, 8, move |store, _| async move { begin(&store, id).await }).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (quick + 1..=quick + 8).collect::<Vec<_>>());
}

/// Decisions and polls at once: what is reserved and what is provisioned never pass the room.
pub async fn decisions_of_all_hearths_take_turns(bed: Bed) {
    let ids = [ClusterId::random(), ClusterId::random()];
    for (id, name) in ids.iter().zip(["one", "two"]) {
        sample::put_cluster(&bed.a, *id, name).await;
    }
    let room = 8;
    let placed = on_both(&bed, 12, move |store, n| async move {
        let mut placed = Vec::new();
        for m in 0..2 {
            let name = format!("volume-{n}-{m}");
            let decide = store.write("place", |tx, _| {
                let name = &name;
                Box::pin(async move {
                    tx.lock(PLACEMENT_LOCK).await?;
                    let clusters = tx.clusters().await?;
                    let emptiest = clusters.iter().min_by_key(|c| (c.reserved, c.id)).expect("two clusters");
                    if emptiest.reserved.0 + 3 > room * 3 {
                        return Err(Error::conflict("no room"));
                    }
                    tx.insert_reservation(&reservation(emptiest.id, name, 1)).await
                })
            });
            match decide.await {
                Ok(()) => placed.push(name),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{:?}", error.detail()),
            }
        }
        placed
    })
    .await;
    assert_eq!(placed.iter().flatten().count() as u64, 2 * room, "all that fits, and no more");
    for id in ids {
        assert_eq!(row(&bed.b, id).await.cluster.reserved, Bytes(room * 3), "and evenly");
    }
}

pub async fn what_a_cluster_holds_is_known(bed: Bed) {
    let id = ClusterId::random();
    sample::put_cluster(&bed.a, id, "one").await;
    let at = |uuid| Some(Location { uuid, ..sample::location(id) });
    let there = Volume {
        status: VolumeStatus::Available,
        size: Gib(2),
        location: at(Some(BackendUuid::random())),
        ..sample::volume()
    };
    let coming = Volume { location: at(None), ..sample::volume() };
    let growing = Volume {
        status: VolumeStatus::Extending,
        size: Gib(3),
        location: at(Some(BackendUuid::random())),
        ..sample::volume()
    };
    let nowhere = sample::volume();
    sample::insert_volumes(&bed.a, &[there.clone(), coming.clone(), growing.clone(), nowhere.clone()]).await;
    let mut session = bed.b.read().await.unwrap();
    let mut held = session.holdings(id).await.unwrap();
    held.sort_unstable_by_key(|holding| (!holding.settled, holding.size));
    let holding = |v: &Volume, settled| Holding {
        project: LightosProject::new("default"),
        name: v.backend_name(),
        size: v.size.bytes(),
        settled,
    };
    assert_eq!(held, [holding(&there, true), holding(&coming, false), holding(&growing, false)]);
    let used = session.cluster_use(id).await.unwrap();
    assert_eq!((used.volumes, used.snapshots, used.operations), (3, 0, 0));
    assert!(session.cluster_use(ClusterId::random()).await.unwrap().is_empty());
    assert_eq!(session.cluster_intent(id).await.unwrap().unwrap().intent, Intent::Enabled);
    assert_eq!(session.cluster_intent(ClusterId::random()).await.unwrap(), None);
}

/// Statistics come oftener than lists of volumes, and do not know what is provisioned.
pub async fn statistics_leave_the_provisioned_alone(bed: Bed) {
    let id = ClusterId::random();
    sample::put_cluster(&bed.a, id, "one").await;
    let fresh = Capacity { effective: Bytes(9), provisioned: Bytes(1), ..Capacity::default() };
    let put = async || bed.b.write("put", |tx, _| Box::pin(tx.put_statistics(id, &fresh))).await.unwrap();
    put().await;
    assert_eq!(row(&bed.a, id).await.cluster.capacity, None, "nothing before the first list");
    let number = begin(&bed.a, id).await;
    assert!(finish(&bed.a, id, number, &poll(7, &[])).await);
    put().await;
    let known = row(&bed.a, id).await.cluster.capacity.unwrap();
    assert_eq!((known.effective, known.provisioned), (Bytes(9), Bytes(7)));
}
