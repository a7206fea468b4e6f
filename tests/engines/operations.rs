//! Operations and leases: each is done by exactly one process at a time, and by another one when
//! that process dies.

use std::time::Duration;

use hearth::domain::operation::{CreateVolume, Operation, OperationStatus, Work};
use hearth::domain::{ClusterId, ErrorKind, OperationId, Timestamp};
use hearth::store::Store;

use crate::bed::Bed;
use crate::sample;
use crate::transactions::on_both;

const LEASE: Duration = Duration::from_secs(30);

async fn insert(bed: &Bed, op: &Operation, owner: &str) {
    let until = bed.clock.now().plus(LEASE);
    bed.a.write("insert", |tx, _| Box::pin(tx.insert_operation(op, owner, until))).await.unwrap();
}

async fn due(bed: &Bed, limit: u64) -> Vec<OperationId> {
    bed.b.read().await.unwrap().due_operations(bed.clock.now(), limit).await.unwrap()
}

async fn claim(bed: &Bed, store: &Store, id: OperationId, owner: &str) -> Option<Operation> {
    let now = bed.clock.now();
    store.claim_operation(id, owner, now, now.plus(LEASE)).await.unwrap()
}

pub async fn an_operation_is_its_inserters_until_the_lease_ends(bed: Bed) {
    let op = sample::create();
    insert(&bed, &op, "one").await;
    assert_eq!(due(&bed, 10).await, []);
    assert_eq!(claim(&bed, &bed.b, op.id, "two").await, None);
    bed.clock.advance(LEASE - Duration::from_secs(1));
    assert!(bed.a.renew_operation(op.id, "one", bed.clock.now().plus(LEASE)).await.unwrap());
    bed.clock.advance(LEASE);
    assert_eq!(due(&bed, 10).await, [], "its last instant still counts");
    bed.clock.advance(Duration::from_micros(1));
    assert_eq!(due(&bed, 10).await, [op.id]);
    assert_eq!(claim(&bed, &bed.b, op.id, "two").await, Some(op.clone()));
    assert_eq!(due(&bed, 10).await, []);

    // The first one wakes up.
    let until = bed.clock.now().plus(LEASE);
    assert!(!bed.a.renew_operation(op.id, "one", until).await.unwrap());
    assert!(!bed.a.hand_over_operation(op.id, "one").await.unwrap());
    let changed = Operation { attempt: 9, ..op.clone() };
    let update = bed.a.write("u", |tx, _| Box::pin(tx.update_operation(&changed, "one", until)));
    assert_eq!(update.await.unwrap_err().kind(), ErrorKind::Conflict);
    let delete = bed.a.write("d", |tx, _| Box::pin(tx.delete_operation(op.id, "one")));
    assert_eq!(delete.await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(bed.a.read().await.unwrap().find_operation(op.id).await.unwrap(), Some(op.clone()));

    assert!(bed.b.hand_over_operation(op.id, "two").await.unwrap());
    assert_eq!(due(&bed, 10).await, [op.id], "handed over: at once");
}

pub async fn a_step_is_persisted_and_the_last_one_ends_it(bed: Bed) {
    let mut op = sample::create();
    insert(&bed, &op, "me").await;
    let Work::CreateVolume { step, .. } = &mut op.work else { panic!("a create") };
    *step = CreateVolume::CreateRemote { excluded: vec![ClusterId::random()] };
    op.cluster_id = Some(ClusterId::random());
    op.attempt = 3;
    op.not_before = bed.clock.now().plus(LEASE);
    op.note = Some("the cluster said \u{1F525}".to_owned());
    let until = bed.clock.now().plus(LEASE);
    bed.a.write("u", |tx, _| Box::pin(tx.update_operation(&op, "me", until))).await.unwrap();
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_operation(op.id).await.unwrap(), Some(op.clone()));
    assert_eq!(session.operations_of(&op.resource_id).await.unwrap(), [op.clone()]);
    assert_eq!(session.operations(10).await.unwrap(), [op.clone()]);
    drop(session);
    bed.a.write("d", |tx, _| Box::pin(tx.delete_operation(op.id, "me"))).await.unwrap();
    assert_eq!(bed.b.read().await.unwrap().operations(10).await.unwrap(), []);
}

pub async fn what_is_due_comes_in_the_order_of_its_time(bed: Bed) {
    let now = bed.clock.now();
    let at = |seconds: i64| Operation { not_before: now.plus_seconds(seconds), ..sample::create() };
    let ops = [at(-1), at(-3), at(-2), at(0), at(1)];
    let stuck = Operation { status: OperationStatus::NeedsOperator, ..at(-4) };
    for op in ops.iter().chain([&stuck]) {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_operation(op, "dead", Timestamp(0)))).await.unwrap();
    }
    let order = [1, 2, 0, 3].map(|n: usize| ops[n].id);
    assert_eq!(due(&bed, 10).await, order);
    assert_eq!(due(&bed, 2).await, order[..2]);
    assert_eq!(claim(&bed, &bed.a, stuck.id, "me").await, None, "that one waits for a person");
}

pub async fn of_many_claimers_exactly_one_wins(bed: Bed) {
    for _round in 0..15 {
        let op = sample::create();
        bed.a
            .write("insert", |tx, _| Box::pin(tx.insert_operation(&op, "dead", Timestamp(0))))
            .await
            .unwrap();
        let now = bed.clock.now();
        let claims = on_both(&bed, 6, move |store, n| async move {
            store.claim_operation(op.id, &format!("owner{n}"), now, now.plus(LEASE)).await.unwrap().is_some()
        })
        .await;
        assert_eq!(claims.iter().filter(|won| **won).count(), 1);
    }
}

pub async fn the_leases_of_a_dead_process_can_be_dropped(bed: Bed) {
    let op = sample::create();
    insert(&bed, &op, "predecessor").await;
    assert!(bed.a.take_lease("poll", "predecessor", bed.clock.now(), LEASE).await.unwrap());
    assert_eq!(bed.a.drop_all_leases().await.unwrap(), 1);
    assert_eq!(due(&bed, 10).await, [op.id]);
    assert!(bed.b.take_lease("poll", "successor", bed.clock.now(), LEASE).await.unwrap());
}

pub async fn a_lease_has_one_holder(bed: Bed) {
    let take = async |store: &Store, name: &str, owner: &str| {
        store.take_lease(name, owner, bed.clock.now(), LEASE).await.unwrap()
    };
    assert!(take(&bed.a, "poll", "one").await);
    assert!(take(&bed.a, "poll", "one").await, "renewed");
    assert!(!take(&bed.b, "poll", "two").await);
    assert!(take(&bed.b, "Poll", "two").await, "another name");
    bed.clock.advance(LEASE + Duration::from_micros(1));
    assert!(take(&bed.b, "poll", "two").await, "it ran out");
    bed.a.drop_lease("poll", "one").await.unwrap();
    assert!(!take(&bed.a, "poll", "one").await, "one cannot give away what it lost");
    bed.b.drop_lease("poll", "two").await.unwrap();
    assert!(take(&bed.a, "poll", "one").await, "given back");

    for round in 0..10 {
        let now = bed.clock.now();
        let name = format!("race{round}");
        let taken = on_both(&bed, 6, move |store, n| {
            let name = name.clone();
            async move { store.take_lease(&name, &format!("owner{n}"), now, LEASE).await.unwrap() }
        })
        .await;
        assert_eq!(taken.iter().filter(|won| **won).count(), 1);
    }
}
