//! Backups without an engine: each ends in Cinder's way of failing, whatever process dies, and
//! the volume is free again.

use std::time::Duration;

use hearth::domain::backup::{AttachedSource, Backup, BackupRecord, NewBackup, Restore, RestoreTarget};
use hearth::domain::message::Message;
use hearth::domain::page::{ListQuery, Scope};
use hearth::domain::status::BackupStatus;
use hearth::domain::volume::Volume;
use hearth::domain::{BackupId, Ctx, Gib, Result};
use hearth::service::snapshots::Force;
use serde_json::json;

use crate::lab::{Lab, PATIENCE, ctx, eventually};

impl Lab {
    pub fn backup(&self, volume: &Volume, snapshot: Option<String>) -> Backup {
        let new = NewBackup {
            volume_id: volume.id.to_string(),
            snapshot_id: snapshot,
            source: AttachedSource::Allowed,
            ..NewBackup::default()
        };
        let life = self.life();
        life.runtime.block_on(life.services.create_backup(&ctx(), &new)).unwrap()
    }

    pub fn backup_row(&self, id: BackupId) -> Option<Backup> {
        let life = self.life();
        let found = life
            .runtime
            .block_on(async { life.store.read().await.unwrap().find_backup(id, None).await.unwrap() });
        found.map(|details| details.backup)
    }

    pub fn backup_when(&self, id: BackupId, status: BackupStatus) -> Backup {
        eventually(status.as_str(), || self.backup_row(id).filter(|row| row.status == status))
    }

    /// What an engine would have written.
    fn finish(&self, id: BackupId) {
        let life = self.life();
        let write = life.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut backup = tx.get_backup(id).await?.backup;
                backup.status = BackupStatus::Available;
                tx.update_backup(&backup).await
            })
        });
        life.runtime.block_on(write).unwrap();
    }

    pub fn messages_of(&self, resource: &str) -> Vec<Message> {
        let life = self.life();
        let read = async {
            let query = ListQuery::new(Scope::AllProjects);
            life.store.read().await?.list_messages(&query).await
        };
        let page: Result<_> = life.runtime.block_on(read);
        let of = |message: &Message| message.resource_uuid.as_deref() == Some(resource);
        page.unwrap().items.into_iter().filter(of).collect()
    }
}

#[test]
fn a_backup_ends_in_error_and_its_volume_is_free_again() {
    let mut lab = Lab::new(1);
    let volume = lab.volume(1);
    let backup = lab.backup(&volume, None);
    // Whether it had been begun or not.
    lab.kill_and_restart();
    let failed = lab.backup_when(backup.id, BackupStatus::Error);
    assert_eq!(failed.fail_reason.as_deref(), Some("Service not found for creating backup."));
    lab.when(&volume, "available");
    let [told] = &lab.messages_of(&backup.id.to_string())[..] else { panic!("one message") };
    assert_eq!(told.event_id, "VOLUME_VOLUME_BACKUP_013_024");
    assert_eq!(told.text, "create backup:Backup failed to schedule. Service not found for creating backup.");

    let snapshot = lab.snapshot(&volume);
    let second = lab.backup(&volume, Some(snapshot.id.to_string()));
    lab.backup_when(second.id, BackupStatus::Error);
    lab.snapshot_when(&snapshot, "available");
    for id in [backup.id, second.id] {
        let life = lab.life();
        let (id_text, ctx) = (id.to_string(), ctx());
        life.runtime.block_on(life.services.delete_backup(&ctx, &id_text, Force::No)).unwrap();
        eventually("the backup to be gone", || lab.backup_row(id).is_none().then_some(()));
    }
    lab.delete_snapshot(&snapshot);
    lab.snapshot_when_gone(&snapshot);
    lab.settle();
}

#[test]
fn a_backup_deleted_meanwhile_holds_nothing() {
    let mut lab = Lab::new(1);
    let volume = lab.volume(1);
    let backup = lab.backup(&volume, None);
    let life = lab.life();
    let (id, ctx) = (backup.id.to_string(), ctx());
    life.runtime.block_on(life.services.delete_backup(&ctx, &id, Force::Yes)).unwrap();
    lab.kill_and_restart();
    eventually("the backup to be gone", || lab.backup_row(backup.id).is_none().then_some(()));
    lab.when(&volume, "available");
    lab.settle();
}

