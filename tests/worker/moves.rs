//! Volumes that move to another cluster, or to another place for their new type: the data is there
//! afterwards, holes and all; what goes wrong on the way leaves them where they were; and nobody is
//! left on an access list, nothing on a cluster.
#![allow(clippy::disallowed_methods, reason = "a test's own files")]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::Duration;

use hearth::datapath::{DataPath, Disk, NvmeTcp, Portal, Target};
use hearth::domain::attachment::{Attachment, NewAttachment};
use hearth::domain::cluster::Observed;
use hearth::domain::operation::{CopyOutcome, MigrateVolume, MigrationPolicy, Moving, Operation, Work};
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::{StatusReset, Volume};
use hearth::domain::{BackendUuid, ClusterId};
use hearth::service::attachments::Caller;
use hearth::service::volumes::Lock;
use serde_json::{Value, json};

use crate::acts::connector;
use crate::devices::Devices;
use crate::fake_keystone::{FakeKeystone, Mood};
use crate::fake_nova::FakeNova;
use crate::lab::{Lab, ctx, eventually};

const MIB: u64 = 1 << 20;

/// Clusters, and a gateway that can copy.
fn lab(clusters: usize) -> (Lab, Devices) {
    lab_of(clusters, 4)
}

fn lab_of(clusters: usize, copies: usize) -> (Lab, Devices) {
    let (mut lab, devices) = (Lab::new(clusters), Devices::new());
    lab.data_path = Some(devices.data_path_of(copies, Duration::from_millis(300)));
    lab.kill_and_restart();
    (lab, devices)
}

fn uuid(volume: &Volume) -> BackendUuid {
    volume.location.as_ref().unwrap().uuid.unwrap()
}

fn here(volume: &Volume) -> ClusterId {
    volume.location.as_ref().unwrap().cluster_id
}

/// Some data with holes between, to the very end.
const WRITTEN: [(u64, u8); 5] =
    [(0, 1), (4 * MIB + 4096, 2), (100 * MIB - 512, 3), (700 * MIB, 4), (1024 * MIB - 4096, 5)];

fn write(devices: &Devices, volume: &Volume) {
    let file = OpenOptions::new().write(true).open(devices.file(uuid(volume))).unwrap();
    for (at, byte) in WRITTEN {
        file.write_all_at(&[byte; 4096], at).unwrap();
    }
}

#[track_caller]
fn has_the_data(devices: &Devices, volume: &Volume) {
    let file = File::open(devices.file(uuid(volume))).unwrap();
    for (at, byte) in WRITTEN {
        let mut found = [0; 4096];
        file.read_exact_at(&mut found, at).unwrap();
        assert_eq!(found, [byte; 4096], "at {at}");
    }
    let kept = file.metadata().unwrap().blocks() * 512;
    assert!(kept < 12 * MIB, "{kept} bytes are kept of the holes");
}

impl Lab {
    /// A volume with data.
    fn written(&self, devices: &Devices) -> Volume {
        let volume = self.volume(1);
        write(devices, &volume);
        volume
    }

    fn elsewhere(&self, volume: &Volume) -> ClusterId {
        self.views().iter().map(|view| view.id).find(|id| *id != here(volume)).unwrap()
    }

    fn migrate(&self, volume: &Volume, to: ClusterId, lock: Lock) {
        let host = self.views().iter().find(|view| view.id == to).unwrap().host();
        let (life, ctx, id) = (self.life(), ctx(), volume.id.to_string());
        life.runtime.block_on(life.services.migrate_volume(&ctx, &id, &host, lock)).unwrap();
    }

    #[track_caller]
    fn has_moved(&self, volume: &Volume, to: ClusterId) -> Volume {
        let row = self.when_migration_is(volume, "success");
        assert_eq!((here(&row), row.status), (to, VolumeStatus::Available));
        assert_eq!((row.size, row.created_at, &row.name), (volume.size, volume.created_at, &volume.name));
        self.comes_to_rest();
        row
    }

    #[track_caller]
    fn has_stayed(&self, volume: &Volume) -> Volume {
        let row = self.when_migration_is(volume, "error");
        self.comes_to_rest();
        let row = self.row(&row).unwrap();
        assert_eq!(row.location, volume.location);
        row
    }

