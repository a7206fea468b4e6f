//! Groups on clusters: bound to one, snapshotted, copied and deleted as a whole.

use hearth::domain::group::{Group, GroupSnapshot, GroupSource, GroupStatus, Members, NewGroup};
use hearth::domain::group_type::{CONSISTENT_SNAPSHOTS, DEFAULT_CGSNAPSHOT_TYPE, NewGroupType};
use hearth::domain::volume::{NewVolume, Volume};
use hearth::domain::{Gib, GroupId};
use hearth::service::groups::NewGroupSnapshot;
use serde_json::json;

use crate::lab::{Lab, ctx, eventually};

impl Lab {
    fn new_group(&self, group_type: &str, volume_types: &[&str]) -> Group {
        let life = self.life();
        let new = NewGroup {
            group_type: group_type.to_owned(),
            volume_types: volume_types.iter().map(|&name| name.to_owned()).collect(),
            ..NewGroup::default()
        };
        life.runtime.block_on(async {
            let known = life.services.find_group_type(&ctx(), group_type).await;
            if known.is_err() {
                let new =
                    NewGroupType { name: group_type.to_owned(), is_public: true, ..NewGroupType::default() };
                life.services.create_group_type(&ctx(), &new).await.unwrap();
            }
            life.services.create_group(&ctx(), &new).await.unwrap()
        })
    }

    /// A group with so many volumes, all available.
    pub fn group(&self, volumes: usize) -> (Group, Vec<Volume>) {
        let group = self.new_group("plain", &["__DEFAULT__"]);
        let made: Vec<Volume> = (0..volumes).map(|_| self.member(&group)).collect();
        let made = made.iter().map(|volume| self.when(volume, "available")).collect();
        (self.group_when(group.id, GroupStatus::Available), made)
    }

    fn member(&self, group: &Group) -> Volume {
        self.create(NewVolume {
            size: Some(Gib(1)),
            volume_type: Some("__DEFAULT__".to_owned()),
            group_id: Some(group.id.to_string()),
            ..NewVolume::default()
        })
    }

    pub fn group_row(&self, id: GroupId) -> Option<Group> {
        let life = self.life();
        let found = life
            .runtime
            .block_on(async { life.store.read().await.unwrap().find_group(id, None).await.unwrap() });
        found.map(|details| details.group)
    }

    pub fn group_when(&self, id: GroupId, status: GroupStatus) -> Group {
        eventually(&format!("group {id} to be {status}"), || {
            self.group_row(id).filter(|row| row.status == status)
        })
    }

    pub fn snapshot_group(&self, group: &Group) -> GroupSnapshot {
        let new = NewGroupSnapshot { group_id: group.id.to_string(), name: None, description: None };
        let life = self.life();
        life.runtime.block_on(life.services.create_group_snapshot(&ctx(), &new)).unwrap()
    }

    /// `None` when it is gone.
    pub fn group_snapshot_row(&self, snapshot: &GroupSnapshot) -> Option<GroupSnapshot> {
        let life = self.life();
        let id = snapshot.id;
        let found = life.runtime.block_on(async {
            life.store.read().await.unwrap().find_group_snapshot(id, None).await.unwrap()
        });
        found.map(|details| details.snapshot)
    }

    pub fn group_snapshot_when(&self, snapshot: &GroupSnapshot, status: &str) {
        eventually(&format!("group snapshot {} to be {status}", snapshot.id), || {
            self.group_snapshot_row(snapshot).filter(|row| row.status.as_str() == status)
        });
    }

    pub fn delete_group_snapshot(&self, snapshot: &GroupSnapshot) {
        let life = self.life();
        let id = snapshot.id.to_string();
        life.runtime.block_on(life.services.delete_group_snapshot(&ctx(), &id)).unwrap();
    }

    pub fn copy_group(&self, source: &GroupSource) -> Group {
        let life = self.life();
        life.runtime.block_on(life.services.create_group_from(&ctx(), (None, None), source)).unwrap()
    }

    pub fn members(&self, group: GroupId) -> Vec<Volume> {
        let life = self.life();
        life.runtime.block_on(life.store.write("test", |tx, _| Box::pin(tx.volumes_of_group(group)))).unwrap()
    }

    pub fn delete_group(&self, group: &Group) {
        let life = self.life();
        let id = group.id.to_string();
        life.runtime.block_on(life.services.delete_group(&ctx(), &id, Members::DeletedToo)).unwrap();
    }

    pub fn group_when_gone(&self, group: &Group) {
        let gone = || self.group_row(group.id).is_none().then_some(());
        eventually(&format!("group {} to be gone", group.id), gone);
    }
}

