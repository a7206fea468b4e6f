//! Backups, and how they build upon one another.

use hearth::domain::backup::Backup;
use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::BackupStatus;
use hearth::domain::{
    BackupId, ErrorKind, Gib, Metadata, ProjectId, SnapshotId, Timestamp, UserId, VolumeId,
};

use crate::bed::Bed;
use crate::sample;

fn backup(at: i64, parent_id: Option<BackupId>) -> Backup {
    Backup {
        id: BackupId::random(),
        project_id: sample::project(),
        user_id: UserId::new("alice"),
        volume_id: VolumeId::random(),
        name: Some("nightly-é".to_owned()),
        description: Some("\u{1F525}".to_owned()),
        status: BackupStatus::Available,
        fail_reason: Some("why".to_owned()),
        container: Some("c".to_owned()),
        availability_zone: Some("nova".to_owned()),
        service: Some("test".to_owned()),
        service_metadata: None,
        size: Gib(3),
        object_count: 7,
        snapshot_id: Some(SnapshotId::random()),
        parent_id,
        metadata: Metadata::from([("k".to_owned(), "v".to_owned())]),
        data_timestamp: Some(Timestamp(at)),
        created_at: Timestamp(at),
        updated_at: Some(Timestamp(at)),
        version: 1,
    }
}

pub async fn a_backup_comes_back_and_changes_by_version(bed: Bed) {
    let full = backup(1, None);
    let child = backup(2, Some(full.id));
    let bare = Backup {
        project_id: ProjectId::new("other"),
        name: None,
        description: None,
        fail_reason: None,
        container: None,
        availability_zone: None,
        service: None,
        snapshot_id: None,
        metadata: Metadata::new(),
        data_timestamp: None,
        updated_at: None,
        ..backup(3, None)
    };
    for row in [&full, &child, &bare] {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_backup(row))).await.unwrap();
    }
    let mut session = bed.b.read().await.unwrap();
    let found = session.find_backup(full.id, Some(&sample::project())).await.unwrap().unwrap();
    assert_eq!((found.backup, found.dependents), (full.clone(), 1));
    let found = session.find_backup(bare.id, None).await.unwrap().unwrap();
    assert_eq!((found.backup, found.dependents), (bare.clone(), 0));
    assert_eq!(session.find_backup(bare.id, Some(&sample::project())).await.unwrap(), None);
    assert_eq!(
        session.backups_of(full.volume_id, &sample::project()).await.unwrap(),
        std::slice::from_ref(&full)
    );
    assert_eq!(session.backup_use(&sample::project()).await.unwrap(), (2, 6));
    assert_eq!(session.backup_use(&ProjectId::new("nobody")).await.unwrap(), (0, 0));
    drop(session);

    let changed = Backup { status: BackupStatus::Deleting, ..full.clone() };
    bed.a.write("update", |tx, _| Box::pin(tx.update_backup(&changed))).await.unwrap();
    let stale = bed.b.write("update", |tx, _| Box::pin(tx.update_backup(&full)));
    assert_eq!(stale.await.unwrap_err().kind(), ErrorKind::Unavailable);
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_backup(child.id))).await.unwrap();
    let now = bed.b.write("get", |tx, _| Box::pin(tx.get_backup(full.id))).await.unwrap();
    assert_eq!((now.backup, now.dependents), (Backup { version: 2, ..changed }, 0));
    let gone = bed.b.write("get", |tx, _| Box::pin(tx.get_backup(child.id))).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    for prefix in ["volume_ä", "volume_b"] {
        bed.a.write("put", |tx, _| Box::pin(tx.put_service_metadata(full.id, prefix))).await.unwrap();
        let now = bed.b.write("get", |tx, _| Box::pin(tx.get_backup(full.id))).await.unwrap();
        assert_eq!(now.backup.object_prefix(), prefix);
    }
}

pub async fn a_page_of_backups_costs_the_same_whatever_its_length(bed: Bed) {
    let rows: Vec<Backup> = (0..300).map(|n| backup(n, None)).collect();
    let all = &rows;
    let write = bed.a.write("insert", |tx, _| {
        Box::pin(async move {
            for row in all {
                tx.insert_backup(row).await?;
            }
            Ok(())
        })
    });
    write.await.unwrap();
    let cost = async |limit: u32| {
        let mut session = bed.b.read().await.unwrap();
        let query =
            ListQuery { limit, with_count: true, ..ListQuery::new(Scope::Project(sample::project())) };
        let page = session.list_backups(&query).await.unwrap();
        assert_eq!((page.items.len(), page.total), (limit as usize, Some(300)));
        session.statements()
    };
    assert_eq!((cost(1).await, cost(300).await), (2, 2));
}
