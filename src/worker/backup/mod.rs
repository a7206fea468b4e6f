//! Backups: copying a volume's data out of its cluster, and back.
//!
//! A copy has no steps that are written down: whoever takes over begins it again, under the same
//! names in the vault and onto the same volume. While it goes on, somebody looks now and then
//! whether it is still wanted; whatever the backup has become meanwhile (gone, reset), the volume
//! is given free again. Without a vault each operation ends at once, in the way in which Cinder
//! ends it when no `cinder-backup` runs.

mod create;
mod delete;
mod import;
mod restore;
mod temporary;
mod volume_meta;

use std::time::Duration;

use super::flow::Flow;
use super::job::Job;
use crate::backup::{Layer, Place, Trouble, in_own_folder};
use crate::domain::backup::Backup;
use crate::domain::status::{BackupStatus, VolumeStatus};
use crate::domain::{BackupId, Result, SnapshotId, VolumeId};
use crate::store::Tx;

pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use import::import;
pub(super) use restore::{Asked, Restored, copy, restore, taken_over};

/// What is copied, and what the volume was before.
pub(super) struct Source {
    pub(super) volume: VolumeId,
    pub(super) snapshot: Option<SnapshotId>,
    pub(super) previous: VolumeStatus,
}

/// How often a copy asks whether it is still wanted.
const LOOK: Duration = Duration::from_secs(1);
/// Tries, in this process, after which a copy is given up that a volume or the vault prevents.
const MOST_TRIES: u32 = 6;

/// Trying again may help, and has not been tried often enough.
fn again(job: &Job, trouble: &Trouble) -> Option<Flow> {
    let passing = matches!(trouble, Trouble::Away(_) | Trouble::Volume(_));
    (passing && job.tries < MOST_TRIES).then(|| Flow::Again(trouble.to_string()))
}

/// Why a copy ends before it is done.
pub(super) enum Stop {
    /// This process ends; another one begins the copy again.
    Process,
    /// Nobody wants it any more.
    Unwanted,
}

/// Waits until a copy has to stop: when the backup is no longer in the status that the copy gave
/// it, or the volume is being deleted.
pub(super) async fn stopped(job: &Job, backup: (BackupId, Option<BackupStatus>), volume: VolumeId) -> Stop {
    loop {
        tokio::select! {
            () = job.bench.stop.cancelled() => return Stop::Process,
            () = tokio::time::sleep(LOOK) => {}
        }
        match is_wanted(job, backup, volume).await {
            Ok(true) => {}
            Ok(false) => return Stop::Unwanted,
            // Not known now.
            Err(error) => tracing::debug!(%error, "whether a copy is still wanted"),
        }
    }
}

async fn is_wanted(
    job: &Job,
    (backup, status): (BackupId, Option<BackupStatus>),
    volume: VolumeId,
) -> Result<bool> {
    let mut session = job.bench.store.read().await?;
    let row = session.find_backup(backup, None).await?;
    if let Some(status) = status
        && row.is_none_or(|details| details.backup.status != status)
    {
        return Ok(false);
    }
    let row = session.find_volume(volume, None).await?;
    Ok(row.is_some_and(|details| details.volume.status != VolumeStatus::Deleting))
}

/// Where in the vault a backup is.
fn place_of(backup: &Backup) -> Result<Place, Trouble> {
    let own = || in_own_folder(backup.id);
    Place::new(&backup.container.clone().unwrap_or_else(own), &backup.object_prefix())
}

fn layer_of(backup: &Backup) -> Result<Layer, Trouble> {
    Ok(Layer { place: place_of(backup)? })
}

/// The backup, as long as it is in the status in which the operation left it.
async fn found(tx: &mut Tx, id: BackupId, status: BackupStatus) -> Result<Option<Backup>> {
    let details = tx.find_backup(id, None).await?;
    Ok(details.map(|details| details.backup).filter(|backup| backup.status == status))
}

async fn put(job: &Job, tx: &mut Tx, backup: Backup) -> Result<()> {
    tx.update_backup(&Backup { updated_at: Some(job.now()), ..backup }).await
}
