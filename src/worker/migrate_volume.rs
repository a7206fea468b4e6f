//! Moving a volume to another cluster.
//!
//! THE ENGINE GOES HERE: in [`copy`], which is reached with the volume `migrating`. There is no
//! data path between clusters yet, so the migration ends in error and the volume stays where and
//! as it was, as after any migration that fails in Cinder.

use super::flow::Flow;
use super::job::Job;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{MigrateVolume, Work};
use crate::domain::status::{VolumeStatus, migration_is_idle};
use crate::domain::volume::Volume;
use crate::domain::{ClusterId, Result, VolumeId};
use crate::store::Tx;

pub(super) async fn step(
    job: &Job,
    volume: VolumeId,
    target: ClusterId,
    step: MigrateVolume,
) -> Result<Flow> {
    match step {
        MigrateVolume::Begin => begin(job, volume, target).await,
        MigrateVolume::Copy => copy(job, volume).await,
    }
}

async fn begin(job: &Job, volume: VolumeId, target: ClusterId) -> Result<Flow> {
    let next = Work::MigrateVolume { volume, target, step: MigrateVolume::Copy };
    let work = &next;
    let goes_on = job
        .bench
        .store
        .write("begin a migration", |tx, _| {
            Box::pin(async move {
                let Some(mut row) = migrating(tx, volume).await? else {
                    job.end(tx).await?;
                    return Ok(false);
                };
                row.migration_status = Some("migrating".to_owned());
                tx.update_volume(&row).await?;
                job.save(tx, work, job.op.cluster_id).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(if goes_on { Flow::next(next) } else { Flow::Done })
}

async fn copy(job: &Job, volume: VolumeId) -> Result<Flow> {
    let reason = &Reason::Other(
        "The data cannot be copied to another cluster; the volume stays where it is.".to_owned(),
    );
    job.bench
        .store
        .write("fail a migration", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = migrating(tx, volume).await? {
                    row.migration_status = Some("error".to_owned());
                    if row.status == VolumeStatus::Maintenance {
                        row.status = row.previous_status.unwrap_or(VolumeStatus::Maintenance);
                    }
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                    let subject = (ResourceKind::Volume, volume.to_string());
                    job.tell(tx, subject, Action::MigrateVolume, reason).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// The volume, unless an administrator has reset its migration or it is gone.
async fn migrating(tx: &mut Tx, volume: VolumeId) -> Result<Option<Volume>> {
    let found = tx.volume(volume).await?;
    Ok(found.filter(|row| !migration_is_idle(row.migration_status.as_deref())))
}
