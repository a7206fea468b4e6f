//! Taking in what is on a cluster already, and letting go of it.

use std::collections::BTreeMap;

use hearth::domain::manageable::{Manageable, NewManagedSnapshot, NewManagedVolume, Objects, Reference};
use hearth::domain::operation::Work;
use hearth::domain::snapshot::Snapshot;
use hearth::domain::volume::{DeleteMode, Volume};
use hearth::domain::volume_type::VolumeType;
use hearth::domain::{Bytes, Gib, Metadata, SnapshotId};
use hearth::simulator::Release;
use serde_json::{Value, json};

use crate::lab::{Lab, ctx, eventually};

fn named(name: &str) -> Reference {
    Reference { name: Some(name.to_owned()), id: None }
}

impl Lab {
    /// The volume of this name on the first cluster is to be ours.
    pub fn manage(&self, name: &str) -> Volume {
        self.manage_as(NewManagedVolume { reference: named(name), ..NewManagedVolume::default() })
    }

    fn manage_as(&self, new: NewManagedVolume) -> Volume {
        let life = self.life();
        let new = NewManagedVolume { host: "hearth@lb0#lb0".to_owned(), ..new };
        life.runtime.block_on(life.services.manage_volume(&ctx(), &new)).unwrap().volume.clone()
    }

    fn manage_snapshot(&self, volume: &Volume, name: &str) -> Snapshot {
        let life = self.life();
        let new = NewManagedSnapshot {
            volume_id: volume.id.to_string(),
            reference: named(name),
            ..NewManagedSnapshot::default()
        };
        life.runtime.block_on(life.services.manage_snapshot(&ctx(), &new)).unwrap()
    }

    fn unmanage(&self, volume: &Volume) {
        let life = self.life();
        life.runtime.block_on(life.services.unmanage_volume(&ctx(), &volume.id.to_string())).unwrap();
    }

    fn unmanage_snapshot(&self, snapshot: SnapshotId) {
        let life = self.life();
        life.runtime.block_on(life.services.unmanage_snapshot(&ctx(), &snapshot.to_string())).unwrap();
    }

    fn manageable(&self, objects: Objects) -> BTreeMap<String, Manageable> {
        let life = self.life();
        let all = life.runtime.block_on(async {
            let cluster = life.services.backend("hearth@lb0").await.unwrap().unwrap();
            life.services.list_manageable(&ctx(), &cluster, objects).await.unwrap()
        });
        all.into_iter().map(|entry| (entry.reference.pair().1, entry)).collect()
    }

    /// What the first cluster has under this name.
    fn on_cluster(&self, name: &str) -> Option<Value> {
        let truth = self.truth(0);
        let all = truth["volumes"].as_array().unwrap().iter();
        let mut living = all.filter(|volume| volume["name"] == name && volume["state"] != "Deleting");
        living.next().cloned()
    }
}

#[test]
fn a_foreign_volume_becomes_ours_with_our_name_label_and_size() {
    let lab = Lab::new(1);
    let ours = lab.volume(1);
    lab.make_foreign_of("odd", Bytes(3 << 29));
    let listed = lab.manageable(Objects::Volumes);
    let odd = &listed["odd"];
    assert_eq!((odd.size, odd.reason_not_safe.as_deref(), &odd.cinder_id), (Gib(2), None, &None));
    let known = &listed[&format!("volume-{}", ours.id)];
    assert_eq!(known.reason_not_safe.as_deref(), Some("already managed"));
    assert_eq!(known.cinder_id, Some(ours.id.to_string()));

    let new = NewManagedVolume {
        reference: named("odd"),
        name: Some("mine".to_owned()),
        bootable: true,
        metadata: Metadata::from([("k".to_owned(), "v".to_owned())]),
        ..NewManagedVolume::default()
    };
    let volume = lab.manage_as(new);
    assert_eq!((volume.status.shown().as_str(), volume.size), ("creating", Gib(0)));
    let volume = lab.when(&volume, "available");
    assert_eq!((volume.size, volume.bootable, volume.name.as_deref()), (Gib(2), true, Some("mine")));
    assert_eq!(volume.availability_zone.as_deref(), Some("nova"));
    assert_eq!(volume.location.as_ref().unwrap().replicas, 2);
    let there = lab.on_cluster(&volume.backend_name()).unwrap();
    assert_eq!(there["size"], 2_u64 << 30);
    assert_eq!(there["labels"][0]["value"], "0af0");
    assert_eq!(there["acl"], json!(["ALLOW_NONE"]));
    lab.poll();
    lab.settle();
    // From now on it is like any other.
    lab.extend(&volume, 3);
    lab.when(&volume, "available");
    lab.settle();
    lab.delete(&volume);
    lab.when_gone(&volume);
    lab.settle();
}

