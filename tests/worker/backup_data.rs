//! Backups with their data: what was on the volume is there again, whatever dies meanwhile, and
//! nothing is left behind.
#![allow(clippy::disallowed_methods, reason = "a test's own files")]

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use hearth::backup::{Settings, Vault};
use hearth::domain::backup::{
    AttachedSource, Backup, BackupRecord, Extent, NewBackup, RestoreTarget, SERVICE,
};
use hearth::domain::status::{BackupStatus, VolumeStatus};
use hearth::domain::volume::{DeleteMode, NewVolume, Volume};
use hearth::domain::{BackupId, Gib, Metadata};
use hearth::service::snapshots::Force;
use serde_json::json;

use crate::devices::Devices;
use crate::lab::{Lab, ctx, eventually};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Of the vault here.
const CHUNK: u64 = 64 * MIB;
const BLOCK: u64 = 64 * 1024;

struct Desk {
    lab: Lab,
    devices: Devices,
    folder: tempfile::TempDir,
}

/// A lab whose gateway has a vault and gets at the bytes of volumes.
fn desk() -> Desk {
    desk_with(|settings| settings)
}

fn desk_with(change: impl Fn(Settings) -> Settings) -> Desk {
    let (mut lab, devices, folder) = (Lab::new(1), Devices::new(), tempfile::tempdir().unwrap());
    let settings =
        Settings { file_size: CHUNK, sha_block_size: BLOCK, ..Settings::new(folder.path().to_owned()) };
    lab.backups = Some(Vault::new(change(settings)));
    lab.data_path = Some(devices.data_path());
    lab.kill_and_restart();
    Desk { lab, devices, folder }
}

impl Desk {
    fn device(&self, volume: &Volume) -> PathBuf {
        let row = self.lab.row(volume).unwrap();
        self.devices.file(row.location.unwrap().uuid.unwrap())
    }

    fn put(&self, volume: &Volume, at: u64, what: &[u8]) {
        let file = OpenOptions::new().write(true).open(self.device(volume)).unwrap();
        file.write_all_at(what, at).unwrap();
    }

    /// A volume with data at its begin, over the border of two chunks, and at its end.
    fn filled(&self) -> Volume {
        let volume = self.lab.volume(1);
        for (seed, at) in [(1, 0), (2, CHUNK - 100_000), (3, 700 * MIB + 12_345), (4, GIB - 200_000)] {
            self.put(&volume, at, &noise(seed, 200_000));
        }
        volume
    }

    fn assert_same(&self, one: &Path, other: &Volume) {
        let (one, other) = (File::open(one).unwrap(), File::open(self.device(other)).unwrap());
        let (mut left, mut right) = (vec![0; 4 << 20], vec![0; 4 << 20]);
        for at in (0..GIB).step_by(4 << 20) {
            one.read_exact_at(&mut left, at).unwrap();
            other.read_exact_at(&mut right, at).unwrap();
            assert!(left == right, "they differ after {at}");
        }
    }

    /// What the volume holds now, to be compared with later.
    fn keep(&self, volume: &Volume) -> PathBuf {
        let kept = self.device(volume).with_extension("kept");
        let (from, to) = (File::open(self.device(volume)).unwrap(), File::create(&kept).unwrap());
        to.set_len(GIB).unwrap();
        let mut piece = vec![0; 4 << 20];
        for at in (0..GIB).step_by(4 << 20) {
            from.read_exact_at(&mut piece, at).unwrap();
            if piece.iter().any(|byte| *byte != 0) {
                to.write_all_at(&piece, at).unwrap();
            }
        }
        kept
    }

    fn ask(&self, new: NewBackup) -> Backup {
        let life = self.lab.life();
        life.runtime.block_on(life.services.create_backup(&ctx(), &new)).unwrap()
    }

    fn full(&self, volume: &Volume) -> Backup {
        let backup = self.lab.backup(volume, None);
        self.lab.backup_when(backup.id, BackupStatus::Available)
    }