    /// No more than the volumes are left, neither as rows nor on the clusters; and nobody may
    /// reach them whom no attachment lets in.
    #[track_caller]
    fn comes_to_rest(&self) {
        self.settle();
        let life = self.life();
        let (rows, _) = life.runtime.block_on(crate::audit::rows(&life.store));
        let targets =
            |row: &&Volume| row.migration_status.as_ref().is_some_and(|text| text.starts_with("target"));
        assert!(rows.iter().find(targets).is_none(), "{rows:?}");
    }

    fn when_migration_is(&self, volume: &Volume, status: &str) -> Volume {
        eventually(&format!("the migration to be {status}"), || {
            self.row(volume).filter(|row| row.migration_status.as_deref() == Some(status))
        })
    }

    fn operation_of(&self, volume: &Volume) -> Option<Operation> {
        let id = volume.id.to_string();
        self.operations().into_iter().find(|op| op.resource_id == id && op.work.moves_its_volume())
    }

    /// While no device appears: the copy that has been made.
    fn copy_of(&self, volume: &Volume) -> Volume {
        let target = format!("target:{}", volume.id);
        eventually("the copy", || {
            let life = self.life();
            let (rows, _) = life.runtime.block_on(crate::audit::rows(&life.store));
            let made = |row: &Volume| row.location.as_ref().is_some_and(|at| at.uuid.is_some());
            rows.into_iter().find(|row| row.migration_status.as_ref() == Some(&target) && made(row))
        })
    }

    fn reset_migration(&self, volume: &Volume) {
        let reset = StatusReset { migration_status: Some(None), ..StatusReset::default() };
        let (life, id) = (self.life(), volume.id.to_string());
        life.runtime.block_on(life.services.reset_volume(&ctx(), &id, &reset)).unwrap();
    }

    fn take_down(&self, cluster: ClusterId) {
        let sim = (0..self.sims.len()).find(|sim| self.cluster(*sim) == cluster).unwrap();
        let rule = json!({"rules": [{"action": {"kind": "reset"}}]});
        self.ask(sim, reqwest::Method::POST, "/faults", &rule);
        self.observe(cluster, Observed::Unreachable);
    }

    fn bring_up(&self, cluster: ClusterId) {
        self.heal();
        self.observe(cluster, Observed::Reachable);
    }

    fn observe(&self, cluster: ClusterId, observed: Observed) {
        let (life, now) = (self.life(), self.clock.now());
        let write = life.store.write("test", |tx, _| {
            Box::pin(async move { tx.set_observed(cluster, observed, None, now).await })
        });
        life.runtime.block_on(write).unwrap();
    }

    /// Volumes and GiB that count.
    fn used(&self) -> [i64; 2] {
        let life = self.life();
        let used = life.runtime.block_on(life.services.quota_usage(&ctx().project_id)).unwrap();
        ["volumes", "gigabytes"].map(|key| used[key].in_use)
    }
}

#[test]
fn a_volume_moves_with_its_data() {
    let (lab, devices) = lab(2);
    for lock in [Lock::No, Lock::Yes] {
        let volume = lab.written(&devices);
        let to = lab.elsewhere(&volume);
        lab.migrate(&volume, to, lock);
        let row = lab.has_moved(&volume, to);
        has_the_data(&devices, &row);
        // Back again, and it is a volume like any other.
        let back = here(&volume);
        lab.migrate(&row, back, lock);
        let row = lab.has_moved(&row, back);
        has_the_data(&devices, &row);
        lab.extend(&row, 3);
        lab.when(&row, "available");
        let attachment = lab.attach(&row, "host");
        lab.settle();
        lab.detach(&attachment);
        lab.delete(&row);
        lab.when_gone(&row);
        lab.settle();
    }
    assert!(devices.wishes().is_empty());
}

#[test]
fn two_move_at_once_although_only_one_is_copied_at_a_time() {
    let (lab, devices) = lab_of(3, 1);
    let volumes: Vec<Volume> = (0..3).map(|_| lab.written(&devices)).collect();
    let ways: Vec<(Volume, ClusterId)> =
        volumes.into_iter().map(|it| (lab.elsewhere(&it), it)).map(|(to, it)| (it, to)).collect();
    ways.iter().for_each(|(volume, to)| lab.migrate(volume, *to, Lock::No));
    for (volume, to) in &ways {
        let row = lab.has_moved(volume, *to);
        has_the_data(&devices, &row);
    }
}

