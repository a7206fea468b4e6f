//! What needs a data path, without one: images and migrations end in Cinder's way of failing,
//! whatever process dies.

use hearth::domain::ImageId;
use hearth::domain::volume::{NewVolume, Volume};
use hearth::domain::{Gib, Metadata};
use hearth::service::volumes::{Lock, ReservedVolume};
use serde_json::json;

use crate::lab::{Lab, ctx, eventually};

fn of_an_image() -> NewVolume {
    NewVolume { size: Some(Gib(1)), image_ref: Some(ImageId::random().to_string()), ..NewVolume::default() }
}

fn told(lab: &Lab, what: &str) -> bool {
    lab.messages().iter().any(|message| message.starts_with(what))
}

/// As after an image copy that failed: the volume is there, in error, and goes like any other.
#[test]
fn a_volume_of_an_image_ends_in_error_on_its_cluster() {
    let lab = Lab::new(2);
    let volume = lab.create(of_an_image());
    let failed = lab.when(&volume, "error");
    assert!(failed.location.as_ref().is_some_and(|at| at.uuid.is_some()), "{failed:?}");
    assert_eq!((failed.bootable, failed.image_metadata.clone()), (false, Metadata::new()));
    assert!(told(&lab, "copy image to volume:The image service is not available."), "{:?}", lab.messages());
    lab.poll();
    lab.settle();
    lab.delete(&volume);
    lab.when_gone(&volume);
    lab.settle();
}

#[test]
fn it_does_so_whatever_process_dies() {
    let mut lab = Lab::new(2);
    for when in ["before", "after"] {
        lab.fault("create_volume", &json!({"kind": "black_hole", "when": when}));
        let before = lab.hits();
        let volume = lab.create(of_an_image());
        eventually("the create", || (lab.hits() > before).then_some(()));
        lab.kill();
        lab.heal();
        lab.restart();
        lab.when(&volume, "error");
        lab.delete(&volume);
        lab.when_gone(&volume);
    }
    lab.settle();
}

fn migration_of(lab: &Lab, volume: &Volume) -> Option<String> {
    lab.life().row(volume).unwrap().migration_status
}

#[test]
fn a_migration_ends_in_error_and_hurts_nothing() {
    let mut lab = Lab::new(2);
    for lock in [Lock::No, Lock::Yes] {
        let volume = lab.volume(1);
        let views = lab.views();
        let here = volume.location.clone().unwrap().cluster_id;
        let there = views.iter().find(|view| view.id != here).unwrap().host();
        let (life, ctx, id) = (lab.life(), ctx(), volume.id.to_string());
        life.runtime.block_on(life.services.migrate_volume(&ctx, &id, &there, lock)).unwrap();
        lab.kill_and_restart();
        eventually("the migration", || (migration_of(&lab, &volume)? == "error").then_some(()));
        let after = lab.when(&volume, "available");
        assert_eq!(after.location, volume.location);
        lab.delete(&volume);
        lab.when_gone(&volume);
    }
    assert!(told(&lab, "migrate volume:The data cannot be copied"), "{:?}", lab.messages());
    lab.settle();
}

#[test]
fn a_reimage_ends_in_error() {
    let mut lab = Lab::new(1);
    let volume = lab.volume(1);
    let (life, ctx, id) = (lab.life(), ctx(), volume.id.to_string());
    let reimage =
        life.services.reimage_volume(&ctx, "token", &id, ImageId::random(), ReservedVolume::Refused);
    life.runtime.block_on(reimage).unwrap();
    lab.kill_and_restart();
    lab.when(&volume, "error");
    assert!(told(&lab, "reimage volume:The image service is not available."), "{:?}", lab.messages());
    lab.delete(&volume);
    lab.when_gone(&volume);
    lab.settle();
}