#[test]
fn what_is_let_go_stays_and_can_be_taken_in_again() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let snapshot = lab.snapshot(&volume);
    let life = lab.life();
    let refused = life.runtime.block_on(life.services.unmanage_volume(&ctx(), &volume.id.to_string()));
    assert!(refused.unwrap_err().message().contains("have snapshots"));
    lab.unmanage_snapshot(snapshot.id);
    lab.snapshot_when_gone(&snapshot);
    lab.unmanage(&volume);
    lab.when_gone(&volume);
    let (name, snapshot_name) = (volume.backend_name(), format!("snapshot-{}", snapshot.id));
    assert!(lab.on_cluster(&name).is_some());
    assert_eq!(lab.manageable(Objects::Volumes)[&name].reason_not_safe, None);
    let listed = lab.manageable(Objects::Snapshots);
    assert_eq!(
        (&listed[&snapshot_name].reason_not_safe, &listed[&snapshot_name].source),
        (&None, &Some(name.clone()))
    );

    let again = lab.when(&lab.manage(&name), "available");
    assert_ne!(again.id, volume.id);
    let taken = lab.snapshot_when(&lab.manage_snapshot(&again, &snapshot_name), "available");
    assert_eq!(
        (taken.volume_size, taken.uuid),
        (Gib(1), lab.manageable(Objects::Snapshots).get(&snapshot_name).map(|entry| entry.uuid))
    );
    let twice = lab.snapshot_when(&lab.manage_snapshot(&again, &snapshot_name), "error");
    assert!(lab.messages().iter().any(|text| text.contains("already managed")), "{:?}", lab.messages());
    lab.delete_snapshot(&twice);
    lab.snapshot_when_gone(&twice);
    lab.settle();
    let copy = lab.from(&taken);
    lab.when(&copy, "available");
    lab.delete_as(&again, DeleteMode { cascade: true, force: false });
    lab.when_gone(&again);
    lab.settle();
}

#[test]
fn where_the_release_cannot_rename_the_name_is_remembered() {
    let lab = Lab::with(1, |options| options.release = Release(3, 15, 0));
    lab.make_foreign_of("old-name", Bytes(3 << 29));
    let volume = lab.when(&lab.manage("old-name"), "available");
    assert_eq!(volume.backend_name(), "old-name");
    lab.settle();
    lab.extend(&volume, 4);
    lab.when(&volume, "available");
    lab.settle();
    lab.delete(&volume);
    lab.when_gone(&volume);
    assert!(lab.on_cluster("old-name").is_none());
    lab.settle();
}

/// Each of these ends as `error_managing` and says why; on the cluster nothing has changed, and
/// nothing changes when the row is deleted.
#[test]
fn what_cannot_be_taken_in_is_left_alone() {
    let lab = Lab::new(1);
    lab.make_foreign("theirs");
    let before =
        eventually("the volume", || lab.on_cluster("theirs").filter(|it| it["state"] == "Available"));
    let ours = lab.volume(1);
    let uuid = ours.location.as_ref().unwrap().uuid.unwrap().to_string();
    let thrice = lab.volume_type(&[("lightos:num_replicas", "3")]);
    let elsewhere = lab.volume_type(&[("volume_backend_name", "lb9")]);
    let policed = lab.volume_type(&[("lightos:qos_policy", "none-such")]);
    let of_type = |volume_type: &VolumeType| NewManagedVolume {
        reference: named("theirs"),
        volume_type: Some(volume_type.id.to_string()),
        ..NewManagedVolume::default()
    };
    let by = |reference: Reference| NewManagedVolume { reference, ..NewManagedVolume::default() };
    for (new, told) in [
        (by(named("nothing")), "Specified volume does not exist."),
        (by(Reference::default()), "Reference must contain source-name or source-id element."),
        (by(Reference { name: None, id: Some("x".to_owned()) }), "Specified volume does not exist."),
        (by(Reference { name: None, id: Some(uuid) }), "already managed"),
        (of_type(&thrice), "volume type mismatch: the volume has 2 replicas, its type 3."),
        (of_type(&policed), "The cluster refused the QoS of the type: "),
        (of_type(&elsewhere), "The cluster of the volume does not fit its new type."),
        (
            NewManagedVolume { availability_zone: Some("mars".to_owned()), ..by(named("theirs")) },
            "The cluster of the volume does not fit its new type.",
        ),
    ] {
        let volume = lab.when(&lab.manage_as(new), "error_managing");
        assert_eq!((volume.size, volume.location.clone()), (Gib(0), None));
        assert!(lab.messages().iter().any(|text| text.contains(told)), "{told}: {:?}", lab.messages());
        lab.delete(&volume);
        lab.when_gone(&volume);
    }
    assert_eq!(lab.on_cluster("theirs"), Some(before));
    assert!(lab.on_cluster(&ours.backend_name()).is_some());
}

