//! Moving a volume to another cluster: what is asked for, and what a move is refused with. The move
//! itself is `moving`.

use super::flow::Flow;
use super::job::Job;
use super::moving::{self, Course, Departure, Destination, Where};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{MigrateVolume, Work};
use crate::domain::status::{VolumeStatus, migration_is_idle};
use crate::domain::volume::Volume;
use crate::domain::{ClusterId, Result, VolumeId};
use crate::store::Tx;

pub(super) async fn step(
    job: &mut Job,
    volume: VolumeId,
    target: ClusterId,
    step: MigrateVolume,
) -> Result<Flow> {
    match step {
        MigrateVolume::Begin if job.bench.settings.data_path.is_none() => begin(job, volume, target).await,
        MigrateVolume::Begin => depart(job, volume, target).await,
        MigrateVolume::Copy => {
            let why = "The data cannot be copied to another cluster; the volume stays where it is.";
            fail(job, volume, &Reason::Other(why.to_owned())).await
        }
        MigrateVolume::Move { step } => moving::step(job, Course::Migrate { volume, target }, step).await,
    }
}

/// Without a data path, it ends as a migration that fails in Cinder while it copies.
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

async fn depart(job: &Job, volume: VolumeId, target: ClusterId) -> Result<Flow> {
    let destination = Destination { volume_type: None, at: Where::Only(target) };
    match moving::depart(job, Course::Migrate { volume, target }, destination).await? {
        Departure::Begun(flow) => Ok(flow),
        Departure::Overtaken => job.end_superseded().await,
        Departure::Refused(reason) => fail(job, volume, &reason).await,
    }
}

async fn fail(job: &Job, volume: VolumeId, reason: &Reason) -> Result<Flow> {
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
