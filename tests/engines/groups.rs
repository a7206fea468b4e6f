//! Groups, their types and snapshots.

use hearth::domain::group::{Group, GroupSnapshot, GroupSnapshotStatus, GroupStatus};
use hearth::domain::group_type::{DEFAULT_CGSNAPSHOT_TYPE, GroupType};
use hearth::domain::page::{Comparison, Filter, GROUP_FIELDS, ListQuery, Scope, Value, find};
use hearth::domain::volume::Volume;
use hearth::domain::{
    ErrorKind, GroupId, GroupSnapshotId, GroupTypeId, ProjectId, Timestamp, UserId, VolumeTypeId,
};
use hearth::store::Legacy;

use crate::bed::Bed;
use crate::sample;

fn group(group_type_id: GroupTypeId, at: i64) -> Group {
    Group {
        id: GroupId::random(),
        project_id: sample::project(),
        user_id: UserId::new("u"),
        name: Some("größe".to_owned()),
        description: None,
        status: GroupStatus::Available,
        group_type_id,
        volume_types: vec![VolumeTypeId::random(), VolumeTypeId::random()],
        availability_zone: Some("nova".to_owned()),
        group_snapshot_id: None,
        source_group_id: Some(GroupId::random()),
        cluster_id: None,
        created_at: Timestamp(at),
        updated_at: None,
        version: 1,
    }
}

pub async fn a_group_comes_back_and_changes_by_version(bed: Bed) {
    let kind = GroupType {
        id: GroupTypeId::random(),
        name: "tiers".to_owned(),
        description: Some("d".to_owned()),
        is_public: false,
        specs: [("k".to_owned(), None), ("l".to_owned(), Some("\u{1F525}".to_owned()))].into(),
        created_at: Timestamp(1),
        updated_at: Some(Timestamp(2)),
    };
    let again = GroupType { id: GroupTypeId::random(), ..kind.clone() };
    bed.a.write("insert", |tx, _| Box::pin(tx.insert_group_type(&kind))).await.unwrap();
    let taken = bed.b.write("insert", |tx, _| Box::pin(tx.insert_group_type(&again))).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);

    let one = group(kind.id, 5);
    bed.a.write("insert", |tx, _| Box::pin(tx.insert_group(&one))).await.unwrap();
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_group_type(kind.id).await.unwrap(), Some(kind.clone()));
    let found = session.find_group(one.id, Some(&sample::project())).await.unwrap().unwrap();
    assert_eq!((&found.group, found.legacy, found.cluster), (&one, false, None));
    assert!(session.find_group(one.id, Some(&ProjectId::new("other"))).await.unwrap().is_none());
    assert!(session.is_group_type_in_use(kind.id).await.unwrap());
    assert!(session.is_type_in_groups(one.volume_types[1]).await.unwrap());
    assert!(!session.is_type_in_groups(VolumeTypeId::random()).await.unwrap());
    drop(session);

    let changed = Group { status: GroupStatus::Deleting, ..one.clone() };
    bed.b.write("update", |tx, _| Box::pin(tx.update_group(&changed))).await.unwrap();
    let now = Group { version: 2, ..changed };
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_group(&now))).await.unwrap();
    assert_eq!(bed.b.read().await.unwrap().count_groups(&sample::project()).await.unwrap(), 0);
}

pub async fn groups_are_listed_with_their_members(bed: Bed) {
    let mut session = bed.a.read().await.unwrap();
    let old = session.find_group_type_by_name(DEFAULT_CGSNAPSHOT_TYPE).await.unwrap().unwrap();
    drop(session);
    let (legacy, plain) = (group(old.id, 1), group(GroupTypeId::random(), 2));
    let copy = Group {
        status: GroupStatus::Creating,
        source_group_id: Some(plain.id),
        ..group(GroupTypeId::random(), 3)
    };
    for row in [&legacy, &plain, &copy] {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_group(row))).await.unwrap();
    }
    let volumes: Vec<Volume> = (0..2)
        .map(|n| Volume { group_id: Some(plain.id), created_at: Timestamp(n), ..sample::volume() })
        .collect();
    for volume in &volumes {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_volume(volume))).await.unwrap();
    }
    let mut session = bed.b.read().await.unwrap();
    let everything = ListQuery::new(Scope::Project(sample::project()));
    let ids = |page: hearth::domain::Page<hearth::domain::group::GroupDetails>| -> Vec<GroupId> {
        page.items.iter().map(|found| found.group.id).collect()
    };
    let all = session.list_groups(&everything, Legacy::Listed).await.unwrap();
    assert_eq!(ids(all), [copy.id, plain.id, legacy.id]);
    let status = find(GROUP_FIELDS, "status").unwrap();
    let available =
        Filter::Compare(status, Comparison::Equal, Value::Text(GroupStatus::Available.as_str().to_owned()));
    let narrowed = ListQuery { filters: vec![available], ..everything };
    assert_eq!(ids(session.list_groups(&narrowed, Legacy::Hidden).await.unwrap()), [plain.id]);
    let members = session.members_of_groups(&[plain.id, copy.id]).await.unwrap();
    assert_eq!(members.get(&plain.id).unwrap(), &[volumes[0].id, volumes[1].id]);
    assert!(!members.contains_key(&copy.id));
    assert_eq!(session.member_statuses(plain.id).await.unwrap().len(), 2);
    assert!(session.is_group_source(Some(plain.id), None).await.unwrap());
    assert!(!session.is_group_source(Some(legacy.id), None).await.unwrap());
}

pub async fn a_group_snapshot_has_its_snapshots(bed: Bed) {
    let of = group(GroupTypeId::random(), 1);
    let whole = GroupSnapshot {
        id: GroupSnapshotId::random(),
        group_id: of.id,
        group_type_id: of.group_type_id,
        project_id: sample::project(),
        user_id: UserId::new("u"),
        name: None,
        description: Some("d".to_owned()),
        status: GroupSnapshotStatus::Creating,
        created_at: Timestamp(1),
        updated_at: None,
        version: 1,
    };
    bed.a.write("insert", |tx, _| Box::pin(tx.insert_group_snapshot(&whole))).await.unwrap();
    let mut session = bed.b.read().await.unwrap();
    assert!(session.has_group_snapshots(of.id).await.unwrap());
    let found = session.find_group_snapshot(whole.id, None).await.unwrap().unwrap();
    assert_eq!((&found.snapshot, found.legacy), (&whole, false));
    let everything = ListQuery::new(Scope::AllProjects);
    assert_eq!(session.list_group_snapshots(&everything, Legacy::Hidden).await.unwrap().items.len(), 1);
    assert!(session.snapshot_statuses(whole.id).await.unwrap().is_empty());
    drop(session);
    let changed = GroupSnapshot { status: GroupSnapshotStatus::Available, ..whole.clone() };
    bed.b.write("update", |tx, _| Box::pin(tx.update_group_snapshot(&changed))).await.unwrap();
    let now = GroupSnapshot { version: 2, ..changed };
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_group_snapshot(&now))).await.unwrap();
    assert!(!bed.b.read().await.unwrap().has_group_snapshots(of.id).await.unwrap());
}