#[test]
fn the_limits_of_the_type_are_kept_from_then_on() {
    let lab = Lab::new(1);
    lab.make_foreign("fast");
    let slow = lab.limited_type(&[("read_bytes_sec", "5000000")]);
    let new = NewManagedVolume {
        reference: named("fast"),
        volume_type: Some(slow.id.to_string()),
        ..NewManagedVolume::default()
    };
    let volume = lab.when(&lab.manage_as(new), "available");
    assert_eq!(lab.limits_of(&volume), json!({"Bandwidth": {"write": 0, "read": 5}}));
    lab.settle();
}

#[test]
fn gigabytes_are_counted_when_the_size_is_known() {
    let lab = Lab::new(1);
    lab.make_foreign("seven");
    let life = lab.life();
    let limit = [("gigabytes".to_owned(), 6)].into();
    life.runtime.block_on(life.services.set_quota(&ctx().project_id, &limit)).unwrap();
    let volume = lab.when(&lab.manage("seven"), "error_managing");
    assert!(
        lab.messages()
            .iter()
            .any(|text| text.contains("Requested 7G, quota is 6G and 0G has been consumed."))
    );
    lab.unmanage(&volume);
    lab.when_gone(&volume);
    let limit = [("gigabytes".to_owned(), 7)].into();
    life.runtime.block_on(life.services.set_quota(&ctx().project_id, &limit)).unwrap();
    lab.when(&lab.manage("seven"), "available");
    lab.settle();
}

/// A delete that comes while it is being taken in unbinds it, and what was not ours stays.
#[test]
fn a_delete_in_between_deletes_nothing() {
    let lab = Lab::new(1);
    for step in ["list_volumes", "update_volume"] {
        lab.make_foreign(step);
        let theirs = lab.on_cluster(step).unwrap()["uuid"].clone();
        lab.rule(&json!({"match": {"operation": step}, "action": {"kind": "status", "code": 503}}));
        let before = lab.hits();
        let volume = lab.manage(step);
        eventually(step, || (lab.hits() > before).then_some(()));
        lab.delete_as(&volume, DeleteMode { cascade: false, force: true });
        lab.heal();
        lab.when_gone(&volume);
        eventually("quiet", || lab.operations().is_empty().then_some(()));
        // It may have been renamed already: a call that was under way is sent again.
        let truth = lab.truth(0);
        let mut all = truth["volumes"].as_array().unwrap().iter();
        assert!(all.any(|one| one["uuid"] == theirs && one["state"] != "Deleting"), "{step}");
    }
    lab.make_foreign("theirs");
    // Two at once: one has it.
    let both = [lab.manage("theirs"), lab.manage("theirs")];
    eventually("both ends", || {
        let mut ends: Vec<_> = both.iter().map(|volume| lab.row(volume).unwrap().status.as_str()).collect();
        ends.sort_unstable();
        (ends == ["available", "error_managing"]).then_some(())
    });
}

/// A list that nobody waits for any more, because its cluster does not answer, ends.
#[test]
fn a_list_gives_up() {
    let lab = Lab::new(1);
    lab.rule(&json!({"match": {"operation": "list_volumes"}, "action": {"kind": "status", "code": 503}}));
    let life = lab.life();
    let told = life.runtime.block_on(async {
        let cluster = life.services.backend("hearth@lb0").await.unwrap().unwrap();
        life.services.list_manageable(&ctx(), &cluster, Objects::Volumes).await.unwrap_err()
    });
    assert_eq!(told.kind(), hearth::domain::ErrorKind::Unavailable);
    let lists = |lab: &Lab| lab.operations().iter().any(|op| matches!(op.work, Work::ListRemote { .. }));
    eventually("the end of the list", || (!lists(&lab)).then_some(()));
    lab.heal();
    lab.settle();
}