fn is_copying(op: &Operation) -> bool {
    matches!(&op.work, Work::MigrateVolume { step: MigrateVolume::Move { step: Moving::Copy { .. } }, .. })
}

/// A move that has begun, and gets no further: the copy is there, but no device is.
fn held(lab: &Lab, devices: &Devices, lock: Lock) -> (Volume, Volume, ClusterId) {
    let volume = lab.written(devices);
    devices.hold();
    let to = lab.elsewhere(&volume);
    lab.migrate(&volume, to, lock);
    let copy = lab.copy_of(&volume);
    eventually("the copying", || lab.operation_of(&volume).filter(is_copying));
    (volume, copy, to)
}

#[test]
fn the_quota_is_charged_once_and_members_do_not_see_the_copy() {
    let (lab, devices) = lab(2);
    let before = lab.used();
    let (volume, copy, to) = held(&lab, &devices, Lock::Yes);
    assert_eq!(lab.row(&volume).unwrap().status, VolumeStatus::Maintenance);
    let one = [before[0] + 1, before[1] + 1];
    assert_eq!((lab.used(), copy.consumes_quota), (one, false));
    devices.release();
    lab.has_moved(&volume, to);
    assert_eq!(lab.used(), one);
}

/// The process ends as it should, in the middle; and is killed.
#[test]
fn another_process_goes_on() {
    let (mut lab, devices) = lab(2);
    for stop in [Lab::stop as fn(&mut Lab), Lab::kill] {
        let (volume, _, to) = held(&lab, &devices, Lock::No);
        stop(&mut lab);
        devices.release();
        lab.restart();
        let row = lab.has_moved(&volume, to);
        has_the_data(&devices, &row);
    }
}

/// Whatever call it dies in, before the cluster has done it and after.
#[test]
fn it_survives_a_crash_in_every_call() {
    let (mut lab, devices) = lab(2);
    // Updates: our name goes on the lists of the two, and off again; two on each cluster.
    let calls = [("create_volume", 1), ("update_volume", 2), ("delete_volume", 1), ("get_volume", 2)];
    for (call, times) in calls {
        for (skip, when) in (0..times).flat_map(|skip| [(skip, "before"), (skip, "after")]) {
            let volume = lab.written(&devices);
            let to = lab.elsewhere(&volume);
            let rule = json!({"match": {"operation": call}, "skip": skip, "count": 1,
                "action": {"kind": "black_hole", "when": when}});
            lab.rule(&rule);
            let before = lab.hits();
            lab.migrate(&volume, to, Lock::No);
            eventually(call, || (lab.hits() > before).then_some(()));
            lab.kill();
            lab.heal();
            lab.restart();
            let row = lab.has_moved(&volume, to);
            has_the_data(&devices, &row);
        }
    }
}

fn truncate(devices: &Devices, volume: &Volume, bytes: u64) {
    let file = OpenOptions::new().write(true).open(devices.file(uuid(volume))).unwrap();
    file.set_len(bytes).unwrap();
}

/// The device of the one or the other cannot be read or written, for a moment or for good.
#[test]
fn data_that_cannot_be_got_at_leaves_the_volume_where_it_is() {
    let (lab, devices) = lab(2);
    for of_the_copy in [false, true] {
        let (volume, copy, _) = held(&lab, &devices, Lock::Yes);
        truncate(&devices, if of_the_copy { &copy } else { &volume }, 600 * MIB);
        devices.release();
        let row = lab.has_stayed(&volume);
        assert_eq!(row.status, VolumeStatus::Available);
        let told = lab.messages();
        let why = "migrate volume:The data of the volume could not be copied.";
        assert!(told.iter().any(|text| text == why), "{told:?}");
    }
    let (volume, copy, to) = held(&lab, &devices, Lock::Yes);
    truncate(&devices, &copy, 600 * MIB);
    devices.release();
    eventually("trouble", || {
        lab.operation_of(&volume).filter(|op| op.attempt > 0).or_else(|| {
            lab.row(&volume)
                .filter(|row| row.migration_status.as_deref() == Some("error"))
                .map(|_| panic!("given up"))
        })
    });
    truncate(&devices, &copy, 64 << 30);
    let row = lab.has_moved(&volume, to);
    has_the_data(&devices, &row);
}