#[test]
fn all_volumes_of_a_group_are_on_its_cluster() {
    let lab = Lab::new(3);
    let (group, members) = lab.group(6);
    assert!(group.cluster_id.is_some());
    for member in &members {
        assert_eq!(member.location.as_ref().map(|at| at.cluster_id), group.cluster_id);
    }
    let snapshot = lab.snapshot_group(&group);
    lab.group_snapshot_when(&snapshot, "available");
    for source in [GroupSource::Snapshot(snapshot.id.to_string()), GroupSource::Group(group.id.to_string())] {
        let copy = lab.copy_group(&source);
        let copy = lab.group_when(copy.id, GroupStatus::Available);
        let copies = lab.members(copy.id);
        assert_eq!(copies.len(), 6);
        assert!(copies.iter().all(|volume| volume.cluster_id() == group.cluster_id), "{copies:?}");
        lab.delete_group(&copy);
        lab.group_when_gone(&copy);
    }
    lab.delete_group_snapshot(&snapshot);
    eventually("the snapshot to go", || lab.group_snapshot_row(&snapshot).is_none().then_some(()));
    lab.delete_group(&group);
    lab.group_when_gone(&group);
    for member in &members {
        assert_eq!(lab.row(member), None);
    }
    lab.settle();
}

#[test]
fn a_group_needs_a_cluster_that_takes_all_its_types() {
    let lab = Lab::new(2);
    let life = lab.life();
    for backend in ["lb0", "lb1", "lb9"] {
        let new = hearth::domain::volume_type::NewVolumeType {
            name: backend.to_owned(),
            description: None,
            extra_specs: [("volume_backend_name".to_owned(), backend.to_owned())].into(),
            is_public: true,
        };
        life.runtime.block_on(life.services.create_type(&ctx(), &new)).unwrap();
    }
    for (types, home) in [
        (["__DEFAULT__", "lb1"], Some("lb1")),
        (["lb0", "__DEFAULT__"], Some("lb0")),
        (["lb0", "lb1"], None),
        (["__DEFAULT__", "lb9"], None),
    ] {
        let group = lab.new_group("plain", &types);
        match home {
            Some(name) => {
                let group = lab.group_when(group.id, GroupStatus::Available);
                let found = lab.views().into_iter().find(|view| Some(view.id) == group.cluster_id).unwrap();
                assert_eq!(found.name.as_str(), name);
            }
            None => {
                let group = lab.group_when(group.id, GroupStatus::Error);
                assert_eq!(group.cluster_id, None);
            }
        }
    }
    let messages = lab.messages();
    assert!(messages.iter().any(|text| text.contains("asks for backend lb9")), "{messages:?}");
    lab.settle();
}

/// Lightbits snapshots one volume at a time: a promise of one moment cannot be kept.
#[test]
fn what_promises_one_moment_is_refused_with_a_reason() {
    let lab = Lab::new(1);
    let group = lab.new_group(DEFAULT_CGSNAPSHOT_TYPE, &["__DEFAULT__"]);
    lab.group_when(group.id, GroupStatus::Error);
    let life = lab.life();
    let promise = NewGroupType {
        name: "promise".to_owned(),
        is_public: true,
        specs: [(CONSISTENT_SNAPSHOTS.to_owned(), Some("<is> True".to_owned()))].into(),
        ..NewGroupType::default()
    };
    life.runtime.block_on(life.services.create_group_type(&ctx(), &promise)).unwrap();
    let group = lab.new_group("promise", &["__DEFAULT__"]);
    lab.group_when(group.id, GroupStatus::Error);
    let messages = lab.messages();
    assert_eq!(messages.iter().filter(|text| text.contains("at one moment")).count(), 2, "{messages:?}");
    lab.delete_group(&group);
    lab.group_when_gone(&group);
}

#[test]
fn a_member_that_fails_fails_the_whole() {
    let lab = Lab::new(1);
    let (group, members) = lab.group(3);
    let refusal = json!({"kind": "status", "code": 400, "body": r#"{"error":"no","message":"no","code":3}"#});
    lab.fault("create_snapshot", &refusal);
    let snapshot = lab.snapshot_group(&group);
    lab.group_snapshot_when(&snapshot, "error");
    let messages = lab.messages();
    assert!(
        messages.iter().any(|text| text.contains("1 of 3 volumes could not be snapshotted")),
        "{messages:?}"
    );
    lab.delete_group_snapshot(&snapshot);
    eventually("the snapshot to go", || lab.group_snapshot_row(&snapshot).is_none().then_some(()));

    lab.fault("create_volume", &refusal);
    let copy = lab.copy_group(&GroupSource::Group(group.id.to_string()));
    lab.group_when(copy.id, GroupStatus::Error);
    assert_eq!(lab.members(copy.id).iter().filter(|volume| volume.status.as_str() == "error").count(), 1);
    lab.delete_group(&copy);
    lab.group_when_gone(&copy);
    lab.delete_group(&group);
    lab.group_when_gone(&group);
    assert!(members.iter().all(|member| lab.row(member).is_none()));
    lab.settle();
}
