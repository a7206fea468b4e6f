//! What belongs to projects: types and who may use them, quotas, snapshots, messages.

use std::collections::BTreeMap;

use hearth::domain::message::Message;
use hearth::domain::page::{self, Comparison, Direction, Filter, ListQuery, Scope, Sort, Value};
use hearth::domain::snapshot::Snapshot;
use hearth::domain::status::SnapshotStatus;
use hearth::domain::volume::Volume;
use hearth::domain::volume_type::{DEFAULT_TYPE_NAME, VolumeType};
use hearth::domain::{
    BackendUuid, ClusterId, ErrorKind, Gib, LightosProject, MessageId, Metadata, ProjectId, RequestId,
    Result, SnapshotId, Timestamp, VolumeId, VolumeTypeId,
};
use hearth::store::Store;

use crate::bed::Bed;
use crate::sample;
use crate::transactions::on_both;

fn all() -> ListQuery {
    ListQuery::new(Scope::AllProjects)
}

fn kind(name: &str) -> VolumeType {
    VolumeType {
        id: VolumeTypeId::random(),
        name: name.to_owned(),
        description: None,
        is_public: true,
        qos_specs_id: None,
        extra_specs: Metadata::from([("lightos:num_replicas".to_owned(), "2".to_owned())]),
        created_at: Timestamp(1),
        updated_at: None,
    }
}

async fn insert_type(store: &Store, t: &VolumeType) -> Result<()> {
    store.write("insert", |tx, _| Box::pin(tx.insert_type(t))).await
}

pub async fn names_of_types_are_unique_to_the_letter(bed: Bed) {
    let gold =
        VolumeType { description: Some("é".to_owned()), updated_at: Some(Timestamp(2)), ..kind("gold") };
    insert_type(&bed.a, &gold).await.unwrap();
    for other in ["Gold", "gold "] {
        insert_type(&bed.b, &kind(other)).await.unwrap();
    }
    for store in [&bed.a, &bed.b] {
        let error = insert_type(store, &kind("gold")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Conflict, "Volume Type gold already exists.")
        );
    }
    let renamed = VolumeType { name: "Gold".to_owned(), ..gold.clone() };
    let update = bed.a.write("rename", |tx, _| Box::pin(tx.update_type(&renamed)));
    assert_eq!(update.await.unwrap_err().kind(), ErrorKind::Conflict);
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_type_by_name("gold").await.unwrap(), Some(gold.clone()));
    assert_eq!(session.find_type(gold.id).await.unwrap(), Some(gold));
    assert_eq!(session.find_type_by_name("GOLD").await.unwrap(), None);
    let names: Vec<String> = session.type_names().await.unwrap().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["Gold", DEFAULT_TYPE_NAME, "gold", "gold "]);
    drop(session);

    let outcomes = on_both(&bed, 6, |store, _| async move { insert_type(&store, &kind("race")).await }).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{:?}", error.detail());
    }
    let gone = kind("gone");
    let update = bed.a.write("update", |tx, _| Box::pin(tx.update_type(&gone)));
    assert_eq!(update.await.unwrap_err().kind(), ErrorKind::NotFound);
}

pub async fn a_private_type_is_for_those_it_is_given_to(bed: Bed) {
    let (one, two) = (ProjectId::new("one"), ProjectId::new("two"));
    let private = VolumeType { is_public: false, ..kind("private") };
    insert_type(&bed.a, &private).await.unwrap();
    let give = async |store: &Store| {
        store.write("give", |tx, _| Box::pin(tx.add_type_project(private.id, &one))).await
    };
    let take = async |store: &Store| {
        store.write("take", |tx, _| Box::pin(tx.remove_type_project(private.id, &one))).await
    };
    let seen_by = async |project: Option<&ProjectId>| {
        let query = ListQuery { with_count: true, ..all() };
        let page = bed.b.read().await.unwrap().list_types(&query, project).await.unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64), "the total is that of what may be seen");
        page.items.iter().any(|t| t.id == private.id)
    };
    give(&bed.a).await.unwrap();
    assert_eq!(give(&bed.b).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(seen_by(Some(&one)).await && !seen_by(Some(&two)).await && seen_by(None).await);
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.type_projects(private.id).await.unwrap(), std::slice::from_ref(&one));
    assert!(session.may_use_type(&private, &one).await.unwrap());
    assert!(!session.may_use_type(&private, &two).await.unwrap());
    assert!(session.may_use_type(&kind("public"), &two).await.unwrap());
    drop(session);
    take(&bed.b).await.unwrap();
    assert_eq!(take(&bed.a).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!seen_by(Some(&one)).await);

    give(&bed.a).await.unwrap();
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_type(private.id))).await.unwrap();
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_type(private.id).await.unwrap(), None);
    assert_eq!(session.type_projects(private.id).await.unwrap(), []);
}