#[test]
fn a_cluster_that_is_away_for_a_moment_is_waited_for() {
    let (lab, devices) = lab(2);
    for of_the_copy in [false, true] {
        let (volume, copy, to) = held(&lab, &devices, Lock::No);
        let away = here(if of_the_copy { &copy } else { &volume });
        lab.take_down(away);
        lab.observe(away, Observed::Suspect);
        devices.release();
        eventually("tries", || lab.operation_of(&volume).filter(|op| op.attempt > 3));
        lab.bring_up(away);
        let row = lab.has_moved(&volume, to);
        has_the_data(&devices, &row);
    }
}

/// What has to be done on the cluster that is away is done when it is back.
#[test]
fn a_cluster_that_is_away_for_long_ends_the_move() {
    let (lab, devices) = lab(2);
    for of_the_copy in [false, true] {
        let (volume, copy, _) = held(&lab, &devices, Lock::Yes);
        let away = here(if of_the_copy { &copy } else { &volume });
        lab.take_down(away);
        devices.release();
        let row = lab.when_migration_is(&volume, "error");
        assert_eq!((row.status, &row.location), (VolumeStatus::Available, &volume.location));
        lab.bring_up(away);
        lab.when_gone(&copy);
        lab.has_stayed(&volume);
        assert!(lab.messages().iter().any(|text| text.contains("cannot be reached")), "{:?}", lab.messages());
    }
}

#[test]
fn a_destination_that_cannot_take_it_is_told_of() {
    let (lab, devices) = lab(2);
    let volume = lab.written(&devices);
    let to = lab.elsewhere(&volume);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": {"kind": "fail"}}));
    lab.migrate(&volume, to, Lock::Yes);
    lab.when_migration_is(&volume, "error");
    lab.heal();
    assert_eq!(lab.has_stayed(&volume).status, VolumeStatus::Available);
    // Not even asked: no room.
    let large = lab.volume(100);
    let to = lab.elsewhere(&large);
    lab.observe(to, Observed::Suspect);
    lab.migrate(&large, to, Lock::Yes);
    assert_eq!(lab.has_stayed(&large).status, VolumeStatus::Available);
    let told = lab.messages();
    let why = "migrate volume:Could not find any available weighted backend.";
    assert!(told.iter().any(|text| text.starts_with(why)), "{told:?}");
}

/// Its new host has it, as it is; what was copied goes.
#[test]
fn whoever_attaches_the_volume_ends_the_move() {
    let (lab, devices) = lab(2);
    let (volume, _, _) = held(&lab, &devices, Lock::No);
    let attachment = lab.attach(&volume, "host");
    devices.release();
    let row = lab.has_stayed(&volume);
    assert_eq!(row.status, VolumeStatus::Attaching);
    // Also if nobody is attached any more when the copy is done.
    lab.detach(&attachment);
    let (volume, _, _) = held(&lab, &devices, Lock::No);
    lab.detach(&lab.attach(&volume, "host"));
    devices.release();
    lab.has_stayed(&volume);
}

#[test]
fn what_an_administrator_calls_off_ends() {
    let (lab, devices) = lab(2);
    let (volume, copy, to) = held(&lab, &devices, Lock::Yes);
    lab.reset_migration(&volume);
    devices.release();
    lab.when_gone(&copy);
    let row = lab.when(&volume, "available");
    assert_eq!((row.migration_status, &row.location), (None, &volume.location));
    lab.comes_to_rest();
    // Asked for once more meanwhile: that one counts.
    devices.hold();
    lab.migrate(&volume, to, Lock::No);
    let first = lab.copy_of(&volume);
    lab.reset_migration(&volume);
    lab.migrate(&volume, to, Lock::No);
    devices.release();
    lab.when_gone(&first);
    let row = lab.has_moved(&volume, to);
    has_the_data(&devices, &row);
    // And deleted.
    let (volume, copy, _) = held(&lab, &devices, Lock::No);
    lab.reset_migration(&volume);
    lab.delete(&volume);
    devices.release();
    lab.when_gone(&volume);
    lab.when_gone(&copy);
    lab.comes_to_rest();
}