    fn incremental(&self, volume: &Volume) -> Backup {
        let (volume_id, extent) = (volume.id.to_string(), Extent::Incremental);
        let backup = self.ask(NewBackup { volume_id, extent, ..NewBackup::default() });
        self.lab.backup_when(backup.id, BackupStatus::Available)
    }

    fn restore(&self, backup: BackupId, volume: Option<&Volume>) -> Volume {
        let life = self.lab.life();
        let target = RestoreTarget { volume_id: volume.map(|volume| volume.id.to_string()), name: None };
        let (ctx, id) = (ctx(), backup.to_string());
        let restore = life.runtime.block_on(life.services.restore_backup(&ctx, &id, &target)).unwrap();
        life.runtime
            .block_on(async { life.store.read().await.unwrap().find_volume(restore.volume_id, None).await })
            .unwrap()
            .unwrap()
            .volume
            .clone()
    }

    fn delete(&self, backup: BackupId, force: Force) {
        let life = self.lab.life();
        let (id, ctx) = (backup.to_string(), ctx());
        life.runtime.block_on(life.services.delete_backup(&ctx, &id, force)).unwrap();
    }

    fn deleted(&self, backup: BackupId) {
        self.delete(backup, Force::No);
        eventually("the backup to be gone", || self.lab.backup_row(backup).is_none().then_some(()));
    }

    /// Everything in the vault.
    fn files(&self) -> Vec<PathBuf> {
        files(self.folder.path())
    }

    fn settle(&self) {
        self.lab.settle();
        assert!(self.devices.wishes().is_empty(), "no volume is connected any more");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

/// Nothing that could be compressed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut all: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next()).collect();
    all.truncate(length);
    all
}

#[test]
fn a_volume_is_backed_up_restored_and_the_backup_deleted() {
    let desk = desk();
    let lab = &desk.lab;
    let volume = desk.filled();
    let backup = desk.full(&volume);
    assert_eq!((backup.size, backup.object_count), (Gib(1), 16));
    assert_eq!(backup.service.as_deref(), Some(SERVICE));
    assert_eq!(backup.availability_zone.as_deref(), Some("nova"));
    let id = backup.id.to_string();
    let container = format!("{}/{}/{id}", &id[..2], &id[2..4]);
    assert_eq!(backup.container.as_deref(), Some(container.as_str()));
    let row = lab.row(&volume).unwrap();
    assert_eq!((row.status, row.previous_status), (VolumeStatus::Available, Some(VolumeStatus::BackingUp)));
    assert_eq!(desk.files().len(), 16 + 2);
    let kept = desk.keep(&volume);

    // Over itself, with other data where there was some and where there was none.
    desk.put(&volume, 5, &noise(9, 300_000));
    desk.put(&volume, 500 * MIB, &noise(9, 300_000));
    desk.restore(backup.id, Some(&volume));
    lab.when(&volume, "available");
    desk.assert_same(&kept, &volume);
    assert!(lab.row(&volume).unwrap().metadata.is_empty(), "its own");
    lab.backup_when(backup.id, BackupStatus::Available);

    // Into a new one.
    let fresh = desk.restore(backup.id, None);
    let fresh = lab.when(&fresh, "available");
    desk.assert_same(&kept, &fresh);
    assert_eq!(fresh.metadata.get("src_backup_id"), Some(&id));
    assert_eq!(lab.messages_of(&id).len(), 0);
    desk.deleted(backup.id);
    assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 0, "not even a folder");
    desk.settle();
}

