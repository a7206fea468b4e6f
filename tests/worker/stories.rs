//! Each kind of operation once, as a story that can be told with any fault in it: the calls it
//! makes to its cluster, what there has to be before, what is asked for, how it must end.

use hearth::domain::VolumeId;
use hearth::domain::attachment::NewAttachment;
use hearth::domain::group::{GroupSource, GroupStatus};
use hearth::domain::operation::{CopyOutcome, MigrationPolicy};
use hearth::domain::snapshot::Snapshot;
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::{DeleteMode, Volume};
use hearth::service::attachments::Caller;
use serde_json::json;

use crate::acts::connector;
use crate::lab::{Lab, ctx, eventually};

/// Waits for the right end of a story.
pub type End = Box<dyn Fn(&Lab)>;

pub struct Story {
    pub name: &'static str,
    /// The kinds of calls it makes that change something, and those it looks with.
    pub writes: &'static [&'static str],
    pub reads: &'static [&'static str],
    /// Prepares, and asks for it.
    pub tell: fn(&Lab) -> End,
}

pub const STORIES: &[Story] = &[
    Story { name: "blank", writes: &["create_volume"], reads: &["get_volume"], tell: blank },
    Story {
        name: "from a snapshot",
        writes: &["create_volume"],
        reads: &["get_volume"],
        tell: from_snapshot,
    },
    Story {
        name: "clone",
        writes: &["create_snapshot", "create_volume", "delete_snapshot"],
        reads: &["get_snapshot", "get_volume"],
        tell: clone,
    },
    Story { name: "extend", writes: &["update_volume"], reads: &["get_volume"], tell: extend },
    Story {
        name: "limits",
        writes: &["create_policy", "create_volume"],
        reads: &["list_policies"],
        tell: limits,
    },
    Story {
        name: "other limits",
        writes: &["update_policy"],
        reads: &["list_policies", "list_volumes"],
        tell: other_limits,
    },
    Story {
        name: "another policy",
        writes: &["update_volume"],
        reads: &["list_policies", "list_volumes"],
        tell: another_policy,
    },
    Story {
        name: "retype",
        writes: &["create_policy", "update_volume"],
        reads: &["get_volume", "list_policies"],
        tell: retype,
    },
    Story { name: "snapshot", writes: &["create_snapshot"], reads: &["get_snapshot"], tell: snapshot },
    Story { name: "revert", writes: &["rollback_volume"], reads: &["get_volume"], tell: revert },
    Story { name: "delete", writes: &["delete_volume"], reads: &[], tell: delete },
    Story { name: "delete a snapshot", writes: &["delete_snapshot"], reads: &[], tell: delete_snapshot },
    Story {
        name: "delete a volume with its snapshots",
        writes: &["delete_snapshot", "delete_volume"],
        reads: &[],
        tell: cascade,
    },
    Story { name: "attach", writes: &["update_volume"], reads: &["get_volume"], tell: attach },
    Story { name: "detach", writes: &["update_volume"], reads: &["get_volume"], tell: detach },
    Story {
        name: "complete a migration",
        writes: &["update_volume", "delete_volume"],
        reads: &["get_volume"],
        tell: complete_migration,
    },
    Story { name: "adopt", writes: &["update_volume"], reads: &["list_volumes", "get_volume"], tell: adopt },
    Story { name: "transfer", writes: &["update_volume"], reads: &["get_volume"], tell: transfer },
    Story {
        name: "snapshot a group",
        writes: &["create_snapshot"],
        reads: &["get_snapshot"],
        tell: snapshot_group,
    },
    Story {
        name: "copy a group",
        writes: &["create_snapshot", "create_volume", "delete_snapshot"],
        reads: &["get_volume"],
        tell: copy_group,
    },
    Story {
        name: "delete a snapshot of a group",
        writes: &["delete_snapshot"],
        reads: &[],
        tell: delete_group_snapshot,
    },
    Story { name: "delete a group", writes: &["delete_volume"], reads: &[], tell: delete_group },
];

fn available(volume: Volume) -> End {
    Box::new(move |lab| {
        lab.when(&volume, "available");
    })
}

fn blank(lab: &Lab) -> End {
    available(lab.blank(1))
}

fn limits(lab: &Lab) -> End {
    let gold = lab.limited_type(&[("total_iops_sec", "1000")]);
    let volume = lab.blank_of(&gold);
    Box::new(move |lab| {
        lab.when(&volume, "available");
        lab.when_limited(&volume, &json!({"Iops": {"write": 1024, "read": 1024}}));
    })
}