#[test]
fn a_volume_that_grows_meanwhile_stays() {
    let (lab, devices) = lab(2);
    let (volume, _, _) = held(&lab, &devices, Lock::No);
    lab.extend(&volume, 2);
    lab.when(&volume, "available");
    devices.release();
    assert_eq!(lab.has_stayed(&volume).size.0, 2);
}

#[test]
fn a_volume_that_is_attached_is_not_copied_here() {
    let (lab, devices) = lab(2);
    let volume = lab.written(&devices);
    lab.attach(&volume, "host");
    lab.reset(&volume, "in-use");
    lab.migrate(&volume, lab.elsewhere(&volume), Lock::No);
    assert_eq!(lab.has_stayed(&volume).status, VolumeStatus::InUse);
}

#[test]
fn a_type_that_can_only_be_had_elsewhere_takes_the_volume_there() {
    let (lab, devices) = lab(2);
    let volume = lab.written(&devices);
    let (before, to) = (lab.used(), lab.elsewhere(&volume));
    let name = lab.views().iter().find(|view| view.id == to).unwrap().name.to_string();
    let there = lab.volume_type(&[("volume_backend_name", &name)]);
    lab.retype(&volume, &there, MigrationPolicy::OnDemand);
    let row = lab.has_moved(&volume, to);
    assert_eq!((row.volume_type_id, lab.used()), (Some(there.id), before));
    has_the_data(&devices, &row);
    // On its own cluster, where it would do but for the number of its replicas.
    let three = lab.volume_type(&[("lightos:num_replicas", "3")]);
    lab.retype(&row, &three, MigrationPolicy::OnDemand);
    eventually("the type", || lab.row(&volume).filter(|row| row.volume_type_id == Some(three.id)));
    let moved = lab.has_moved(&volume, to);
    assert_eq!(moved.location.as_ref().unwrap().replicas, 3);
    has_the_data(&devices, &moved);
}

#[test]
fn a_type_that_is_nowhere_to_be_had_leaves_the_volume_as_it_was() {
    let (lab, devices) = lab(2);
    let volume = lab.written(&devices);
    let nowhere = lab.volume_type(&[("volume_backend_name", "nowhere")]);
    lab.retype(&volume, &nowhere, MigrationPolicy::OnDemand);
    let row = lab.when(&volume, "available");
    assert_eq!((row.volume_type_id, row.migration_status), (volume.volume_type_id, None));
    lab.comes_to_rest();
    // It could be had, but its data cannot be got at.
    let three = lab.volume_type(&[("lightos:num_replicas", "3")]);
    truncate(&devices, &volume, 600 * MIB);
    lab.retype(&volume, &three, MigrationPolicy::OnDemand);
    let row = lab.has_stayed(&volume);
    assert_eq!((row.volume_type_id, row.status), (volume.volume_type_id, VolumeStatus::Available));
    let told = lab.messages();
    assert!(
        told.iter().any(|text| text == "retype volume:The data of the volume could not be copied."),
        "{told:?}"
    );
}

#[test]
fn a_retype_survives_crashes() {
    let (mut lab, devices) = lab(1);
    for (call, skip) in
        [("create_volume", 0), ("update_volume", 0), ("update_volume", 1), ("update_volume", 3)]
    {
        for when in ["before", "after"] {
            let volume = lab.written(&devices);
            let three = lab.volume_type(&[("lightos:num_replicas", "3")]);
            let rule: Value = json!({"match": {"operation": call}, "skip": skip, "count": 1,
                "action": {"kind": "black_hole", "when": when}});
            lab.rule(&rule);
            let before = lab.hits();
            lab.retype(&volume, &three, MigrationPolicy::OnDemand);
            eventually(call, || (lab.hits() > before).then_some(()));
            lab.kill();
            lab.heal();
            lab.restart();
            let row = lab.has_moved(&volume, here(&volume));
            assert_eq!(row.volume_type_id, Some(three.id));
            has_the_data(&devices, &row);
        }
    }
}

const SERVER: &str = "5c0e2d4e-6f0a-4d5f-8f1e-0b1f3f0a9a11";

/// As a server's host attaches, Nova's way.
fn attached(lab: &Lab, volume: &Volume, host: &str) -> Attachment {
    let life = lab.life();
    let new = NewAttachment {
        volume_id: volume.id.to_string(),
        instance_id: Some(SERVER.to_owned()),
        connector: Some(connector(host)),
        mode: None,
    };
    let made = life.runtime.block_on(life.services.create_attachment(&ctx(), &new)).unwrap();
    life.runtime.block_on(life.services.complete_attachment(&ctx(), &made.id.to_string())).unwrap();
    made
}