#[test]
fn a_volume_is_made_from_a_backup() {
    let desk = desk();
    let lab = &desk.lab;
    let made = lab.create(NewVolume {
        size: Some(Gib(1)),
        name: Some("disk".to_owned()),
        metadata: Metadata::from([("k".to_owned(), "v".to_owned())]),
        ..NewVolume::default()
    });
    let source = lab.when(&made, "available");
    desk.put(&source, 3 * MIB, &noise(5, 500_000));
    let backup = desk.full(&source);
    let from = |name: Option<&str>| {
        lab.create(NewVolume {
            backup_id: Some(backup.id.to_string()),
            name: name.map(ToOwned::to_owned),
            size: Some(Gib(2)),
            ..NewVolume::default()
        })
    };
    let (one, other) = (from(None), from(Some("mine")));
    for (volume, name) in [(&one, "disk"), (&other, "mine")] {
        let volume = lab.when(volume, "available");
        desk.assert_same(&desk.device(&source), &volume);
        assert_eq!(volume.name.as_deref(), Some(name));
        assert_eq!(volume.metadata["k"], "v");
        assert_eq!(volume.metadata["src_backup_id"], backup.id.to_string());
    }
    desk.settle();
}

#[test]
fn three_incremental_backups_come_back_as_one() {
    let desk = desk();
    let lab = &desk.lab;
    let volume = desk.filled();
    let first = desk.full(&volume);
    desk.put(&volume, 100 * MIB, &noise(6, 100_000));
    let second = desk.incremental(&volume);
    assert_eq!((second.parent_id, second.object_count), (Some(first.id), 1));
    // Data that goes, and data that is written over.
    desk.put(&volume, 0, &vec![0; 200_000]);
    desk.put(&volume, 100 * MIB + 50_000, &noise(7, 100_000));
    let third = desk.incremental(&volume);
    assert_eq!((third.parent_id, third.object_count), (Some(second.id), 2));
    let unchanged = desk.incremental(&volume);
    assert_eq!((unchanged.parent_id, unchanged.object_count), (Some(third.id), 0));
    let fresh = desk.restore(unchanged.id, None);
    let fresh = lab.when(&fresh, "available");
    desk.assert_same(&desk.device(&volume), &fresh);
    for backup in [unchanged.id, third.id, second.id, first.id] {
        desk.deleted(backup);
    }
    assert!(desk.files().is_empty());
    desk.settle();
}

#[test]
fn a_process_that_is_killed_leaves_nothing_but_the_backup() {
    let mut desk = desk();
    let volume = desk.filled();
    let backup = desk.lab.backup(&volume, None);
    for written in [1, 5] {
        eventually("some data", || (desk.files().len() > written).then_some(()));
        desk.lab.kill_and_restart();
    }
    let done = desk.lab.backup_when(backup.id, BackupStatus::Available);
    assert_eq!(done.object_count, 16);
    assert_eq!(desk.files().len(), 16 + 2, "{:?}", desk.files());
    let fresh = desk.restore(backup.id, None);
    desk.lab.kill_and_restart();
    let fresh = desk.lab.when(&fresh, "available");
    desk.assert_same(&desk.device(&volume), &fresh);
    desk.settle();
}

#[test]
fn a_process_that_stops_hands_the_copy_over() {
    let mut desk = desk();
    let volume = desk.filled();
    let backup = desk.lab.backup(&volume, None);
    eventually("some data", || (!desk.files().is_empty()).then_some(()));
    desk.lab.stop();
    desk.lab.restart();
    desk.lab.backup_when(backup.id, BackupStatus::Available);
    desk.settle();
}

#[test]
fn damaged_data_is_not_restored() {
    let desk = desk();
    let volume = desk.filled();
    let backup = desk.full(&volume);
    let object = desk.files().into_iter().find(|path| path.to_string_lossy().ends_with("-00002")).unwrap();
    let mut bytes = fs::read(&object).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&object, bytes).unwrap();
    desk.restore(backup.id, Some(&volume));
    desk.lab.when(&volume, "error_restoring");
    desk.lab.backup_when(backup.id, BackupStatus::Available);
    let [told] = &desk.lab.messages_of(&backup.id.to_string())[..] else { panic!("one message") };
    assert_eq!(told.text, "restore backup:Backup driver failed to restore backup.");
    desk.settle();
}

