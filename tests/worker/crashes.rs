//! The process dies in each call of each operation, before the cluster has done it and after.

use serde_json::json;

use crate::lab::{Lab, eventually};
use crate::stories::STORIES;

fn die_in_every_call_of(stories: &[&str]) {
    let mut lab = Lab::new(2);
    for story in STORIES.iter().filter(|story| stories.contains(&story.name)) {
        for call in story.writes.iter().chain(story.reads) {
            for when in ["before", "after"] {
                lab.fault(call, &json!({"kind": "black_hole", "when": when}));
                let before = lab.hits();
                let ends = (story.tell)(&lab);
                eventually(&format!("{}: {call}", story.name), || (lab.hits() > before).then_some(()));
                lab.kill();
                lab.heal();
                lab.restart();
                ends(&lab);
            }
        }
        lab.settle();
    }
}

#[test]
fn creates_survive_crashes() {
    die_in_every_call_of(&["blank", "from a snapshot"]);
}

#[test]
fn clones_survive_crashes() {
    die_in_every_call_of(&["clone"]);
}

#[test]
fn changes_survive_crashes() {
    die_in_every_call_of(&["extend", "revert", "transfer", "adopt"]);
}

#[test]
fn limits_survive_crashes() {
    die_in_every_call_of(&["limits", "other limits", "another policy", "retype"]);
}

#[test]
fn snapshots_and_deletes_survive_crashes() {
    die_in_every_call_of(&["snapshot", "delete a snapshot", "delete", "delete a volume with its snapshots"]);
}

#[test]
fn groups_survive_crashes() {
    die_in_every_call_of(&[
        "snapshot a group",
        "copy a group",
        "delete a snapshot of a group",
        "delete a group",
    ]);
}

#[test]
fn attaching_survives_crashes() {
    die_in_every_call_of(&["attach", "detach", "complete a migration"]);
}

/// The request of a process that died lands when its successor has long made and deleted the
/// volume: nothing comes back.
#[test]
fn a_late_create_does_not_bring_a_deleted_volume_back() {
    let mut lab = Lab::new(1);
    lab.fault("create_volume", &json!({"kind": "delay", "ms": 250}));
    let before = lab.hits();
    let volume = lab.blank(1);
    eventually("the create", || (lab.hits() > before).then_some(()));
    lab.kill_and_restart();
    lab.when(&volume, "available");
    lab.delete(&volume);
    lab.when_gone(&volume);
    lab.settle();
}

#[test]
fn a_late_snapshot_or_intermediate_does_not_stay() {
    let mut lab = Lab::new(1);
    let source = lab.volume(1);
    lab.fault("create_snapshot", &json!({"kind": "delay", "ms": 250}));
    let before = lab.hits();
    let snapshot = lab.take_snapshot(&source);
    eventually("the snapshot", || (lab.hits() > before).then_some(()));
    lab.kill_and_restart();
    lab.snapshot_when(&snapshot, "available");
    lab.delete_snapshot(&snapshot);
    lab.snapshot_when_gone(&snapshot);

    lab.fault("create_snapshot", &json!({"kind": "delay", "ms": 250}));
    let before = lab.hits();
    let clone = lab.clone_of(&source);
    eventually("the intermediate", || (lab.hits() > before).then_some(()));
    lab.kill_and_restart();
    lab.when(&clone, "available");
    lab.settle();
}

/// A roll-back that comes late would destroy what was written since: the volume is not given
/// free while one may.
#[test]
fn a_volume_is_not_given_free_while_a_rollback_may_land() {
    let mut lab = Lab::new(1);
    let volume = lab.volume(1);
    let snapshot = lab.snapshot(&volume);
    lab.fault("rollback_volume", &json!({"kind": "delay", "ms": 250}));
    let before = lab.hits();
    lab.revert(&volume, &snapshot);
    eventually("the roll-back", || (lab.hits() > before).then_some(()));
    lab.kill_and_restart();
    let began = std::time::Instant::now();
    lab.when(&volume, "available");
    assert!(began.elapsed() >= std::time::Duration::from_millis(250), "{:?}", began.elapsed());
    lab.settle();
}
