//! Definite answers: a cluster that refuses, gives up, or holds something else under our name;
//! and what happens to operations that others overtake.

use hearth::domain::cluster::PlacementTraits;
use hearth::domain::volume::DeleteMode;
use hearth::service::snapshots::Force;
use serde_json::{Value, json};

use crate::lab::{Lab, eventually};

const FORCE: DeleteMode = DeleteMode { cascade: false, force: true };

fn invalid() -> Value {
    let body = r#"{"error":"no","message":"no","code":3}"#;
    json!({"kind": "status", "code": 400, "body": body})
}

#[test]
fn a_volume_that_fits_nowhere_is_in_error_and_says_why() {
    let lab = Lab::with(2, |options| options.capacity = 1 << 40);
    let volume = lab.blank(100_000);
    let row = lab.when(&volume, "error");
    assert_eq!(row.location, None);
    let messages = lab.messages();
    assert!(messages.iter().any(|m| m.contains("lb0:") && m.contains("lb1:")), "{messages:?}");
    lab.settle();
    lab.delete(&volume);
    lab.when_gone(&volume);
}

#[test]
fn a_cluster_that_refuses_or_gives_up_is_left_for_another() {
    let lab = Lab::new(2);
    for action in [invalid(), json!({"kind": "fail"})] {
        let first = lab.views()[0].id;
        let one = (0..2).find(|sim| lab.cluster(*sim) == first).unwrap();
        // Whichever is asked first says no; the other has no such rule left.
        let rule = json!({"match": {"operation": "create_volume"}, "action": action, "count": 1});
        let before = lab.hits();
        lab.ask(one, reqwest::Method::POST, "/faults", &json!({"rules": [rule]}));
        while lab.hits() == before {
            let volume = lab.volume(1);
            assert_eq!(lab.row(&volume).unwrap().status.as_str(), "available");
        }
    }
    lab.settle();
}

#[test]
fn a_volume_refused_everywhere_is_in_error_with_nothing_behind() {
    let lab = Lab::new(2);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": invalid()}));
    let volume = lab.blank(1);
    lab.when(&volume, "error");
    let messages = lab.messages();
    assert!(messages.iter().any(|m| m.contains("refused this volume")), "{messages:?}");
    lab.settle();
}

#[test]
fn a_copy_that_is_refused_stays_where_its_source_is_and_leaves_nothing() {
    let lab = Lab::new(2);
    let source = lab.volume(1);
    let snapshot = lab.snapshot(&source);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": invalid()}));
    let clone = lab.clone_of(&source);
    let copy = lab.from(&snapshot);
    lab.when(&clone, "error");
    lab.when(&copy, "error");
    lab.heal();
    lab.settle();
    for volume in [&clone, &copy] {
        lab.delete(volume);
        lab.when_gone(volume);
    }
    lab.rule(&json!({"match": {"operation": "create_snapshot"}, "action": {"kind": "fail"}}));
    let clone = lab.clone_of(&source);
    lab.when(&clone, "error");
    let snapshot = lab.take_snapshot(&source);
    lab.snapshot_when(&snapshot, "error");
    lab.heal();
    lab.settle();
}

#[test]
fn an_extend_that_does_not_fit_or_is_refused_says_so() {
    let lab = Lab::with(1, |options| options.capacity = 1 << 40);
    let volume = lab.volume(1);
    lab.extend(&volume, 100_000);
    eventually("a message", || lab.messages().iter().any(|m| m.contains("new size")).then_some(()));
    assert_eq!(lab.when(&volume, "available").size.0, 1);
    lab.rule(&json!({"match": {"operation": "update_volume"}, "action": invalid()}));
    lab.extend(&volume, 2);
    let row = lab.when(&volume, "error_extending");
    assert_eq!(row.size.0, 1);
    lab.heal();
    lab.settle();
    lab.delete(&volume);
    lab.when_gone(&volume);
}

#[test]
fn a_delete_that_is_refused_is_given_up_and_can_be_repeated() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let snapshot = lab.snapshot(&volume);
    for call in ["delete_volume", "delete_snapshot"] {
        lab.rule(&json!({"match": {"operation": call}, "action": {"kind": "status", "code": 403}}));
    }
    lab.delete_as(&volume, DeleteMode { cascade: true, force: false });
    lab.when(&volume, "error_deleting");
    lab.snapshot_when(&snapshot, "error_deleting");
    lab.heal();
    lab.delete_snapshot_as(&snapshot, Force::Yes);
    lab.snapshot_when_gone(&snapshot);
    lab.delete_as(&volume, FORCE);
    lab.when_gone(&volume);
    lab.settle();
}

#[test]
fn two_deletes_of_one_thing_do_not_wait_for_each_other() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let snapshot = lab.snapshot(&volume);
    lab.rule(&json!({"match": {"method": "DELETE"}, "action": {"kind": "delay", "ms": 100}, "count": 4}));
    lab.delete_snapshot(&snapshot);
    lab.delete_snapshot_as(&snapshot, Force::Yes);
    lab.snapshot_when_gone(&snapshot);
    lab.delete(&volume);
    lab.delete_as(&volume, FORCE);
    lab.delete_as(&volume, FORCE);
    lab.when_gone(&volume);
    lab.settle();
}

/// A forced delete of a volume whose create nobody has answered: it waits until it is certain
/// what there is to delete.
#[test]
fn a_delete_overtakes_a_create_in_doubt() {
    for when in ["before", "after"] {
        let mut lab = Lab::new(2);
        lab.fault("create_volume", &json!({"kind": "black_hole", "when": when}));
        let before = lab.hits();
        let volume = lab.blank(1);
        eventually("the create", || (lab.hits() > before).then_some(()));
        lab.delete_as(&volume, FORCE);
        lab.kill();
        lab.heal();
        lab.restart();
        lab.when_gone(&volume);
        lab.settle();
    }
}