pub async fn use_is_counted_from_the_rows(bed: Bed) {
    let gold = VolumeTypeId::random();
    let big = Gib(i32::MAX as u32);
    let of = |size, kind: Option<VolumeTypeId>| Volume { size, volume_type_id: kind, ..sample::volume() };
    let volumes = [
        of(Gib(1), None),
        of(big, Some(gold)),
        of(big, Some(gold)),
        Volume { consumes_quota: false, ..of(Gib(100), Some(gold)) },
        Volume { project_id: ProjectId::new("other"), ..of(Gib(100), Some(gold)) },
    ];
    sample::insert_volumes(&bed.a, &volumes).await;
    let taken = Snapshot { volume_type_id: Some(gold), volume_size: Gib(5), ..snapshot(volumes[1].id) };
    insert_snapshot(&bed.a, &taken).await;
    let mut session = bed.b.read().await.unwrap();
    let used = session.project_use(&sample::project()).await.unwrap();
    let gib = 2 * i64::from(big.0);
    assert_eq!((used.volume_count(), used.snapshot_count(), used.gigabytes()), (3, 1, gib + 6));
    assert_eq!(used.of_type(gold), (2, 1, gib + 5));
    assert_eq!(used.of_type(VolumeTypeId::random()), (0, 0, 0));
    assert_eq!(session.project_use(&ProjectId::new("nobody")).await.unwrap().gigabytes(), 0);
}

pub async fn limits_are_set_replaced_and_deleted(bed: Bed) {
    let (one, two) = (ProjectId::new("one"), ProjectId::new("One"));
    for (resource, limit) in [("volumes", 1), ("volumes", 2), ("volumes_gold \u{e9}", -1)] {
        bed.a.write("set", |tx, _| Box::pin(tx.set_quota(&one, resource, limit))).await.unwrap();
        bed.b
            .write("set", |tx, _| Box::pin(tx.set_class_limit("default", resource, limit + 10)))
            .await
            .unwrap();
    }
    let limits = |volumes: i64, gold: i64| {
        BTreeMap::from([("volumes".to_owned(), volumes), ("volumes_gold \u{e9}".to_owned(), gold)])
    };
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.quota_limits(&one).await.unwrap(), limits(2, -1));
    assert_eq!(session.class_limits("default").await.unwrap(), limits(12, 9));
    assert_eq!(session.quota_limits(&two).await.unwrap(), BTreeMap::new());
    drop(session);
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_quotas(&one))).await.unwrap();
    assert_eq!(bed.b.read().await.unwrap().quota_limits(&one).await.unwrap(), BTreeMap::new());
}

fn snapshot(volume_id: VolumeId) -> Snapshot {
    Snapshot {
        id: SnapshotId::random(),
        volume_id,
        project_id: sample::project(),
        user_id: sample::volume().user_id,
        name: Some("snap".to_owned()),
        description: Some("d".to_owned()),
        status: SnapshotStatus::Available,
        progress: Some("100%".to_owned()),
        volume_size: Gib(1),
        volume_type_id: None,
        group_snapshot_id: Some(hearth::domain::GroupSnapshotId::random()),
        consumes_quota: true,
        metadata: Metadata::from([("k".to_owned(), "v".to_owned())]),
        image_metadata: Metadata::from([("os".to_owned(), "x".to_owned())]),
        bootable: true,
        cluster_id: Some(ClusterId::random()),
        lightos_project: Some(LightosProject::new("default")),
        uuid: Some(BackendUuid::random()),
        created_at: Timestamp(1),
        updated_at: Some(Timestamp(2)),
        version: 1,
    }
}

async fn insert_snapshot(store: &Store, s: &Snapshot) {
    store.write("insert", |tx, _| Box::pin(tx.insert_snapshot(s))).await.unwrap();
}

