//! The volume stays where it is.

use super::{Course, is_copy_of, is_overtaken};
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::{Moving, Operation, OperationStatus};
use crate::domain::status::migration_is_idle;
use crate::domain::volume::Volume;
use crate::domain::{Result, VolumeId};
use crate::store::Tx;
use crate::worker::complete_migration;
use crate::worker::copying::{self, Place};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// As Cinder ends it: the volume is what it was, its migration in error, and the copy goes.
pub(super) async fn fail(job: &Job, course: Course, copy: VolumeId, message: &str) -> Result<Flow> {
    let work = &course.at(Moving::Leave);
    let next = job
        .bench
        .store
        .write("fail a move", |tx, _| {
            Box::pin(async move {
                stay(job, tx, course, message).await?;
                let next = drop_copy(job, tx, course, copy).await?;
                job.save(tx, work, job.op.cluster_id).await?;
                Ok(next)
            })
        })
        .await?;
    next.into_iter().for_each(|operation| job.bench.dispatch.announce(operation));
    Ok(Flow::next(work.clone()))
}

async fn stay(job: &Job, tx: &mut Tx, course: Course, message: &str) -> Result<()> {
    let Some(mut row) = tx.volume(course.volume()).await? else { return Ok(()) };
    // Another move has it now.
    if is_overtaken(job, tx).await? {
        return Ok(());
    }
    let before = row.clone();
    if let Some(status) = course.returns_to(&row) {
        row.status = status;
    }
    if !migration_is_idle(row.migration_status.as_deref()) {
        row.migration_status = Some("error".to_owned());
        let subject = (ResourceKind::Volume, row.id.to_string());
        job.tell(tx, subject, course.action(), &Reason::Other(message.to_owned())).await?;
    }
    if row == before {
        return Ok(());
    }
    row.updated_at = Some(job.now());
    tx.update_volume(&row).await
}

async fn drop_copy(job: &Job, tx: &mut Tx, course: Course, copy: VolumeId) -> Result<Vec<Operation>> {
    match tx.volume(copy).await?.filter(|row| is_copy_of(row, course.volume())) {
        Some(row) => complete_migration::give_up(job, tx, row).await,
        None => Ok(Vec::new()),
    }
}

/// Nobody may be let in to a volume in our name when its copy is over; the cluster may be away.
pub(super) async fn leave(job: &Job, course: Course) -> Result<Flow> {
    let found = job.bench.store.read().await?.find_volume(course.volume(), None).await?;
    if let Some(place) = found.and_then(|details| Place::of(&details.volume))
        && let Err(flow) = copying::leave(job, &place).await
    {
        return Ok(flow);
    }
    job.bench.store.write("end a move", |tx, _| Box::pin(job.end(tx))).await?;
    Ok(Flow::Done)
}

/// Somebody is going to write to the volume: a move that copies it at the moment is called off, and
/// cannot arrive any more.
pub(in crate::worker) async fn give_way(job: &Job, volume: VolumeId) -> Result<()> {
    let found = job.bench.store.read().await?.find_volume(volume, None).await?;
    let is_moving = |row: &Volume| !migration_is_idle(row.migration_status.as_deref());
    if !found.is_some_and(|details| is_moving(&details.volume)) {
        return Ok(());
    }
    job.bench
        .store
        .write("call a move off", |tx, _| {
            Box::pin(async move {
                let Some(mut row) = tx.volume(volume).await?.filter(is_moving) else { return Ok(()) };
                let all = tx.operations_of(&volume.to_string()).await?;
                // A server that copies the volume itself knows what it does.
                let copies =
                    |op: &Operation| op.status == OperationStatus::Open && op.work.moves_its_volume();
                if !all.iter().any(copies) {
                    return Ok(());
                }
                row.migration_status = Some("error".to_owned());
                row.updated_at = Some(job.now());
                tx.update_volume(&row).await?;
                let why = "The volume was attached, or written to, while it was being copied.";
                let subject = (ResourceKind::Volume, volume.to_string());
                job.tell(tx, subject, Action::MigrateVolume, &Reason::Other(why.to_owned())).await
            })
        })
        .await
}
