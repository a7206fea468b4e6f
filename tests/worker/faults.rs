//! Each call of each operation, with each way a call can go wrong: it ends as if nothing had
//! happened, once.

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::stories::STORIES;

/// What may happen to a call that changes something.
fn write_faults() -> Vec<Value> {
    let mut all = Vec::new();
    for when in ["before", "after"] {
        all.push(json!({"kind": "reset", "when": when}));
        all.push(json!({"kind": "drop", "when": when}));
        for code in [500, 503] {
            all.push(json!({"kind": "status", "code": code, "when": when}));
        }
        all.push(json!({"kind": "delay", "ms": 30, "when": when}));
    }
    // A page of something that stands in between, and a busy cluster.
    all.push(json!({"kind": "status", "code": 502, "when": "after", "body": "<html>", "content_type": "text/html"}));
    all.push(json!({"kind": "status", "code": 429}));
    all
}

fn read_faults() -> Vec<Value> {
    let kinds = [json!({"kind": "reset"}), json!({"kind": "status", "code": 500})];
    kinds.into_iter().chain([json!({"kind": "status", "code": 503})]).collect()
}

fn every_fault_of(stories: &[&str]) {
    let lab = Lab::new(2);
    for story in STORIES.iter().filter(|story| stories.contains(&story.name)) {
        let writes = story.writes.iter().flat_map(|call| write_faults().into_iter().map(move |f| (*call, f)));
        let reads = story.reads.iter().flat_map(|call| read_faults().into_iter().map(move |f| (*call, f)));
        for (call, fault) in writes.chain(reads) {
            lab.fault(call, &fault);
            let before = lab.hits();
            let ends = (story.tell)(&lab);
            ends(&lab);
            assert!(lab.hits() > before, "{}: {call} was not called", story.name);
            lab.heal();
        }
        lab.settle();
    }
}

#[test]
fn creates_survive_every_fault() {
    every_fault_of(&["blank", "from a snapshot"]);
}

#[test]
fn clones_survive_every_fault() {
    every_fault_of(&["clone"]);
}

#[test]
fn changes_survive_every_fault() {
    every_fault_of(&["extend", "revert", "transfer", "adopt"]);
}

#[test]
fn limits_survive_every_fault() {
    every_fault_of(&["limits", "other limits", "another policy", "retype"]);
}

#[test]
fn snapshots_survive_every_fault() {
    every_fault_of(&["snapshot", "delete a snapshot"]);
}

#[test]
fn deletes_survive_every_fault() {
    every_fault_of(&["delete", "delete a volume with its snapshots"]);
}

#[test]
fn groups_survive_every_fault() {
    every_fault_of(&["snapshot a group", "copy a group", "delete a snapshot of a group", "delete a group"]);
}

#[test]
fn attaching_survives_every_fault() {
    every_fault_of(&["attach", "detach"]);
}

/// Reads of one node lag behind: what was just made is not seen there.
#[test]
fn stale_reads_lose_nothing() {
    let lab = Lab::new(1);
    for node in 0..3 {
        lab.ask(0, reqwest::Method::POST, &format!("/nodes/{node}/stale"), &json!({"lag_ms": 150}));
    }
    let volume = lab.volume(1);
    lab.delete(&volume);
    lab.when_gone(&volume);
    let source = lab.volume(1);
    let clone = lab.clone_of(&source);
    let snapshot = lab.snapshot(&source);
    lab.when(&clone, "available");
    lab.delete_snapshot(&snapshot);
    lab.extend(&source, 2);
    lab.when(&source, "available");
    lab.delete(&clone);
    lab.when_gone(&clone);
    for host in ["one", "two"] {
        let attachment = lab.attach(&source, host);
        lab.detach(&attachment);
    }
    lab.settle();
}