fn other_limits(lab: &Lab) -> End {
    let gold = lab.limited_type(&[("total_iops_sec", "1000")]);
    let rules = lab.set_rules_aside();
    let volume = lab.blank_of(&gold);
    let volume = lab.when(&volume, "available");
    lab.put_rules_back(&rules);
    lab.change_limits(&gold, &[("total_iops_sec", Some("300"))]);
    Box::new(move |lab| {
        lab.when_limited(&volume, &json!({"Iops": {"write": 512, "read": 512}}));
        // It looks once more before it ends, which must not be taken for the next story's.
        eventually("the change of specs to end", || lab.operations().is_empty().then_some(()));
    })
}

fn another_policy(lab: &Lab) -> End {
    let gold = lab.limited_type(&[("total_iops_sec", "1000")]);
    let rules = lab.set_rules_aside();
    let volume = lab.blank_of(&gold);
    let volume = lab.when(&volume, "available");
    lab.put_rules_back(&rules);
    lab.change_limits(&gold, &[("lightos:qos_policy", Some("no-limit-policy"))]);
    Box::new(move |lab| {
        lab.when_limited(&volume, &json!({"Iops": {"write": 0, "read": 0}}));
        // It looks once more before it ends, which must not be taken for the next story's.
        eventually("the change of specs to end", || lab.operations().is_empty().then_some(()));
    })
}

fn retype(lab: &Lab) -> End {
    let gold = lab.limited_type(&[("total_iops_sec", "1000")]);
    let rules = lab.set_rules_aside();
    let volume = lab.volume(1);
    lab.put_rules_back(&rules);
    lab.retype(&volume, &gold, MigrationPolicy::Never);
    Box::new(move |lab| {
        let row = lab.when(&volume, "available");
        assert_eq!(row.volume_type_id, Some(gold.id));
        lab.when_limited(&volume, &json!({"Iops": {"write": 1024, "read": 1024}}));
    })
}

fn with_snapshot(lab: &Lab) -> (Volume, Snapshot) {
    let volume = lab.volume(1);
    let snapshot = lab.snapshot(&volume);
    (volume, snapshot)
}

fn from_snapshot(lab: &Lab) -> End {
    let (_, snapshot) = prepared(lab, with_snapshot);
    available(lab.from(&snapshot))
}

fn clone(lab: &Lab) -> End {
    let source = prepared(lab, |lab| lab.volume(1));
    available(lab.clone_of(&source))
}

fn extend(lab: &Lab) -> End {
    let volume = prepared(lab, |lab| lab.volume(1));
    lab.extend(&volume, 3);
    Box::new(move |lab| assert_eq!(lab.when(&volume, "available").size.0, 3))
}

fn snapshot(lab: &Lab) -> End {
    let volume = prepared(lab, |lab| lab.volume(1));
    let snapshot = lab.take_snapshot(&volume);
    Box::new(move |lab| {
        lab.snapshot_when(&snapshot, "available");
    })
}

fn revert(lab: &Lab) -> End {
    let (volume, snapshot) = prepared(lab, with_snapshot);
    lab.revert(&volume, &snapshot);
    Box::new(move |lab| {
        lab.when(&volume, "available");
        lab.snapshot_when(&snapshot, "available");
    })
}

fn delete(lab: &Lab) -> End {
    let volume = prepared(lab, |lab| lab.volume(1));
    lab.delete(&volume);
    Box::new(move |lab| lab.when_gone(&volume))
}

fn delete_snapshot(lab: &Lab) -> End {
    let (_, snapshot) = prepared(lab, with_snapshot);
    lab.delete_snapshot(&snapshot);
    Box::new(move |lab| lab.snapshot_when_gone(&snapshot))
}

fn cascade(lab: &Lab) -> End {
    let volume = prepared(lab, |lab| {
        let (volume, _) = with_snapshot(lab);
        lab.snapshot(&volume);
        volume
    });
    lab.delete_as(&volume, DeleteMode { cascade: true, force: false });
    Box::new(move |lab| lab.when_gone(&volume))
}

fn adopt(lab: &Lab) -> End {
    let name = format!("foreign-{}", VolumeId::random());
    lab.make_foreign(&name);
    let volume = lab.manage(&name);
    Box::new(move |lab| {
        let volume = lab.when(&volume, "available");
        assert_eq!(volume.backend_name(), format!("volume-{}", volume.id));
    })
}

