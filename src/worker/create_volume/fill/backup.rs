//! A backup, copied in. The volume is new: what is empty in the backup is not written.
//!
//! As several volumes may be made from a backup at once, it stays `available` meanwhile (Cinder has
//! it `restoring`, and the first that is done stops the others).

use super::{Order, Told, fail};
use crate::backup::Zeroes;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::{BackendUuid, BackupId, Result};
use crate::worker::backup::{Asked, Restored, copy, taken_over};
use crate::worker::create_volume::finish;
use crate::worker::flow::Flow;
use crate::worker::job::Job;

pub(super) async fn fill(job: &Job, order: &Order, uuid: BackendUuid, id: BackupId) -> Result<Flow> {
    let subject = (ResourceKind::Backup, id.to_string());
    let told = Told { subject, action: Action::RestoreBackup, reason: &Reason::RestoreFailed };
    let (backup, volume) = {
        let mut session = job.bench.store.read().await?;
        let backup = session.find_backup(id, None).await?.map(|details| details.backup);
        (backup, session.find_volume(order.volume, None).await?.map(|details| details.volume.clone()))
    };
    let (Some(backup), Some(mut volume), Some(vault)) = (backup, volume, &job.bench.settings.backups) else {
        return fail(job, order, uuid, &told).await;
    };
    // A delete that came meanwhile has nothing to wait for.
    if crate::worker::create_volume::overtaken(&volume) {
        return finish::finish(job, order, uuid).await;
    }
    if let Some(location) = &mut volume.location {
        location.uuid = Some(uuid);
    }
    let asked = Asked { backup: &backup, status: None, zeroes: Zeroes::Skip };
    let metas = match copy(job, vault, &asked, &volume).await? {
        Ok(Restored::Done(metas)) => metas,
        Ok(Restored::Unwanted) => return finish::finish(job, order, uuid).await,
        Ok(Restored::Failed(why)) => {
            tracing::warn!(volume = %order.volume, backup = %id, why, "a volume was not made from a backup");
            return fail(job, order, uuid, &told).await;
        }
        Err(flow) => return Ok(flow),
    };
    let (backup, metas) = (&backup, &metas);
    job.bench
        .store
        .write("what a volume takes over from a backup", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.volume(order.volume).await? {
                    taken_over(&mut row, backup, metas);
                    tx.update_volume(&row).await?;
                }
                Ok(())
            })
        })
        .await?;
    finish::finish(job, order, uuid).await
}