#[test]
fn without_its_folder_the_service_is_down() {
    let desk = desk();
    let lab = &desk.lab;
    let volume = lab.volume(1);
    let backup = desk.full(&volume);
    let away = desk.folder.path().with_extension("away");
    fs::rename(desk.folder.path(), &away).unwrap();
    let failed = lab.backup(&volume, None);
    let failed = lab.backup_when(failed.id, BackupStatus::Error);
    assert_eq!(failed.fail_reason.as_deref(), Some("Create backup aborted due to backup service is down."));
    lab.when(&volume, "available");
    desk.restore(backup.id, Some(&volume));
    lab.when(&volume, "error_restoring");
    desk.delete(backup.id, Force::Yes);
    let stays = lab.backup_when(backup.id, BackupStatus::ErrorDeleting);
    assert_eq!(stays.fail_reason.as_deref(), Some("Delete backup is aborted due to backup service is down."));
    fs::rename(&away, desk.folder.path()).unwrap();
    desk.delete(backup.id, Force::Yes);
    eventually("the backup to be gone", || lab.backup_row(backup.id).is_none().then_some(()));
    assert!(desk.files().is_empty());
    desk.settle();
}

/// Neither out of the vault nor where no folder can be made.
#[test]
fn a_container_is_a_folder_of_the_vault() {
    let desk = desk();
    let lab = &desk.lab;
    let volume = lab.volume(1);
    fs::write(desk.folder.path().join("file"), b"x").unwrap();
    let before: Vec<_> = fs::read_dir(desk.folder.path().parent().unwrap()).unwrap().flatten().collect();
    let outside = desk.folder.path().with_extension("outside").display().to_string();
    for container in ["../../x", "a/../../../x", "..", outside.as_str(), "file", "file/x"] {
        let (volume_id, container) = (volume.id.to_string(), Some(container.to_owned()));
        let backup = desk.ask(NewBackup { volume_id, container, ..NewBackup::default() });
        let failed = lab.backup_when(backup.id, BackupStatus::Error);
        let [told] = &lab.messages_of(&backup.id.to_string())[..] else { panic!("one message") };
        assert_eq!(told.text, "create backup:Backup driver failed to create backup.");
        assert!(!failed.fail_reason.unwrap().contains("tmp"));
        let row = lab.when(&volume, "available");
        assert_eq!(row.previous_status, Some(VolumeStatus::ErrorBackingUp));
        desk.delete(backup.id, Force::No);
        eventually("an end", || {
            let row = lab.backup_row(backup.id);
            row.is_none_or(|row| row.status == BackupStatus::Error).then_some(())
        });
    }
    assert_eq!(desk.files(), [desk.folder.path().join("file")]);
    assert!(!Path::new(&outside).exists());
    drop(before);
    let (volume_id, container) = (volume.id.to_string(), Some("mine/own".to_owned()));
    let backup = desk.ask(NewBackup { volume_id, container, ..NewBackup::default() });
    lab.backup_when(backup.id, BackupStatus::Available);
    assert_eq!(fs::read_dir(desk.folder.path().join("mine/own")).unwrap().count(), 18);
    desk.settle();
}

#[test]
fn a_backup_that_is_not_wanted_any_more_is_not_made() {
    let desk = desk();
    let lab = &desk.lab;
    let volume = desk.filled();
    let backup = lab.backup(&volume, None);
    eventually("some data", || (!desk.files().is_empty()).then_some(()));
    desk.delete(backup.id, Force::Yes);
    eventually("the backup to be gone", || lab.backup_row(backup.id).is_none().then_some(()));
    assert!(desk.files().is_empty());
    lab.when(&volume, "available");

    // The volume goes instead.
    let backup = lab.backup(&volume, None);
    eventually("some data", || (!desk.files().is_empty()).then_some(()));
    lab.delete_as(&volume, DeleteMode { force: true, ..DeleteMode::default() });
    lab.when_gone(&volume);
    let row =
        eventually("an end", || lab.backup_row(backup.id).filter(|row| row.status != BackupStatus::Creating));
    assert!(matches!(row.status, BackupStatus::Error | BackupStatus::Available), "{row:?}");
    desk.deleted(backup.id);
    assert!(desk.files().is_empty());
    desk.settle();
}

