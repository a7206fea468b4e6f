//! The end of a move: the volume takes the place of its copy, if nothing has come between.

use super::{Course, Pair, fails, look_in};
use crate::domain::operation::{Operation, OperationStatus, Source};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::Volume;
use crate::domain::{Result, VolumeId};
use crate::store::Tx;
use crate::worker::complete_migration;
use crate::worker::flow::Flow;
use crate::worker::job::Job;

enum Arrival {
    Waits(&'static str),
    Fails(&'static str),
    /// With what follows.
    Ended(Vec<Operation>),
}

pub(super) async fn arrive(job: &Job, course: Course, copy: VolumeId) -> Result<Flow> {
    let arrival = job
        .bench
        .store
        .write("move a volume", |tx, _| Box::pin(change_places(job, tx, course, copy)))
        .await?;
    match arrival {
        Arrival::Waits(why) => Ok(Flow::Again(why.to_owned())),
        Arrival::Fails(why) => fails(job, course, copy, why).await,
        Arrival::Ended(next) => {
            next.into_iter().for_each(|operation| job.bench.dispatch.announce(operation));
            Ok(Flow::Done)
        }
    }
}

async fn change_places(job: &Job, tx: &mut Tx, course: Course, copy: VolumeId) -> Result<Arrival> {
    let Pair { mut volume, mut copy } = match look_in(job, tx, course, copy).await? {
        Ok(pair) => pair,
        Err(why) => return Ok(Arrival::Fails(why)),
    };
    for row in [&volume, &copy] {
        if let Some(why) = is_at_work_on(job, tx, row).await? {
            return Ok(Arrival::Waits(why));
        }
    }
    let place = copy.location.clone().filter(|_| copy.status == VolumeStatus::Available);
    let Some(place) = place.filter(|place| place.uuid.is_some()) else {
        return Ok(Arrival::Fails("The volume that it was copied to is gone"));
    };
    if let Err(why) = stands(tx, course, &volume).await? {
        return Ok(Arrival::Fails(why));
    }
    // Nobody was attached when it began, and what came between has gone by.
    volume.previous_status = Some(VolumeStatus::Available);
    let clusters = tx.clusters().await?;
    if let Some(view) = clusters.iter().find(|view| view.id == place.cluster_id) {
        copy.availability_zone = Some(view.traits.availability_zone.clone());
    }
    let next = complete_migration::take_over(job, tx, volume, copy, place).await?;
    job.end(tx).await?;
    Ok(Arrival::Ended(next))
}

/// Who is at work on a volume looks at it as it is now. (A host that is being let in is waited for,
/// too: it calls the move off. And a lost create of the copy must not land once its name is free.)
async fn is_at_work_on(job: &Job, tx: &mut Tx, volume: &Volume) -> Result<Option<&'static str>> {
    let others = tx.operations_of(&volume.id.to_string()).await?;
    let at_work = |op: &Operation| {
        op.id != job.op.id && op.status == OperationStatus::Open && !op.work.ends_its_resource()
    };
    if others.iter().any(at_work) {
        return Ok(Some("something else is being done to the volume"));
    }
    if tx.is_being_copied(&Source::Volume(volume.id)).await? {
        return Ok(Some("a volume is being made from it"));
    }
    Ok(None)
}

/// Whether the volume is still one that can be moved.
async fn stands(
    tx: &mut Tx,
    course: Course,
    volume: &Volume,
) -> Result<std::result::Result<(), &'static str>> {
    use VolumeStatus as S;
    let status = match course {
        Course::Migrate { .. } => matches!(volume.status, S::Available | S::Maintenance | S::Reserved),
        Course::Retype(_) => volume.status == S::Retyping,
    };
    if !status {
        return Ok(Err("The status of the volume was changed while it was being copied"));
    }
    if volume.group_id.is_some() || !tx.snapshots_of_volume(volume.id).await?.is_empty() {
        return Ok(Err("The volume has got snapshots or a group while it was being copied"));
    }
    let attachments = tx.attachments_of(volume.id).await?;
    if attachments.iter().any(|attachment| attachment.connector.is_some()) {
        return Ok(Err("The volume was attached while it was being copied"));
    }
    Ok(Ok(()))
}
