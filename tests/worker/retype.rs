//! What of a type can be changed where a volume is, and what happens to the rest.

use hearth::domain::operation::MigrationPolicy::{Never, OnDemand};
use serde_json::{Value, json};

use crate::lab::Lab;

fn compression(lab: &Lab, name: &str) -> Value {
    let truth = lab.truth(0);
    let volumes = truth["volumes"].as_array().unwrap();
    volumes.iter().find(|volume| volume["name"] == name).unwrap()["compression"].clone()
}

#[test]
fn policy_and_compression_change_in_place() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let snapshot = lab.snapshot(&volume);
    let before = compression(&lab, &volume.backend_name());
    let other = if before == json!(true) { "False" } else { "True" };
    let gold = lab.limited_type(&[("total_iops_sec", "256")]);
    let dense = lab.volume_type(&[("compression", other)]);

    lab.retype(&volume, &gold, Never);
    let row = lab.when(&volume, "available");
    assert_eq!((row.volume_type_id, row.previous_status), (Some(gold.id), None));
    assert_eq!(lab.snapshot_row(&snapshot).unwrap().volume_type_id, Some(gold.id));
    assert_eq!(lab.limits_of(&volume), json!({"Iops": {"write": 256, "read": 256}}));

    // To a type without limits: they are lifted.
    lab.retype(&volume, &dense, Never);
    assert_eq!(lab.when(&volume, "available").volume_type_id, Some(dense.id));
    assert_eq!(lab.limits_of(&volume), json!({"Iops": {"write": 0, "read": 0}}));
    assert_eq!(compression(&lab, &volume.backend_name()), json!(before != json!(true)));

    // And back to one that does not say: the cluster's default.
    lab.retype(&volume, &gold, Never);
    lab.when(&volume, "available");
    assert_eq!(compression(&lab, &volume.backend_name()), before);
    lab.settle();
}

#[test]
fn what_would_need_a_migration_fails_and_changes_nothing() {
    let lab = Lab::new(2);
    let volume = lab.volume(1);
    let replicas = lab.volume_type(&[("lightos:num_replicas", "3")]);
    let elsewhere = lab.volume_type(&[("volume_backend_name", "nowhere")]);
    let was = lab.row(&volume).unwrap();
    for new in [&replicas, &elsewhere] {
        lab.retype(&volume, new, Never);
        let row = lab.when(&volume, "available");
        assert_eq!((row.volume_type_id, &row.migration_status), (was.volume_type_id, &None));
    }
    let told = lab.messages();
    assert_eq!(told.len(), 2);
    let expected = "retype volume:Retype requires migration but is not allowed: ";
    assert!(told.iter().all(|text| text.starts_with(expected)), "{told:?}");

    lab.retype(&volume, &elsewhere, OnDemand);
    let row = lab.when(&volume, "available");
    assert_eq!((row.volume_type_id, row.migration_status.as_deref()), (was.volume_type_id, Some("error")));
    lab.snapshot(&volume);
    lab.retype(&volume, &elsewhere, OnDemand);
    lab.when(&volume, "available");
    let told = lab.messages();
    assert!(told.iter().any(|text| text.contains("must not have snapshots")), "{told:?}");
    lab.settle();
}

#[test]
fn a_policy_the_cluster_does_not_have_leaves_the_volume_as_it_was() {
    let lab = Lab::new(1);
    let volume = lab.volume(1);
    let was = lab.row(&volume).unwrap().volume_type_id;
    let gold = lab.volume_type(&[("lightos:qos_policy", "none-such")]);
    lab.retype(&volume, &gold, Never);
    assert_eq!(lab.when(&volume, "available").volume_type_id, was);
    let told = lab.messages();
    assert!(told[0].contains("does not give the QoS policy"), "{told:?}");
}
