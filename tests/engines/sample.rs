//! Rows to put into a store.

use hearth::domain::cluster::PlacementTraits;
use hearth::domain::operation::{
    CopyOutcome, CreateSnapshot, CreateVolume, DeleteSnapshot, DeleteVolume, ExtendVolume, Hints, Lane,
    MigrateVolume, MigrationPolicy, Moving, Operation, OperationStatus, RetypeVolume, RevertVolume, Source,
    Work,
};
use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::{AttachStatus, VolumeStatus};
use hearth::domain::volume::{Location, Volume};
use hearth::domain::{
    BackendUuid, BackupId, ClusterId, ClusterName, Gib, GroupId, GroupSnapshotId, ImageId, LightosProject,
    Metadata, OperationId, ProjectId, QosSpecsId, RequestId, SnapshotId, Timestamp, UserId, VolumeId,
    VolumeTypeId,
};
use hearth::store::Store;

pub fn project() -> ProjectId {
    ProjectId::new("demo")
}

pub fn volume() -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: project(),
        user_id: UserId::new("alice"),
        name: Some("data".to_owned()),
        description: None,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        size: Gib(1),
        volume_type_id: None,
        availability_zone: Some("nova".to_owned()),
        snapshot_id: None,
        source_volid: None,
        bootable: false,
        multiattach: false,
        consumes_quota: true,
        group_id: None,
        metadata: Metadata::new(),
        admin_metadata: Metadata::new(),
        image_metadata: Metadata::new(),
        location: None,
        created_at: Timestamp(1_700_000_000_000_000),
        updated_at: None,
        version: 1,
    }
}

pub fn location(cluster_id: ClusterId) -> Location {
    Location {
        cluster_id,
        project: LightosProject::new("default"),
        replicas: 3,
        uuid: None,
        name_id: None,
        name: None,
    }
}

pub async fn insert_volumes(store: &Store, volumes: &[Volume]) {
    let insert = store.write("insert volumes", |tx, _| {
        Box::pin(async move {
            for volume in volumes {
                tx.insert_volume(volume).await?;
            }
            Ok(())
        })
    });
    insert.await.unwrap();
}

/// Empties the table.
pub async fn delete_volumes(store: &Store) {
    let delete = store.write("delete volumes", |tx, _| {
        Box::pin(async move {
            for item in tx.list_volumes(&ListQuery::new(Scope::AllProjects)).await?.items {
                tx.delete_volume(&item.volume).await?;
            }
            Ok(())
        })
    });
    delete.await.unwrap();
}

pub async fn put_cluster(store: &Store, id: ClusterId, name: &str) {
    let name = &ClusterName::new(name);
    let put = store.write("put a cluster", |tx, _| {
        Box::pin(async move { tx.put_cluster(id, name, &PlacementTraits::default(), Timestamp(1)).await })
    });
    put.await.unwrap();
}

pub fn volumes(count: usize) -> Vec<Volume> {
    std::iter::repeat_with(volume).take(count).collect()
}

/// One read, modify, write.
pub async fn change(store: &Store, id: VolumeId, how: impl Fn(&mut Volume) + Send + Sync) {
    let change = store.write("change", |tx, _| {
        let how = &how;
        Box::pin(async move {
            let mut volume = tx.get_volume(id).await?;
            how(&mut volume);
            tx.update_volume(&volume).await
        })
    });
    change.await.unwrap();
}

pub fn operation(work: Work) -> Operation {
    Operation {
        id: OperationId::random(),
        resource_id: work.resource_id(),
        work,
        status: OperationStatus::Open,
        lane: Lane::User,
        cluster_id: None,
        request_id: RequestId::mint(),
        project_id: project(),
        user_id: UserId::new("alice"),
        attempt: 0,
        not_before: Timestamp(1_700_000_000_000_000),
        note: None,
        created_at: Timestamp(1_700_000_000_000_000),
    }
}

pub fn create() -> Operation {
    operation(Work::CreateVolume {
        volume: VolumeId::random(),
        source: Source::Blank,
        hints: Hints::default(),
        step: CreateVolume::Place { excluded: Vec::new() },
    })
}

fn half_way() -> MigrateVolume {
    MigrateVolume::Move { step: Moving::Copy { copy: VolumeId::random(), done: 1 << 40 } }
}

/// One of each kind.
pub fn works() -> Vec<Work> {
    let (volume, snapshot, uuid) = (VolumeId::random(), SnapshotId::random(), BackendUuid::random());
    let hints = Hints {
        same_host: vec![volume],
        different_host: vec![VolumeId::random()],
        only: Some(ClusterId::random()),
    };
    let excluded = vec![ClusterId::random()];
    let message = "no \"room\" \\ é".to_owned();
    vec![
        Work::CreateVolume {
            volume,
            source: Source::Snapshot(snapshot),
            hints: hints.clone(),
            step: CreateVolume::AwaitAvailable { uuid, excluded: excluded.clone() },
        },
        Work::CreateVolume {
            volume,
            source: Source::Volume(volume),
            hints,
            step: CreateVolume::Fail { message: message.clone() },
        },
        Work::DeleteVolume { volume, cascade: true, step: DeleteVolume::DeleteSnapshots },
        Work::ExtendVolume {
            volume,
            new_size: Gib(7),
            previous: VolumeStatus::InUse,
            step: ExtendVolume::Fail { message: message.clone() },
        },
        Work::RevertVolume {
            volume,
            snapshot,
            previous: VolumeStatus::Available,
            step: RevertVolume::Rollback,
        },
        Work::RetypeVolume {
            volume,
            new_type: VolumeTypeId::random(),
            previous: VolumeStatus::InUse,
            policy: MigrationPolicy::OnDemand,
            step: RetypeVolume::Fail { message: message.clone(), migration_status: Some("error".to_owned()) },
        },
        Work::ApplyQos { specs: QosSpecsId::random() },
        Work::CreateSnapshot { snapshot, step: CreateSnapshot::AwaitAvailable { uuid } },
        Work::CreateGroup { group: GroupId::random() },
        Work::CopyGroup { group: GroupId::random() },
        Work::DeleteGroup { group: GroupId::random() },
        Work::CreateGroupSnapshot { snapshot: GroupSnapshotId::random() },
        Work::DeleteGroupSnapshot { snapshot: GroupSnapshotId::random() },
        Work::CreateVolume {
            volume,
            source: Source::Image(ImageId::random()),
            hints: Hints::default(),
            step: CreateVolume::Fill { uuid },
        },
        Work::CreateVolume {
            volume,
            source: Source::Backup(BackupId::random()),
            hints: Hints::default(),
            step: CreateVolume::Fill { uuid },
        },
        Work::ReimageVolume { volume, image: ImageId::random(), previous: VolumeStatus::Reserved },
        Work::MigrateVolume { volume, target: ClusterId::random(), step: half_way() },
        Work::CompleteMigration { volume, copy: VolumeId::random(), copied: CopyOutcome::Failed },
        Work::CreateBackup {
            backup: BackupId::random(),
            volume: VolumeId::random(),
            snapshot: Some(snapshot),
            previous: VolumeStatus::InUse,
        },
        Work::RestoreBackup { backup: BackupId::random(), volume: VolumeId::random() },
        Work::RestoreToNew { backup: BackupId::random(), volume: VolumeId::random() },
        Work::DeleteBackup { backup: BackupId::random() },
        Work::ImportBackup {
            backup: BackupId::random(),
            service: "swift".to_owned(),
            record: Some("{}".to_owned()),
        },
        Work::DeleteSnapshot { snapshot, step: DeleteSnapshot::AwaitGone },
    ]
}
