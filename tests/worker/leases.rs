//! Several processes on one database: who does what.

use std::time::Duration;

use hearth::domain::Gib;
use hearth::domain::volume::NewVolume;
use serde_json::json;

use crate::lab::{Lab, eventually};

#[test]
fn an_ended_process_hands_over_at_once() {
    let mut lab = Lab::new(1);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": {"kind": "status", "code": 503}}));
    let volumes: Vec<_> = (0..5).map(|_| lab.blank(1)).collect();
    eventually("work", || (lab.hits() > 5).then_some(()));
    let other = lab.another();
    assert_eq!(other.busy(), 0, "what another holds is not taken");
    lab.stop();
    lab.heal();
    for volume in &volumes {
        let ready = || other.row(volume).filter(|row| row.status.as_str() == "available");
        eventually("the other process to go on", ready);
    }
    other.stop();
    lab.restart();
    lab.settle();
}

#[test]
fn a_dead_process_is_replaced_when_its_lease_is_over() {
    let mut lab = Lab::new(1);
    lab.fault("create_volume", &json!({"kind": "black_hole", "when": "after"}));
    let before = lab.hits();
    let volume = lab.blank(1);
    eventually("the create", || (lab.hits() > before).then_some(()));
    lab.kill();
    lab.heal();
    let other = lab.another();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(other.row(&volume).unwrap().status.as_str(), "creating", "the lease still runs");
    // As if the time had passed: what a lease says is compared with the clock only.
    other.runtime.block_on(other.store.drop_all_leases()).unwrap();
    eventually("a takeover", || other.row(&volume).filter(|row| row.status.as_str() == "available"));
    other.stop();
    lab.restart();
    lab.settle();
}

/// Two processes that both accept and both sweep: each operation is done by one of them.
#[test]
fn two_processes_share_the_work_and_nothing_is_done_twice() {
    let lab = Lab::new(2);
    let other = lab.another();
    let new = NewVolume { size: Some(Gib(1)), ..NewVolume::default() };
    let mut volumes = Vec::new();
    for _ in 0..20 {
        volumes.push(lab.blank(1));
        volumes.push(other.create(&new));
    }
    for volume in &volumes {
        lab.when(volume, "available");
    }
    for sim in 0..2 {
        let stats = lab.ask(sim, reqwest::Method::GET, "/stats", &serde_json::Value::Null);
        let creates = stats["calls"]["create_volume"].as_u64().unwrap();
        let volumes = lab.truth(sim)["volumes"].as_array().unwrap().len();
        assert_eq!(usize::try_from(creates).unwrap(), volumes, "each was asked for once");
    }
    other.stop();
    lab.settle();
}

/// Those that wait for a cluster that does not answer keep no others from working.
#[test]
fn a_silent_cluster_holds_up_nobody_else() {
    let lab = Lab::new(2);
    let on = |sim: usize| {
        eventually("a volume there", || {
            let volume = lab.volume(1);
            (lab.row(&volume).unwrap().location.unwrap().cluster_id == lab.cluster(sim)).then_some(volume)
        })
    };
    let (silent, well) = (on(0), on(1));
    let rule = json!({"action": {"kind": "black_hole"}});
    lab.ask(0, reqwest::Method::POST, "/faults", &json!({"rules": [rule]}));
    let stuck: Vec<_> = (0..300).map(|_| lab.take_snapshot(&silent)).collect();
    let began = std::time::Instant::now();
    for _ in 0..5 {
        lab.snapshot(&well);
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(stuck.iter().all(|snapshot| lab.snapshot_row(snapshot).unwrap().status.as_str() == "creating"));
}