fn transfer(lab: &Lab) -> End {
    let volume = prepared(lab, |lab| lab.volume(1));
    lab.hand_over(&volume, "beef");
    let uuid = volume.location.and_then(|at| at.uuid).unwrap().to_string();
    Box::new(move |lab| {
        eventually("the label of the new owner", || {
            let mut volumes =
                lab.truths().into_iter().flat_map(|truth| truth["volumes"].as_array().unwrap().clone());
            let found = volumes.find(|found| found["uuid"] == uuid.as_str()).unwrap();
            (found["labels"][0]["value"] == "beef").then_some(())
        });
    })
}

/// The request waits for the end, so it is asked for on a thread of its own; a process that dies
/// under it leaves it without an answer.
fn attach(lab: &Lab) -> End {
    let volume = prepared(lab, |lab| lab.volume(1));
    let life = lab.life();
    let new = NewAttachment {
        volume_id: volume.id.to_string(),
        instance_id: None,
        connector: Some(connector("story")),
        mode: None,
    };
    let services = life.services.clone();
    life.runtime.spawn(async move { services.create_attachment(&ctx(), &new).await });
    Box::new(move |lab| {
        eventually("the connection", || {
            let attachments = lab.attachments(&volume);
            let info = attachments.first().and_then(|it| it.connection_info.clone());
            info.filter(|info| info.contains("lightos")).map(|_| ())
        });
    })
}

/// Nova has copied the volume and attached the copy, and its old attachment is still there.
fn complete_migration(lab: &Lab) -> End {
    let it = prepared(lab, |lab| {
        let (volume, copy) = (lab.volume(1), lab.volume(1));
        lab.attach(&volume, "story");
        lab.attach(&copy, "story");
        lab.reset(&copy, "in-use");
        lab.moving(&volume, &copy, (VolumeStatus::InUse, VolumeStatus::InUse))
    });
    let (life, [volume, copy]) = (lab.life(), [&it.volume, &it.copy].map(|row| row.id.to_string()));
    let services = life.services.clone();
    life.runtime.spawn(async move {
        services.complete_migration(&ctx(), (&volume, &copy), CopyOutcome::Copied, Caller::Service).await
    });
    Box::new(move |lab| {
        lab.when_gone(&it.copy);
        eventually("the other place", || {
            let row = lab.row(&it.volume)?;
            (row.location?.uuid == it.copy.location.as_ref()?.uuid).then_some(())
        });
        let [one] = &lab.attachments(&it.volume)[..] else { panic!("one attachment") };
        assert!(one.connection_info.as_ref().unwrap().contains("lightos"));
    })
}

fn detach(lab: &Lab) -> End {
    let (volume, attachment) = prepared(lab, |lab| {
        let volume = lab.volume(1);
        let attachment = lab.attach(&volume, "story");
        (volume, attachment)
    });
    let (life, id) = (lab.life(), attachment.id.to_string());
    let services = life.services.clone();
    life.runtime.spawn(async move { services.delete_attachment(&ctx(), &id, Caller::Service).await });
    Box::new(move |lab| {
        eventually("the attachment to go", || lab.attachments(&volume).is_empty().then_some(()));
    })
}

fn snapshot_group(lab: &Lab) -> End {
    let (group, _) = prepared(lab, |lab| lab.group(2));
    let snapshot = lab.snapshot_group(&group);
    Box::new(move |lab| lab.group_snapshot_when(&snapshot, "available"))
}

fn copy_group(lab: &Lab) -> End {
    let (group, _) = prepared(lab, |lab| lab.group(2));
    let copy = lab.copy_group(&GroupSource::Group(group.id.to_string()));
    Box::new(move |lab| {
        lab.group_when(copy.id, GroupStatus::Available);
        assert_eq!(lab.members(copy.id).len(), 2);
    })
}

fn delete_group_snapshot(lab: &Lab) -> End {
    let snapshot = prepared(lab, |lab| {
        let snapshot = lab.snapshot_group(&lab.group(2).0);
        lab.group_snapshot_when(&snapshot, "available");
        snapshot
    });
    lab.delete_group_snapshot(&snapshot);
    Box::new(move |lab| {
        eventually("the snapshot to go", || lab.group_snapshot_row(&snapshot).is_none().then_some(()));
    })
}

fn delete_group(lab: &Lab) -> End {
    let (group, _) = prepared(lab, |lab| lab.group(2));
    lab.delete_group(&group);
    Box::new(move |lab| lab.group_when_gone(&group))
}

/// The rules in force are for what is told, not for what has to be there before.
fn prepared<T>(lab: &Lab, make: impl FnOnce(&Lab) -> T) -> T {
    let rules = lab.set_rules_aside();
    let made = make(lab);
    lab.put_rules_back(&rules);
    made
}
