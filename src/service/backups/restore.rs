//! `POST /backups/{id}/restore`: over a given volume, or into a new one for which the user waits.

use super::{invalid, parse_id, visible};
use crate::domain::backup::{Backup, Restore, RestoreTarget};
use crate::domain::operation::Work;
use crate::domain::status::{BackupStatus, VolumeStatus};
use crate::domain::volume::{NewVolume, Volume};
use crate::domain::{BackupId, Ctx, Error, ErrorKind, Result, VolumeId};
use crate::service::{Services, volumes};
use crate::store::{Dispatch, quota_lock};

impl Services {
    /// Accepts the restore: everything that is to be done is durable when this returns, or fails.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a status or size, `OverQuota` for a new volume, and `Invalid` when
    /// that cannot be made.
    pub async fn restore_backup(&self, ctx: &Ctx, id: &str, target: &RestoreTarget) -> Result<Restore> {
        let backup = self.get_backup(ctx, id).await?.backup;
        check_backup(&backup)?;
        match &target.volume_id {
            Some(volume) => self.restore_over(ctx, parse_id(id)?, volumes::parse_id(volume)?).await,
            None => self.restore_to_new(ctx, &backup, target.name.clone()).await,
        }
    }

    async fn restore_over(&self, ctx: &Ctx, backup_id: BackupId, volume_id: VolumeId) -> Result<Restore> {
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

    /// Makes a volume of the backup's size, and waits until the restore into it has begun. Who waits
    /// longer than a request may is told that it is accepted: it goes on, as it does when the client
    /// or this process is gone.
    async fn restore_to_new(&self, ctx: &Ctx, backup: &Backup, name: Option<String>) -> Result<Restore> {
        let new = &NewVolume {
            name: Some(name.unwrap_or_else(|| format!("restore_backup_{}", backup.id))),
            description: Some("auto-created_from_restore_from_backup".to_owned()),
            size: Some(backup.size),
            ..NewVolume::default()
        };
        let lock = quota_lock(&ctx.project_id);
        let both = self.store.write_in_turn(&lock, "restore into a new volume", |tx, _| {
            Box::pin(async move {
                let (create, made) = self.create_volume_in(tx, ctx, new).await?;
                let volume = made.volume;
                let work = Work::RestoreToNew { backup: backup.id, volume: volume.id };
                let restore = Dispatch::plan(ctx, work);
                self.dispatch.insert(tx, &restore, &ctx.clock).await?;
                Ok((create, restore, volume))
            })
        });
        let (create, restore, volume) = both.await.map_err(without_class)?;
        self.dispatch.announce(create);
        match self.dispatch.announce_and_wait(restore, &self.store, ctx.patience).await {
            Ok(Some(why)) => return Err(Error::invalid(why)),
            // Begun; or told to another process, and then the volume says whether it was made.
            Ok(None) => {
                let now = self.store.find_volume(volume.id, None).await?;
                if now.is_some_and(|now| now.volume.status == VolumeStatus::Error) {
                    return Err(Error::invalid(format!(
                        "Invalid volume: Error while creating volume {} for restoring backup {}.",
                        volume.id, backup.id
                    )));
                }
            }
            Err(late) => {
                tracing::info!(volume = %volume.id, backup = %backup.id, %late, "the restore goes on by itself");
            }
        }
        Ok(Restore { backup_id: backup.id, volume_id: volume.id, volume_name: volume.name })
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