#[test]
fn a_restore_ends_in_error_and_leaves_the_backup() {
    let mut lab = Lab::new(1);
    let volume = lab.volume(1);
    let backup = lab.backup(&volume, None);
    lab.backup_when(backup.id, BackupStatus::Error);
    lab.finish(backup.id);
    let life = lab.life();
    let id = backup.id.to_string();
    let target = RestoreTarget::default();
    let restore = life.runtime.block_on(life.services.restore_backup(&ctx(), &id, &target)).unwrap();
    assert_eq!(restore.volume_name, Some(format!("restore_backup_{id}")));
    lab.kill_and_restart();
    let fresh = Volume { id: restore.volume_id, ..volume };
    let failed = lab.when(&fresh, "error_restoring");
    assert_eq!(
        (failed.size, failed.description.as_deref()),
        (Gib(1), Some("auto-created_from_restore_from_backup"))
    );
    lab.backup_when(backup.id, BackupStatus::Available);
    let events: Vec<String> = lab.messages_of(&id).into_iter().map(|message| message.event_id).collect();
    assert!(events.contains(&"VOLUME_VOLUME_BACKUP_015_026".to_owned()), "{events:?}");
    lab.delete(&fresh);
    lab.when_gone(&fresh);
    lab.settle();
}

fn available_backup(lab: &Lab) -> BackupId {
    let volume = lab.volume(1);
    let backup = lab.backup(&volume, None);
    lab.backup_when(backup.id, BackupStatus::Error);
    lab.finish(backup.id);
    backup.id
}

fn restored(lab: &Lab, backup: BackupId, patience: Duration) -> Result<Restore> {
    let (life, ctx) = (lab.life(), Ctx { patience, ..ctx() });
    let target = RestoreTarget { volume_id: None, name: Some("fresh".to_owned()) };
    life.runtime.block_on(life.services.restore_backup(&ctx, &backup.to_string(), &target))
}

/// The client hangs up, the process dies: what was accepted is done.
#[test]
fn a_restore_into_a_new_volume_outlives_who_asked_for_it() {
    let mut lab = Lab::new(1);
    let backup = available_backup(&lab);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": {"kind": "status", "code": 503}}));
    let restore = restored(&lab, backup, Duration::from_millis(50)).unwrap();
    assert_eq!(restore.volume_name.as_deref(), Some("fresh"));
    let volume = Volume { id: restore.volume_id, ..lab.blank(1) };
    assert_eq!(lab.row(&volume).unwrap().status.as_str(), "creating");
    assert_eq!(lab.backup_row(backup).unwrap().status, BackupStatus::Available, "not begun yet");
    for _ in 0..2 {
        lab.kill_and_restart();
    }
    lab.heal();
    lab.when(&volume, "error_restoring");
    lab.backup_when(backup, BackupStatus::Available);
    let events: Vec<String> =
        lab.messages_of(&backup.to_string()).into_iter().map(|message| message.event_id).collect();
    assert!(events.contains(&"VOLUME_VOLUME_BACKUP_015_026".to_owned()), "{events:?}");
}

#[test]
fn a_restore_into_a_volume_that_cannot_be_made_is_refused() {
    let lab = Lab::new(1);
    let backup = available_backup(&lab);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": {"kind": "status", "code": 400}}));
    let refused = restored(&lab, backup, PATIENCE).unwrap_err().to_string();
    assert!(refused.starts_with("Invalid volume: Error while creating volume "), "{refused}");
    assert!(refused.ends_with(&format!(" for restoring backup {backup}.")), "{refused}");
    assert_eq!(lab.backup_row(backup).unwrap().status, BackupStatus::Available);
    lab.heal();
    lab.settle();
}

#[test]
fn a_backup_that_goes_meanwhile_is_not_restored() {
    let lab = Lab::new(1);
    let backup = available_backup(&lab);
    lab.rule(&json!({"match": {"operation": "create_volume"}, "action": {"kind": "status", "code": 503}}));
    let refused = std::thread::scope(|scope| {
        let asked = scope.spawn(|| restored(&lab, backup, PATIENCE));
        eventually("the create", || (lab.hits() > 0).then_some(()));
        let life = lab.life();
        let (id, ctx) = (backup.to_string(), ctx());
        life.runtime.block_on(life.services.delete_backup(&ctx, &id, Force::Yes)).unwrap();
        lab.heal();
        asked.join().unwrap().unwrap_err()
    });
    assert_eq!(refused.message(), "Invalid backup: Backup status must be available");
    lab.settle();
}

#[test]
fn an_imported_record_finds_nobody_who_has_its_data() {
    let lab = Lab::new(1);
    let record = BackupRecord {
        id: BackupId::random(),
        size: Gib(4),
        service: "cinder.backup.swift".to_owned(),
        text: "{}".to_owned(),
    };
    let life = lab.life();
    life.runtime.block_on(life.services.import_backup(&ctx(), &record)).unwrap();
    let failed = lab.backup_when(record.id, BackupStatus::Error);
    assert_eq!(
        failed.fail_reason.as_deref(),
        Some(
            "Import record failed, cannot find backup service to perform the import. Request service \
             cinder.backup.swift."
        )
    );
}
