//! `POST /backups/{id}/restore`: over a given volume, or into a new one for which the user waits.

use std::time::Duration;

use super::{invalid, parse_id, visible};
use crate::domain::backup::{Backup, Restore, RestoreTarget};
use crate::domain::operation::Work;
use crate::domain::status::{BackupStatus, VolumeStatus};
use crate::domain::volume::{NewVolume, Volume};
use crate::domain::{Ctx, Error, ErrorKind, Result};
use crate::service::{Services, volumes};
use crate::store::Dispatch;

/// How often a new volume is looked at until it is there.
const LOOK: Duration = Duration::from_millis(200);

impl Services {
    /// Accepts the restore: the backup `restoring`, the volume `restoring-backup` and the
    /// operation are durable when this returns.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a status or size, `OverQuota` for a new volume, `Unavailable`
    /// when the new volume takes too long.
    pub async fn restore_backup(&self, ctx: &Ctx, id: &str, target: &RestoreTarget) -> Result<Restore> {
        let backup = self.get_backup(ctx, id).await?.backup;
        check_backup(&backup)?;
        let volume_id = match &target.volume_id {
            Some(id) => id.clone(),
            None => self.new_volume_for(ctx, &backup, target.name.clone()).await?,
        };
        let (backup_id, volume_id) = (parse_id(id)?, volumes::parse_id(&volume_id)?);
        let (operation, volume) = self
            .store
            .write("restore a backup", |tx, _| {
                Box::pin(async move {
                    let mut backup = visible(tx, ctx, backup_id).await?.backup;
                    check_backup(&backup)?;
                    let mut volume = volumes::visible(tx, ctx, volume_id).await?;
                    check_volume(&volume, &backup)?;
                    let now = Some(ctx.clock.now());
                    (backup.status, backup.updated_at) = (BackupStatus::Restoring, now);
                    tx.update_backup(&backup).await?;
                    volume.previous_status = Some(volume.status);
                    (volume.status, volume.updated_at) = (VolumeStatus::RestoringBackup, now);
                    tx.update_volume(&volume).await?;
                    let work = Work::RestoreBackup { backup: backup_id, volume: volume_id };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok((operation, volume))
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(Restore { backup_id, volume_id, volume_name: volume.name })
    }

    /// Makes a volume of the backup's size and waits until it is there.
    async fn new_volume_for(&self, ctx: &Ctx, backup: &Backup, name: Option<String>) -> Result<String> {
        let new = NewVolume {
            name: Some(name.unwrap_or_else(|| format!("restore_backup_{}", backup.id))),
            description: Some("auto-created_from_restore_from_backup".to_owned()),
            size: Some(backup.size),
            ..NewVolume::default()
        };
        let made = self.create_volume(ctx, &new).await.map_err(without_class)?;
        let id = made.volume.id.to_string();
        let there = async {
            loop {
                let status = self.get_volume(ctx, &id).await?.volume.status;
                if status != VolumeStatus::Creating {
                    return Ok(status);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let late = |_| Error::unavailable(format!("Volume {id} is still being created, try again later."));
        match tokio::time::timeout(ctx.patience, there).await.map_err(late)?? {
            VolumeStatus::Error => Err(Error::invalid(format!(
                "Invalid volume: Error while creating volume {id} for restoring backup {}.",
                backup.id
            ))),
            _ => Ok(id),
        }
    }
}

/// Upstream catches a used-up quota here and repeats its sentence only.
fn without_class(error: Error) -> Error {
    match error.message().split_once(": ") {
        Some((_, sentence)) if error.kind() == ErrorKind::OverQuota => Error::over_quota(sentence),
        _ => error,
    }
}

fn check_backup(backup: &Backup) -> Result<()> {
    match backup.status {
        BackupStatus::Available => Ok(()),
        _ => Err(invalid("Backup status must be available")),
    }
}

fn check_volume(volume: &Volume, backup: &Backup) -> Result<()> {
    if volume.status != VolumeStatus::Available {
        return Err(Error::invalid("Invalid volume: Volume to be restored to must be available"));
    }
    if backup.size > volume.size {
        return Err(Error::invalid(format!(
            "Invalid volume: volume size {} is too small to restore backup of size {}.",
            volume.size, backup.size
        )));
    }
    Ok(())
}
