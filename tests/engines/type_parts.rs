//! What belongs to volume types: QoS specs, encryption, default types; and retypes under way.

use hearth::domain::encryption::{EncryptionFields, TypeEncryption};
use hearth::domain::operation::{MigrationPolicy, RetypeVolume, Work};
use hearth::domain::page::{Comparison, Filter, Value};
use hearth::domain::page::{ListQuery, QOS_SPECS_FIELDS, Scope, find};
use hearth::domain::qos::{Consumer, QosSpecs};
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::Volume;
use hearth::domain::volume_type::VolumeType;
use hearth::domain::{
    BackendUuid, ClusterId, ErrorKind, Gib, Metadata, ProjectId, QosSpecsId, Timestamp, VolumeTypeId,
};

use crate::bed::Bed;
use crate::sample;

fn kind(name: &str, qos: Option<&QosSpecs>) -> VolumeType {
    VolumeType {
        id: VolumeTypeId::random(),
        name: name.to_owned(),
        description: None,
        is_public: true,
        qos_specs_id: qos.map(|specs| specs.id),
        extra_specs: Metadata::new(),
        created_at: Timestamp(1),
        updated_at: None,
    }
}

fn qos(name: &str) -> QosSpecs {
    QosSpecs {
        id: QosSpecsId::random(),
        name: name.to_owned(),
        consumer: Consumer::Both,
        specs: [("é".to_owned(), None), ("total_iops_sec".to_owned(), Some("1".to_owned()))].into(),
        created_at: Timestamp(1),
        updated_at: None,
    }
}

pub async fn qos_specs_come_back_and_know_their_volumes(bed: Bed) {
    let (gold, silver) = (&qos("gold"), &qos("Gold"));
    for specs in [gold, silver] {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_qos_specs(specs))).await.unwrap();
    }
    let again = &qos("gold");
    let error = bed.b.write("insert", |tx, _| Box::pin(tx.insert_qos_specs(again))).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "QoS Specs gold already exists."));

    let changed = &QosSpecs { consumer: Consumer::BackEnd, updated_at: Some(Timestamp(9)), ..gold.clone() };
    bed.b.write("update", |tx, _| Box::pin(tx.update_qos_specs(changed))).await.unwrap();
    let of_gold = &kind("of gold", Some(gold));
    let cluster = ClusterId::random();
    let mut location = sample::location(cluster);
    location.uuid = Some(BackendUuid::random());
    let placed =
        Volume { volume_type_id: Some(of_gold.id), location: Some(location.clone()), ..sample::volume() };
    let unplaced = Volume { volume_type_id: Some(of_gold.id), ..sample::volume() };
    bed.a.write("a type", |tx, _| Box::pin(tx.insert_type(of_gold))).await.unwrap();
    sample::insert_volumes(&bed.a, &[placed, unplaced]).await;

    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_qos_specs(gold.id).await.unwrap().as_ref(), Some(changed));
    assert_eq!(session.qos_specs_of(of_gold).await.unwrap().as_ref(), Some(changed));
    let name = find(QOS_SPECS_FIELDS, "name").unwrap();
    let mut query = ListQuery::new(Scope::AllProjects);
    query.filters.push(Filter::Compare(name, Comparison::Equal, Value::Text("Gold".to_owned())));
    assert_eq!(session.list_qos_specs(&query).await.unwrap().items, std::slice::from_ref(silver));
    let throttled = session.throttled_by(gold.id).await.unwrap();
    let [one] = &throttled[..] else { panic!("{throttled:?}") };
    assert_eq!((one.cluster_id, Some(one.uuid), one.volume_type_id), (cluster, location.uuid, of_gold.id));
    assert_eq!(session.types_with_qos(gold.id).await.unwrap(), std::slice::from_ref(of_gold));
    drop(session);

    let gone = bed.a.write("disassociate", |tx, _| {
        Box::pin(async move {
            tx.disassociate_qos_specs(gold.id, Timestamp(10)).await?;
            tx.delete_qos_specs(gold.id).await
        })
    });
    gone.await.unwrap();
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_qos_specs(gold.id).await.unwrap(), None);
    assert_eq!(session.find_type(of_gold.id).await.unwrap().unwrap().qos_specs_id, None);
    assert_eq!(session.throttled_by(gold.id).await.unwrap(), []);
}

pub async fn the_encryption_of_a_type_goes_with_it(bed: Bed) {
    let sealed = &kind("sealed", None);
    let mut encryption = TypeEncryption {
        volume_type_id: sealed.id,
        encryption_id: uuid::Uuid::new_v4(),
        provider: "luks".to_owned(),
        control_location: "front-end".to_owned(),
        cipher: None,
        key_size: Some(256),
        created_at: Timestamp(1),
        updated_at: None,
    };
    let row = &encryption.clone();
    bed.a.write("a type", |tx, _| Box::pin(tx.insert_type(sealed))).await.unwrap();
    bed.a.write("insert", |tx, _| Box::pin(tx.insert_type_encryption(row))).await.unwrap();
    let error = bed.b.write("again", |tx, _| Box::pin(tx.insert_type_encryption(row))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    encryption.change(&EncryptionFields {
        cipher: Some(Some("aes".to_owned())),
        key_size: Some(None),
        ..EncryptionFields::default()
    });
    let row = &encryption;
    bed.b.write("update", |tx, _| Box::pin(tx.update_type_encryption(row))).await.unwrap();
    let found = bed.a.read().await.unwrap().type_encryption(sealed.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&encryption));
    assert_eq!((found.unwrap().provider.as_str(), encryption.key_size), ("luks", None));
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_type(sealed.id))).await.unwrap();
    assert_eq!(bed.b.read().await.unwrap().type_encryption(sealed.id).await.unwrap(), None);
}

pub async fn a_default_type_is_replaced(bed: Bed) {
    let (project, other) = (&ProjectId::new("demo"), &ProjectId::new("Demo"));
    let (first, second) = (VolumeTypeId::random(), VolumeTypeId::random());
    for (of, id) in [(project, first), (other, first), (project, second)] {
        bed.a.write("set", |tx, _| Box::pin(tx.set_default_type(of, id))).await.unwrap();
    }
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.default_type_of(project).await.unwrap(), Some(second));
    assert_eq!(session.default_types().await.unwrap(), [(other.clone(), first), (project.clone(), second)]);
    assert!(session.is_a_default_type(second).await.unwrap());
    drop(session);
    bed.b.write("unset", |tx, _| Box::pin(tx.unset_default_type(project))).await.unwrap();
    let mut session = bed.a.read().await.unwrap();
    assert_eq!(session.default_type_of(project).await.unwrap(), None);
    assert!(!session.is_a_default_type(second).await.unwrap());
}

pub async fn retypes_under_way_are_counted(bed: Bed) {
    let (to, elsewhere) = (VolumeTypeId::random(), VolumeTypeId::random());
    let volumes: Vec<Volume> = (1..=3).map(|gib| Volume { size: Gib(gib), ..sample::volume() }).collect();
    sample::insert_volumes(&bed.a, &volumes).await;
    for (volume, new_type) in volumes.iter().zip([to, elsewhere, to]) {
        let op = &sample::operation(Work::RetypeVolume {
            volume: volume.id,
            new_type,
            previous: VolumeStatus::Available,
            policy: MigrationPolicy::Never,
            step: RetypeVolume::ChangeRemote,
        });
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_operation(op, "me", Timestamp(5)))).await.unwrap();
    }
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.retypes_to(&sample::project(), to).await.unwrap(), (2, 4));
    assert_eq!(session.retypes_to(&ProjectId::new("other"), to).await.unwrap(), (0, 0));
}
