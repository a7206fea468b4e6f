//! Single volumes: what is written is what is read, at once and by everybody.

use std::sync::Arc;

use hearth::domain::operation::Work;
use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::{AttachStatus, VolumeStatus};
use hearth::domain::volume::{Location, Volume, VolumeDetails};
use hearth::domain::volume_type::{DEFAULT_TYPE_NAME, VolumeType};
use hearth::domain::{
    BackendUuid, ClusterId, Gib, Metadata, ProjectId, SnapshotId, Timestamp, VolumeId, VolumeTypeId,
};
use hearth::store::Store;

use crate::bed::Bed;
use crate::sample;

pub async fn find(store: &Store, id: VolumeId) -> Option<Arc<VolumeDetails>> {
    store.read().await.unwrap().find_volume(id, None).await.unwrap()
}

/// Every column with a value of its own.
fn full() -> Volume {
    let pair = |key: &str| Metadata::from([(key.to_owned(), "v\n\u{1F525}\"\\'%_".to_owned())]);
    Volume {
        description: Some(String::new()),
        status: VolumeStatus::InUse,
        previous_status: Some(VolumeStatus::Available),
        attach_status: AttachStatus::Attached,
        migration_status: Some("migrating".to_owned()),
        size: Gib(i32::MAX as u32),
        volume_type_id: Some(VolumeTypeId::random()),
        snapshot_id: Some(SnapshotId::random()),
        source_volid: Some(VolumeId::random()),
        bootable: true,
        multiattach: true,
        consumes_quota: false,
        group_id: Some(hearth::domain::GroupId::random()),
        metadata: pair("k\"%_\\'é"),
        admin_metadata: pair("readonly"),
        image_metadata: pair("os_type"),
        location: Some(Location {
            uuid: Some(BackendUuid::random()),
            name_id: Some(VolumeId::random()),
            name: None,
            ..sample::location(ClusterId::random())
        }),
        updated_at: Some(Timestamp(1_700_000_000_000_001)),
        ..sample::volume()
    }
}

pub async fn a_volume_comes_back_as_it_went_in(bed: Bed) {
    for volume in [full(), sample::volume()] {
        sample::insert_volumes(&bed.a, std::slice::from_ref(&volume)).await;
        for store in [&bed.a, &bed.b] {
            for _cold_then_cached in 0..2 {
                assert_eq!(find(store, volume.id).await.unwrap().volume, volume);
            }
        }
        let mut session = bed.a.read().await.unwrap();
        let own = session.find_volume(volume.id, Some(&volume.project_id)).await.unwrap();
        assert_eq!(own.unwrap().volume.id, volume.id);
        let other = ProjectId::new("Demo");
        assert_eq!(session.find_volume(volume.id, Some(&other)).await.unwrap(), None);
    }
    assert_eq!(find(&bed.a, VolumeId::random()).await, None);
}

pub async fn a_change_elsewhere_is_seen_at_once(bed: Bed) {
    let volume = full();
    let id = volume.id;
    sample::insert_volumes(&bed.a, &[volume]).await;
    for size in 1..30 {
        // Both have it cached, then the other one changes it.
        let (reader, writer) = if size % 2 == 0 { (&bed.a, &bed.b) } else { (&bed.b, &bed.a) };
        find(reader, id).await.unwrap();
        sample::change(writer, id, |v| v.size = Gib(size)).await;
        assert_eq!(find(reader, id).await.unwrap().volume.size, Gib(size));
        let page = reader.read().await.unwrap().list_volumes(&ListQuery::new(Scope::AllProjects)).await;
        assert_eq!(page.unwrap().items[0].volume.size, Gib(size));
    }
    let last = find(&bed.a, id).await.unwrap();
    bed.b.write("delete", |tx, _| Box::pin(tx.delete_volume(&last.volume))).await.unwrap();
    assert_eq!(find(&bed.a, id).await, None);
}

pub async fn a_new_name_of_a_type_or_cluster_is_seen_at_once(bed: Bed) {
    let cluster = ClusterId::random();
    sample::put_cluster(&bed.a, cluster, "old").await;
    let id = bed.a.read().await.unwrap().find_type_by_name(DEFAULT_TYPE_NAME).await.unwrap().unwrap().id;
    let volume =
        Volume { volume_type_id: Some(id), location: Some(sample::location(cluster)), ..sample::volume() };
    sample::insert_volumes(&bed.a, std::slice::from_ref(&volume)).await;
    let before = find(&bed.a, volume.id).await.unwrap();
    assert_eq!(before.type_name.as_deref(), Some(DEFAULT_TYPE_NAME));
    assert_eq!(before.cluster.as_ref().unwrap().as_str(), "old");
    for name in ["gold", "silver"] {
        bed.b
            .write("rename", |tx, _| {
                Box::pin(async move {
                    let t = tx.find_type(id).await?.unwrap();
                    tx.update_type(&VolumeType { name: name.to_owned(), ..t }).await
                })
            })
            .await
            .unwrap();
        sample::put_cluster(&bed.b, cluster, name).await;
        let after = find(&bed.a, volume.id).await.unwrap();
        assert_eq!(after.type_name.as_deref(), Some(name));
        assert_eq!(after.cluster.as_ref().unwrap().as_str(), name);
        assert_eq!(after.volume, volume, "the volume itself has not changed, nor its version");
    }
}

pub async fn the_volumes_of_a_cluster_and_of_a_type_are_known(bed: Bed) {
    let (cluster, kind) = (ClusterId::random(), VolumeTypeId::random());
    let there = Volume { location: Some(sample::location(cluster)), ..sample::volume() };
    let typed = Volume { volume_type_id: Some(kind), ..sample::volume() };
    sample::insert_volumes(&bed.a, &[there.clone(), typed]).await;
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.volumes_of_cluster(cluster).await.unwrap(), [there]);
    assert_eq!(session.count_volumes_of_cluster(cluster).await.unwrap(), 1);
    assert_eq!(session.count_volumes_of_cluster(ClusterId::random()).await.unwrap(), 0);
    assert!(session.is_type_in_use(kind).await.unwrap());
    assert!(!session.is_type_in_use(VolumeTypeId::random()).await.unwrap());
    let all = session.summarise_volumes(&ListQuery::new(Scope::AllProjects)).await.unwrap();
    assert_eq!(all, [(1, Metadata::new()), (1, Metadata::new())]);
}

pub async fn a_placement_is_replaced_and_goes_with_its_volume(bed: Bed) {
    let volume = sample::volume();
    sample::insert_volumes(&bed.a, std::slice::from_ref(&volume)).await;
    let placement = async || bed.b.read().await.unwrap().find_placement(volume.id).await.unwrap();
    for (at, text) in [(1, r#"{"chosen":"a"}"#), (2, r#"{"chosen":"b"}"#)] {
        let put = bed.a.write("place", |tx, _| Box::pin(tx.put_placement(volume.id, Timestamp(at), text)));
        put.await.unwrap();
        assert_eq!(placement().await.unwrap(), (Timestamp(at), serde_json::from_str(text).unwrap()));
    }
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_volume(&volume))).await.unwrap();
    assert_eq!(placement().await, None);
}

pub async fn every_kind_of_work_survives_the_store(bed: Bed) {
    for work in sample::works() {
        let op = sample::operation(work.clone());
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_operation(&op, "me", Timestamp(5)))).await.unwrap();
        let found = bed.b.read().await.unwrap().find_operation(op.id).await.unwrap().unwrap();
        assert_eq!(found, op);
        assert_eq!(found.resource_id, Work::resource_id(&work));
    }
}
