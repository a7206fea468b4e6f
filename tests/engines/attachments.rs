//! Attachments, and what a volume shows of them.

use hearth::domain::attachment::{Attachment, Connector};
use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::AttachStatus;
use hearth::domain::volume::Volume;
use hearth::domain::{AttachmentId, ErrorKind, ProjectId, Timestamp, VolumeId};

use crate::bed::Bed;
use crate::sample;
use crate::volumes::find;

fn attachment(volume_id: VolumeId, at: i64) -> Attachment {
    Attachment {
        id: AttachmentId::random(),
        volume_id,
        project_id: sample::project(),
        instance_id: Some(uuid::Uuid::new_v4().to_string()),
        host: Some("compute-é".to_owned()),
        mountpoint: Some("/dev/vdb".to_owned()),
        status: AttachStatus::Attached,
        mode: Some("rw".to_owned()),
        attached_at: Some(Timestamp(at)),
        connector: Some(Connector {
            host: Some("compute-é".to_owned()),
            nqn: "nqn.2014-08.org.nvmexpress:uuid:1".to_owned(),
            ips: vec!["127.0.0.1".to_owned(), "::1".to_owned()],
            mountpoint: None,
            mode: None,
        }),
        connection_info: Some("{\"a\":\"\u{1F525}\"}".to_owned()),
        created_at: Timestamp(at),
        updated_at: None,
        version: 1,
    }
}

pub async fn an_attachment_comes_back_and_changes_by_version(bed: Bed) {
    let volume = VolumeId::random();
    let [first, second] = [attachment(volume, 1), attachment(volume, 2)];
    let bare = Attachment {
        instance_id: None,
        host: None,
        mountpoint: None,
        mode: None,
        attached_at: None,
        connector: None,
        connection_info: None,
        status: AttachStatus::Reserved,
        project_id: ProjectId::new("other"),
        ..attachment(VolumeId::random(), 3)
    };
    for a in [&first, &second, &bare] {
        bed.a.write("insert", |tx, _| Box::pin(tx.insert_attachment(a))).await.unwrap();
    }
    let mut session = bed.b.read().await.unwrap();
    assert_eq!(session.find_attachment(bare.id, None).await.unwrap(), Some(bare.clone()));
    assert_eq!(session.find_attachment(bare.id, Some(&sample::project())).await.unwrap(), None);
    assert_eq!(session.attachments_of(volume).await.unwrap(), [first.clone(), second.clone()]);
    let query = ListQuery { with_count: true, ..ListQuery::new(Scope::Project(sample::project())) };
    let page = session.list_attachments(&query).await.unwrap();
    assert_eq!((page.items, page.total), (vec![second.clone(), first.clone()], Some(2)));
    drop(session);

    let changed = Attachment { status: AttachStatus::Detaching, ..first.clone() };
    bed.a.write("update", |tx, _| Box::pin(tx.update_attachment(&changed))).await.unwrap();
    let stale = bed.b.write("update", |tx, _| Box::pin(tx.update_attachment(&first)));
    assert_eq!(stale.await.unwrap_err().kind(), ErrorKind::Unavailable);
    let now = bed.b.write("get", |tx, _| Box::pin(tx.get_attachment(first.id))).await.unwrap();
    assert_eq!(now, Attachment { version: 2, ..changed });
    bed.a.write("delete", |tx, _| Box::pin(tx.delete_attachment(first.id))).await.unwrap();
    let gone = bed.b.write("get", |tx, _| Box::pin(tx.get_attachment(first.id))).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

/// An attachment comes and goes together with a change of the volume's row, which is what makes
/// the other hearth read it again.
pub async fn a_volume_shows_its_attachments_at_once(bed: Bed) {
    let volume = sample::volume();
    let id = volume.id;
    sample::insert_volumes(&bed.a, &[volume]).await;
    let shown = async || {
        let mut ids = Vec::new();
        for store in [&bed.a, &bed.b] {
            let details = find(store, id).await.unwrap();
            let page = store.list_volumes(&ListQuery::new(Scope::AllProjects)).await.unwrap();
            assert_eq!(page.items[0].attachments, details.attachments);
            ids.push(details.attachments.iter().map(|a| a.id).collect::<Vec<_>>());
        }
        assert_eq!(ids[0], ids[1]);
        ids.swap_remove(0)
    };
    assert_eq!(shown().await, []);
    let both = [attachment(id, 1), attachment(id, 2)];
    for (n, a) in both.iter().enumerate() {
        let attach = bed.b.write("attach", |tx, _| {
            Box::pin(async move {
                let volume = tx.get_volume(id).await?;
                tx.insert_attachment(a).await?;
                tx.update_volume(&Volume { attach_status: AttachStatus::Attached, ..volume }).await
            })
        });
        attach.await.unwrap();
        assert_eq!(shown().await, both[..=n].iter().map(|a| a.id).collect::<Vec<_>>());
    }
    let detach = bed.a.write("detach", |tx, _| {
        let gone = both[0].id;
        Box::pin(async move {
            let volume = tx.get_volume(id).await?;
            tx.delete_attachment(gone).await?;
            tx.update_volume(&volume).await
        })
    });
    detach.await.unwrap();
    assert_eq!(shown().await, [both[1].id]);
}