/// As `tests/backup/stock.py record` has them from stock Cinder.
#[test]
fn what_stock_cinder_wrote_is_imported_and_restored() {
    let desk = desk();
    let lab = &desk.lab;
    let stock = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backup/stock");
    for file in files(&stock) {
        let to = desk.folder.path().join(file.strip_prefix(&stock).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, to).unwrap();
    }
    let import = |id: &str, parent: Option<&str>, change: &dyn Fn(&mut serde_json::Value)| {
        let container = format!("{}/{}/{id}", &id[..2], &id[2..4]);
        let name = files(&desk.folder.path().join(&container)).pop().unwrap();
        let name = name.file_name().unwrap().to_str().unwrap().to_owned();
        let mut record = json!({
            "id": id, "size": 1, "display_name": "stöck", "display_description": null, "container": container,
            "service_metadata": &name[..name.find(id).unwrap() + id.len()], "object_count": 4,
            "parent_id": parent, "volume_id": "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9",
            "service": SERVICE, "metadata": {"k": "v"}, "driver_info": {},
        });
        change(&mut record);
        let record = BackupRecord {
            id: record["id"].as_str().unwrap().parse().unwrap(),
            size: Gib(1),
            service: SERVICE.to_owned(),
            text: record.to_string(),
        };
        let life = lab.life();
        life.runtime.block_on(life.services.import_backup(&ctx(), &record)).unwrap();
        record.id
    };
    let (full, incremental) =
        ("a10d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9", "b20d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9");
    let id = import(full, None, &|_| {});
    lab.backup_when(id, BackupStatus::Available);
    let id = import(incremental, Some(full), &|_| {});
    let row = lab.backup_when(id, BackupStatus::Available);
    assert_eq!((row.name.as_deref(), row.object_count), (Some("stöck"), 4));
    assert_eq!(row.metadata["k"], "v");
    let fresh = lab.when(&desk.restore(id, None), "available");
    assert_eq!(fresh.name.as_deref(), Some("disk"), "the name of what was backed up");
    let block = |number: u8| {
        use sha2::Digest as _;
        if number.is_multiple_of(4) { vec![0; 4096] } else { sha2::Sha256::digest([number]).repeat(128) }
    };
    let mut wanted: Vec<u8> = (0..20).flat_map(block).collect();
    for number in [5usize, 6, 13] {
        wanted[number * 4096..(number + 1) * 4096]
            .copy_from_slice(&block(u8::try_from(number + 100).unwrap()));
    }
    wanted[9 * 4096..10 * 4096].fill(0);
    let mut found = vec![1; wanted.len()];
    File::open(desk.device(&fresh)).unwrap().read_exact_at(&mut found, 0).unwrap();
    assert!(found == wanted);

    // Records that lead astray.
    let other = BackupId::random().to_string();
    for (field, value) in [
        ("container", json!("../..")),
        ("container", json!("elsewhere")),
        ("service_metadata", json!("volume_")),
        ("service_metadata", json!("../x")),
    ] {
        let id = import(full, None, &|record| {
            record["id"] = json!(other);
            record[field] = value.clone();
        });
        let failed = lab.backup_when(id, BackupStatus::Error);
        assert!(failed.fail_reason.unwrap().starts_with("Invalid backup: "));
        desk.deleted(id);
    }
    assert_eq!(desk.files().len(), 12, "nothing was taken away");
    desk.settle();
}