#[test]
fn a_delete_overtakes_a_clone_and_a_snapshot() {
    let lab = Lab::new(1);
    let source = lab.volume(1);
    for (call, when) in
        [("create_snapshot", "before"), ("create_snapshot", "after"), ("create_volume", "after")]
    {
        lab.fault(call, &json!({"kind": "delay", "ms": 150, "when": when}));
        let before = lab.hits();
        let clone = lab.clone_of(&source);
        eventually("a call", || (lab.hits() > before).then_some(()));
        lab.delete_as(&clone, FORCE);
        lab.when_gone(&clone);
    }
    lab.fault("create_snapshot", &json!({"kind": "delay", "ms": 150, "when": "after"}));
    let before = lab.hits();
    let snapshot = lab.take_snapshot(&source);
    eventually("a call", || (lab.hits() > before).then_some(()));
    lab.delete_snapshot_as(&snapshot, Force::Yes);
    lab.snapshot_when_gone(&snapshot);
    lab.settle();
}

/// As Cinder's locks do: what is being copied is deleted after it was copied.
#[test]
fn a_source_is_deleted_after_it_was_copied() {
    let lab = Lab::new(1);
    let source = lab.volume(1);
    lab.fault("create_volume", &json!({"kind": "delay", "ms": 200}));
    let clone = lab.clone_of(&source);
    lab.delete(&source);
    lab.when_gone(&source);
    assert_eq!(lab.row(&clone).unwrap().status.as_str(), "available");
    let snapshot = lab.snapshot(&clone);
    lab.fault("create_volume", &json!({"kind": "delay", "ms": 200}));
    let copy = lab.from(&snapshot);
    lab.delete_snapshot(&snapshot);
    lab.snapshot_when_gone(&snapshot);
    assert_eq!(lab.row(&copy).unwrap().status.as_str(), "available");
    lab.settle();
}

/// What was asked for first gets the volume as it was then, however late its cluster takes it.
#[test]
fn a_snapshot_or_copy_asked_for_before_a_change_is_made_before_it() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let busy = json!({"match": {"operation": "create_snapshot"}, "action": {"kind": "status", "code": 503}, "count": 3});
    lab.rule(&busy);
    let snapshot = lab.take_snapshot(&volume);
    lab.extend(&volume, 2);
    lab.when(&volume, "available");
    assert_eq!(lab.snapshot_row(&snapshot).unwrap().status.as_str(), "available");
    lab.rule(&busy);
    let clone = lab.clone_of(&volume);
    lab.extend(&volume, 3);
    lab.when(&volume, "available");
    assert_eq!(lab.row(&clone).unwrap().status.as_str(), "available");
    let newest = lab.snapshot(&volume);
    lab.rule(&busy);
    let clone = lab.clone_of(&volume);
    lab.revert(&volume, &newest);
    lab.when(&volume, "available");
    assert_eq!(lab.row(&clone).unwrap().status.as_str(), "available");
    lab.settle();
}

/// Another object under our name is never touched, not even by the delete.
#[test]
fn what_bears_our_name_and_is_not_ours_is_left_alone() {
    let mut lab = Lab::new(1);
    // Nothing can be known beforehand of an id, so the object is made while ours is on its way: in doubt, and its
    // process away.
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": {"kind": "reset"}, "count": 1000}));
    let before = lab.hits();
    let volume = lab.blank(1);
    eventually("the create", || (lab.hits() > before).then_some(()));
    lab.kill();
    lab.heal();
    lab.make_foreign(&format!("volume-{}", volume.id));
    lab.restart();
    lab.when(&volume, "error");
    let messages = lab.messages();
    assert!(messages.iter().any(|m| m.contains("another object bears the name")), "{messages:?}");
    lab.delete(&volume);
    lab.when_gone(&volume);
    let truth = lab.truth(0);
    assert_eq!(truth["volumes"][0]["state"], "Available");
    assert!(lab.operations().is_empty());
}

/// An administrator's word stands, and nothing is left reserved.
#[test]
fn a_reset_while_an_operation_is_at_work() {
    let lab = Lab::new(1);
    lab.fault("create_volume", &json!({"kind": "delay", "ms": 150, "when": "after"}));
    let before = lab.hits();
    let volume = lab.blank(1);
    eventually("the create", || (lab.hits() > before).then_some(()));
    lab.reset(&volume, "error");
    eventually("its end", || lab.operations().is_empty().then_some(()));
    assert_eq!(lab.row(&volume).unwrap().status.as_str(), "error");
    lab.delete(&volume);
    lab.when_gone(&volume);
    lab.settle();
}

/// The capacity that was promised is given back in every case.
#[test]
fn reservations_end_with_what_they_were_for() {
    let lab = Lab::with(1, |options| options.capacity = 100 << 30);
    let traits = PlacementTraits {
        default_replicas: 1,
        max_over_subscription_millis: 1000,
        ..PlacementTraits::default()
    };
    let poll = || lab.take_in(0, &lab.truth(0), &traits);
    poll();
    let volume = lab.volume(40);
    lab.extend(&volume, 70);
    lab.when(&volume, "available");
    let too_much = lab.blank(40);
    lab.when(&too_much, "error");
    poll();
    let clone = lab.clone_of(&volume);
    lab.when(&clone, "error");
    let fits = lab.volume(30);
    lab.delete(&fits);
    lab.when_gone(&fits);
    eventually("room", || {
        poll();
        let again = lab.blank(30);
        let row = eventually("an end", || lab.row(&again).filter(|row| !row.status.is_transient()));
        (row.status.as_str() == "available").then_some(())
    });
}