#[test]
fn nova_is_asked_to_copy_what_a_server_has() {
    let (mut lab, _devices) = lab(2);
    let (keystone, nova) = lab.block_on(async { (FakeKeystone::start().await, FakeNova::start().await) });
    nova.enrol(&keystone, "here");
    lab.keystone = Some(keystone.url.clone());
    lab.kill_and_restart();
    let volume = lab.volume(1);
    let old = attached(&lab, &volume, "host");
    let to = lab.elsewhere(&volume);

    nova.set(|facts| facts.mood = Mood::Answers(400, "{}".to_owned()));
    lab.migrate(&volume, to, Lock::No);
    assert_eq!(lab.has_stayed(&volume).status, VolumeStatus::InUse);
    nova.set(|facts| facts.mood = Mood::default());

    lab.migrate(&volume, to, Lock::No);
    let [server, source, target] = eventually("Nova to be asked", || nova.set(|facts| facts.swaps.pop()));
    let copy = lab.copy_of(&volume);
    let expected = [SERVER.to_owned(), volume.id.to_string(), copy.id.to_string()];
    assert_eq!([server, source.clone(), target.clone()], expected);
    eventually("the end", || lab.operations().is_empty().then_some(()));
    let row = lab.row(&volume).unwrap();
    assert_eq!((row.status, row.migration_status.as_deref()), (VolumeStatus::InUse, Some("migrating")));

    let new = attached(&lab, &copy, "host");
    lab.detach(&old);
    let life = lab.life();
    let ctx = ctx();
    let completed =
        life.services.complete_migration(&ctx, (&source, &target), CopyOutcome::Copied, Caller::Service);
    life.runtime.block_on(completed).unwrap();
    lab.when_migration_is(&volume, "success");
    lab.comes_to_rest();
    let row = lab.row(&volume).unwrap();
    assert_eq!((here(&row), row.status), (to, VolumeStatus::InUse));
    assert_eq!(lab.attachments(&volume).first().map(|it| it.id), Some(new.id));
}

/// Through the clusters' own access lists and data ports: what a host has written before, it reads
/// afterwards.
#[test]
fn a_volume_moves_over_nvme_tcp() {
    let mut lab = Lab::new(2);
    lab.data_path = Some(DataPath::nvme_tcp(NvmeTcp::default(), 2));
    lab.kill_and_restart();
    let volume = lab.volume(1);
    as_a_host(&lab, &volume, async |disk| {
        for (at, byte) in WRITTEN {
            disk.write(at - at % 4096, vec![byte; 4096].into()).await.unwrap();
        }
        disk.flush().await.unwrap();
    });
    let to = lab.elsewhere(&volume);
    lab.migrate(&volume, to, Lock::Yes);
    let row = lab.has_moved(&volume, to);
    as_a_host(&lab, &row, async |disk| {
        for (at, byte) in WRITTEN {
            assert_eq!(disk.read(at - at % 4096, 4096).await.unwrap(), vec![byte; 4096], "at {at}");
        }
        assert_eq!(disk.read(8 * MIB, 4096).await.unwrap(), vec![0; 4096]);
    });
    lab.comes_to_rest();
}

fn as_a_host(lab: &Lab, volume: &Volume, work: impl AsyncFnOnce(&Disk)) {
    let attachment = lab.attach(volume, "host");
    let sim = lab.sims.iter().find(|sim| ClusterId::from_uuid(sim.uuid()) == here(volume)).unwrap();
    let portal = |at: &std::net::SocketAddr| Portal { host: at.ip().to_string(), port: at.port() };
    let target = Target {
        uuid: uuid(volume),
        size: volume.size.bytes(),
        subsystem_nqn: sim.subsystem_nqn().to_owned(),
        portals: sim.data_endpoints().iter().map(portal).collect(),
        host_nqn: connector("host").nqn,
    };
    lab.block_on(async {
        let disk = DataPath::nvme_tcp(NvmeTcp::default(), 2).open(&target).await.unwrap();
        work(&disk).await;
        disk.close().await.unwrap();
    });
    lab.detach(&attachment);
    lab.when(volume, "available");
}
