//! The end of a migration that somebody else has copied: who has which place, who is attached, and
//! whom the clusters let in.

use hearth::domain::VolumeId;
use hearth::domain::attachment::Attachment;
use hearth::domain::operation::CopyOutcome;
use hearth::domain::status::{AttachStatus, VolumeStatus};
use hearth::domain::volume::Volume;
use hearth::service::attachments::{Caller, OldAttach};

use crate::lab::{Lab, ctx, eventually};

/// What an engine leaves when it hands the copying over: the volume and its copy.
pub struct Move {
    pub volume: Volume,
    pub copy: Volume,
}

impl Lab {
    /// `before` is what the volume was when its migration began, `now` what it is.
    pub fn moving(
        &self,
        volume: &Volume,
        copy: &Volume,
        (before, now): (VolumeStatus, VolumeStatus),
    ) -> Move {
        let (volume, copy) = (volume.id, copy.id);
        let life = self.life();
        let write = life.store.write("test", |tx, _| {
            Box::pin(async move {
                let (mut old, mut new) = (tx.get_volume(volume).await?, tx.get_volume(copy).await?);
                old.migration_status = Some("migrating".to_owned());
                (old.previous_status, old.status) = (Some(before), now);
                tx.update_volume(&old).await?;
                new.migration_status = Some(format!("target:{volume}"));
                new.consumes_quota = false;
                tx.update_volume(&new).await
            })
        });
        life.runtime.block_on(write).unwrap();
        let row = |id| self.when_known(id);
        Move { volume: row(volume), copy: row(copy) }
    }

    fn when_known(&self, id: VolumeId) -> Volume {
        let life = self.life();
        let found = life
            .runtime
            .block_on(async { life.store.read().await.unwrap().find_volume(id, None).await.unwrap() });
        found.unwrap().volume.clone()
    }

    fn complete(&self, it: &Move, copied: CopyOutcome) -> String {
        let (life, [volume, copy]) = (self.life(), [&it.volume, &it.copy].map(|row| row.id.to_string()));
        let ctx = ctx();
        let completed = life.services.complete_migration(&ctx, (&volume, &copy), copied, Caller::Service);
        life.runtime.block_on(completed).unwrap().to_string()
    }
}

/// The volume has the place, the size and the zone that the copy had, and its name there.
fn has_moved(lab: &Lab, it: &Move, status: &str) -> Volume {
    let now = lab.when(&it.volume, status);
    let (place, there) = (now.location.clone().unwrap(), it.copy.location.clone().unwrap());
    assert_eq!((place.cluster_id, place.uuid), (there.cluster_id, there.uuid));
    assert_eq!(now.backend_name(), it.copy.backend_name());
    assert_eq!(now.migration_status.as_deref(), Some("success"));
    assert_eq!(now.created_at, it.volume.created_at);
    assert!(now.consumes_quota);
    lab.when_gone(&it.copy);
    let truths = lab.truths();
    let names: Vec<&str> = truths
        .iter()
        .flat_map(|truth| truth["volumes"].as_array().unwrap())
        .filter(|volume| volume["state"] == "Available")
        .map(|volume| volume["name"].as_str().unwrap())
        .collect();
    assert!(!names.contains(&it.volume.backend_name().as_str()), "the old place is gone: {names:?}");
    lab.settle();
    now
}

#[test]
fn a_detached_volume_takes_the_place_of_its_copy() {
    use VolumeStatus as S;
    let lab = Lab::new(2);
    let (volume, copy) = (lab.volume(1), lab.volume(2));
    let it = lab.moving(&volume, &copy, (S::Available, S::Maintenance));
    assert_eq!(lab.complete(&it, CopyOutcome::Copied), volume.id.to_string());
    let now = has_moved(&lab, &it, "available");
    assert_eq!((now.size, now.attach_status), (copy.size, AttachStatus::Detached));
    assert_eq!(now.location.unwrap().name_id, Some(copy.id));
    // It goes on being a volume like any other.
    lab.extend(&volume, 3);
    lab.when(&volume, "available");
    let attachment = lab.attach(&volume, "host");
    lab.settle();
    lab.detach(&attachment);
    lab.delete(&volume);
    lab.when_gone(&volume);
    lab.settle();
}

/// Attached to the end, as Nova does it.
fn attach(lab: &Lab, volume: &Volume, host: &str) -> Attachment {
    let (life, attachment) = (lab.life(), lab.attach(volume, host));
    let id = attachment.id.to_string();
    life.runtime.block_on(life.services.complete_attachment(&ctx(), &id)).unwrap();
    attachment
}

/// Nova has attached the copy by itself, and its attachment comes along; whether it has taken its
/// old one away before, or not.
#[test]
fn the_attachments_of_the_copy_come_along() {
    use VolumeStatus as S;
    let lab = Lab::new(2);
    for detached in [false, true] {
        let (volume, copy) = (lab.volume(1), lab.volume(1));
        let old = attach(&lab, &volume, "here");
        let new = attach(&lab, &copy, "here");
        let new = lab.attachments(&copy).into_iter().find(|it| it.id == new.id).unwrap();
        if detached {
            lab.detach(&old);
        }
        let now = if detached { S::Available } else { S::InUse };
        let it = lab.moving(&volume, &copy, (S::InUse, now));
        assert_eq!(lab.complete(&it, CopyOutcome::Copied), volume.id.to_string());
        let moved = has_moved(&lab, &it, "in-use");
        assert_eq!(moved.attach_status, AttachStatus::Attached);
        let [attachment] = &lab.attachments(&volume)[..] else { panic!("one attachment") };
        assert_eq!((attachment.id, &attachment.connector), (new.id, &new.connector));
        assert_eq!(attachment.connection_info, new.connection_info);
        lab.detach(attachment);
        lab.when(&volume, "available");
        lab.settle();
    }
}