pub async fn a_snapshot_comes_back_and_changes_by_version(bed: Bed) {
    let there = Volume { availability_zone: Some("az1".to_owned()), ..sample::volume() };
    sample::insert_volumes(&bed.a, std::slice::from_ref(&there)).await;
    let first = snapshot(there.id);
    let second = Snapshot { created_at: Timestamp(2), metadata: Metadata::new(), ..snapshot(there.id) };
    let orphan = snapshot(VolumeId::random());
    for s in [&first, &second, &orphan] {
        insert_snapshot(&bed.a, s).await;
    }
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_snapshot(first.id, Some(&sample::project())).await.unwrap(), Some(first.clone()));
    assert_eq!(session.find_snapshot(first.id, Some(&ProjectId::new("x"))).await.unwrap(), None);
    assert_eq!(session.snapshots_of_volume(there.id).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(
        session.snapshots_of_cluster(first.cluster_id.unwrap()).await.unwrap(),
        std::slice::from_ref(&first)
    );

    let zone = page::find(page::SNAPSHOT_FIELDS, "availability_zone").unwrap();
    let id = page::find(page::SNAPSHOT_FIELDS, "id").unwrap();
    let in_zone = Filter::Compare(zone, Comparison::Equal, Value::Text("az1".to_owned()));
    let found = session
        .list_snapshots(&ListQuery { filters: vec![in_zone], with_count: true, ..all() })
        .await
        .unwrap();
    assert_eq!((found.items, found.total), (vec![second.clone(), first.clone()], Some(2)));
    let direction = Direction::Ascending;
    let sort = vec![Sort { field: zone, direction }, Sort { field: id, direction }];
    let query = ListQuery { sort, limit: 1, marker: Some(orphan.id.to_string()), ..all() };
    let next = session.list_snapshots(&query).await.unwrap().items;
    assert_eq!(
        next,
        [if first.id < second.id { first.clone() } else { second.clone() }],
        "no zone sorts first"
    );
    drop(session);

    let changed = Snapshot { name: None, status: SnapshotStatus::Deleting, ..first.clone() };
    bed.a.write("update", |tx, _| Box::pin(tx.update_snapshot(&changed))).await.unwrap();
    let now = bed.b.read().await.unwrap().find_snapshot(first.id, None).await.unwrap().unwrap();
    assert_eq!(now, Snapshot { version: 2, ..changed });
    let stale = bed.b.write("delete", |tx, _| Box::pin(tx.delete_snapshot(&first)));
    assert_eq!(stale.await.unwrap_err().kind(), ErrorKind::Unavailable);
    bed.b.write("delete", |tx, _| Box::pin(tx.delete_snapshot(&now))).await.unwrap();
    assert_eq!(bed.a.read().await.unwrap().find_snapshot(first.id, None).await.unwrap(), None);
}

pub async fn messages_are_kept_for_their_time(bed: Bed) {
    let message = |expires: i64| Message {
        id: MessageId::random(),
        project_id: sample::project(),
        request_id: RequestId::mint(),
        resource_type: Some("VOLUME".to_owned()),
        resource_uuid: None,
        event_id: "VOLUME_VOLUME_001_003".to_owned(),
        level: "ERROR".to_owned(),
        text: "schedule allocate volume:no room \u{1F525}".repeat(100),
        created_at: Timestamp(expires),
        expires_at: Timestamp(expires),
    };
    let messages = [message(1), message(2), message(3)];
    for m in &messages {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_message(m))).await.unwrap();
    }
    let expire = bed.b.write("expire", |tx, _| Box::pin(tx.expire_messages(Timestamp(2))));
    assert_eq!(expire.await.unwrap(), 1);
    let mut session = bed.b.read().await.unwrap();
    let page = session.list_messages(&ListQuery { with_count: true, ..all() }).await.unwrap();
    assert_eq!((page.items, page.total), (vec![messages[2].clone(), messages[1].clone()], Some(2)));
    assert_eq!(session.find_message(messages[2].id, Some(&ProjectId::new("x"))).await.unwrap(), None);
    assert_eq!(session.find_message(messages[2].id, None).await.unwrap(), Some(messages[2].clone()));
    drop(session);
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_message(messages[2].id))).await.unwrap();
    assert_eq!(bed.b.read().await.unwrap().find_message(messages[2].id, None).await.unwrap(), None);
}

/// `clusters.toml` between replicas: the second of two edits of one epoch is refused.
pub async fn registrations_go_from_epoch_to_epoch(bed: Bed) {
    let put = async |store: &Store, after: i64, text: &str| {
        store.write("put", |tx, _| Box::pin(tx.put_registrations(after, text, "me", Timestamp(after)))).await
    };
    assert_eq!(bed.b.read().await.unwrap().registrations_epoch().await.unwrap(), 0);
    assert_eq!(bed.b.read().await.unwrap().registrations_newest().await.unwrap(), None);
    // Longer than MariaDB's TEXT.
    let long = format!("# {}\n", "é".repeat(70_000));
    assert_eq!(put(&bed.a, 0, &long).await.unwrap(), 1);
    assert_eq!(put(&bed.b, 0, "other").await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(bed.b.read().await.unwrap().registrations_newest().await.unwrap().unwrap().text, long);
    let race = on_both(&bed, 6, |store, _| async move {
        store.write("put", |tx, _| Box::pin(tx.put_registrations(1, "x", "me", Timestamp(1)))).await
    })
    .await;
    assert_eq!(race.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for epoch in 2..30 {
        put(&bed.a, epoch, &format!("text {epoch}")).await.unwrap();
    }
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.registrations_epoch().await.unwrap(), 30);
    let texts = session.registrations_texts().await.unwrap();
    assert_eq!((texts.len(), texts[0].as_str()), (20, "text 29"));
}
