//! Rows to put into a store.

use hearth::domain::cluster::PlacementTraits;
use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::{AttachStatus, VolumeStatus};
use hearth::domain::volume::{Location, Volume};
use hearth::domain::{
    ClusterId, ClusterName, Gib, LightosProject, Metadata, ProjectId, Timestamp, UserId, VolumeId,
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
    Location { cluster_id, project: LightosProject::new("default"), replicas: 3, uuid: None, name_id: None }
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