/// In the old way the host was told of the copy, and the attachment of the volume stands for it.
#[test]
fn an_attachment_of_the_old_way_stays_and_its_host_is_let_in_anew() {
    use VolumeStatus as S;
    let lab = Lab::new(2);
    let (volume, copy) = (lab.volume(1), lab.volume(1));
    let old = attach(&lab, &volume, "here");
    let it = lab.moving(&volume, &copy, (S::InUse, S::Retyping));
    lab.complete(&it, CopyOutcome::Copied);
    has_moved(&lab, &it, "in-use");
    let [attachment] = &lab.attachments(&volume)[..] else { panic!("one attachment") };
    assert_eq!(attachment.id, old.id);
    let uuid = it.copy.location.unwrap().uuid.unwrap().to_string();
    let told = attachment.connection_info.as_ref().unwrap();
    assert!(told.contains(&uuid), "{told}");

    // One that only says so knows no host.
    let (volume, copy) = (lab.volume(1), lab.volume(1));
    let attach = OldAttach {
        instance_id: Some("5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11".to_owned()),
        host: None,
        mountpoint: Some("/dev/vdb".to_owned()),
        mode: "ro".to_owned(),
    };
    let life = lab.life();
    life.runtime.block_on(life.services.mark_attached(&ctx(), &volume.id.to_string(), &attach)).unwrap();
    let it = lab.moving(&volume, &copy, (S::InUse, S::InUse));
    lab.complete(&it, CopyOutcome::Copied);
    let moved = has_moved(&lab, &it, "in-use");
    assert_eq!(moved.admin_metadata.get("attached_mode").map(String::as_str), Some("ro"));
    assert_eq!(lab.attachments(&volume).len(), 1);
}

#[test]
fn a_copy_that_failed_goes_and_the_volume_stays() {
    use VolumeStatus as S;
    let lab = Lab::new(2);
    let (volume, copy) = (lab.volume(1), lab.volume(1));
    attach(&lab, &volume, "here");
    let it = lab.moving(&volume, &copy, (S::InUse, S::Retyping));
    assert_eq!(lab.complete(&it, CopyOutcome::Failed), volume.id.to_string());
    lab.when_gone(&copy);
    let stayed = lab.when(&volume, "in-use");
    assert_eq!(stayed.location, volume.location);
    assert_eq!(stayed.migration_status.as_deref(), Some("error"));
    assert_eq!(lab.attachments(&volume).len(), 1);
    lab.settle();

    // What somebody is at work on is not deleted under him.
    let (volume, copy) = (lab.volume(1), lab.volume(1));
    attach(&lab, &copy, "here");
    let it = lab.moving(&volume, &copy, (S::Available, S::Available));
    lab.complete(&it, CopyOutcome::Failed);
    eventually("the end", || lab.operations().is_empty().then_some(()));
    lab.when(&copy, "in-use");
    assert_eq!(lab.row(&volume).unwrap().migration_status.as_deref(), Some("error"));
    lab.settle();
}

#[test]
fn a_copy_that_is_nowhere_cannot_be_taken_over() {
    use VolumeStatus as S;
    let lab = Lab::new(2);
    let volume = lab.volume(1);
    let copy = lab.blank(9_000_000);
    lab.when(&copy, "error");
    let it = lab.moving(&volume, &copy, (S::Available, S::Available));
    lab.complete(&it, CopyOutcome::Copied);
    lab.when_gone(&copy);
    let stayed = lab.when(&volume, "available");
    assert_eq!((&stayed.location, stayed.migration_status.as_deref()), (&volume.location, Some("error")));
    lab.settle();
}

/// Two answers of Nova, or an administrator's reset: the second finds nothing to do.
#[test]
fn it_is_completed_once() {
    use VolumeStatus as S;
    let mut lab = Lab::new(2);
    let (volume, copy) = (lab.volume(1), lab.volume(1));
    let it = lab.moving(&volume, &copy, (S::Available, S::Available));
    let ids = [&volume, &copy].map(|row| row.id.to_string());
    let life = lab.life();
    life.runtime.block_on(async {
        let ask = || async {
            let pair = (ids[0].as_str(), ids[1].as_str());
            life.services.complete_migration(&ctx(), pair, CopyOutcome::Copied, Caller::Service).await
        };
        let (one, two) = tokio::join!(ask(), ask());
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    });
    lab.kill_and_restart();
    has_moved(&lab, &it, "available");

    // And once more, from a place whose name is another's id.
    let third = lab.volume(1);
    let it = lab.moving(&volume, &third, (S::Available, S::Available));
    lab.complete(&it, CopyOutcome::Copied);
    let now = has_moved(&lab, &it, "available");
    assert_eq!(now.location.unwrap().name_id, Some(third.id));
}