/// What one hearth exports another one (or this one, when it has forgotten it) imports.
#[test]
fn an_exported_record_brings_a_backup_back() {
    let desk = desk();
    let lab = &desk.lab;
    let volume = desk.filled();
    let backup = desk.full(&volume);
    let life = lab.life();
    let id = backup.id.to_string();
    let details = life.runtime.block_on(life.services.export_backup(&ctx(), &id)).unwrap();
    let forget = life.store.write("test", |tx, _| Box::pin(tx.delete_backup(backup.id)));
    life.runtime.block_on(forget).unwrap();
    let record = BackupRecord {
        id: backup.id,
        size: backup.size,
        service: details.backup.service.clone().unwrap(),
        text: details.record().to_string(),
    };
    life.runtime.block_on(life.services.import_backup(&ctx(), &record)).unwrap();
    let back = lab.backup_when(backup.id, BackupStatus::Available);
    let shown = |row: &Backup| (row.container.clone(), row.object_count, row.volume_id, row.object_prefix());
    assert_eq!(shown(&back), shown(&backup));
    assert_eq!(
        back.data_timestamp.map(|at| at.0 / 1_000_000),
        backup.data_timestamp.map(|at| at.0 / 1_000_000)
    );
    let fresh = lab.when(&desk.restore(backup.id, None), "available");
    desk.assert_same(&desk.device(&volume), &fresh);
    desk.deleted(backup.id);
    assert!(desk.files().is_empty());
    desk.settle();
}

#[test]
fn another_zone_has_no_backup_service() {
    let desk = desk_with(|settings| Settings { availability_zone: "here".to_owned(), ..settings });
    let volume = desk.lab.volume(1);
    let (volume_id, zone) = (volume.id.to_string(), Some("there".to_owned()));
    let source = AttachedSource::default();
    let backup = desk.ask(NewBackup { volume_id, availability_zone: zone, source, ..NewBackup::default() });
    let failed = desk.lab.backup_when(backup.id, BackupStatus::Error);
    assert_eq!(failed.fail_reason.as_deref(), Some("Service not found for creating backup."));
    desk.settle();
}

/// A volume in use and a snapshot are read through a clone, of which nothing is left.
#[test]
fn what_is_in_use_and_snapshots_are_backed_up_through_a_clone() {
    let mut desk = desk();
    let volume = desk.lab.volume(1);
    let snapshot = desk.lab.snapshot(&volume);
    let life = desk.lab.life();
    let attached = life.store.write("test", |tx, _| {
        Box::pin(async move {
            let mut row = tx.volume(volume.id).await?.unwrap();
            row.status = VolumeStatus::InUse;
            row.attach_status = hearth::domain::status::AttachStatus::Attached;
            tx.update_volume(&row).await
        })
    });
    life.runtime.block_on(attached).unwrap();
    for (of, kill) in [(None, false), (Some(snapshot.id.to_string()), false), (None, true)] {
        let backup = desk.lab.backup(&volume, of.clone());
        if kill {
            eventually("some data", || (desk.files().len() > 40).then_some(()));
            desk.lab.kill_and_restart();
        }
        let done = desk.lab.backup_when(backup.id, BackupStatus::Available);
        assert_eq!((done.object_count, done.snapshot_id.map(|id| id.to_string())), (16, of));
        desk.lab.when(&volume, "in-use");
        eventually("the end", || desk.lab.operations().is_empty().then_some(()));
        let truth = desk.lab.truth(0);
        let living = truth["volumes"].as_array().unwrap().iter().filter(|v| v["state"] == "Available");
        assert_eq!(living.count(), 1, "{truth:#}");
        let snapshots = truth["snapshots"].as_array().unwrap().iter();
        assert_eq!(snapshots.filter(|s| s["state"] == "Available").count(), 1, "{truth:#}");
    }
}
