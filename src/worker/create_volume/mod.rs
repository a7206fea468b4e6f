//! Creating a volume: blank, from a snapshot, a clone, or to be filled from an image or backup.
//!
//! `Place` decides and reserves in one transaction. From `CreateRemote` on, a volume of our name
//! may exist on the chosen cluster, and the operation stays with it until the cluster has said
//! definitely that there is none. A clone goes through an intermediate snapshot `for_clone_<id>`,
//! as with stock Cinder's driver; that the volume exists is written down before the intermediate
//! is dropped, so that a resumed clone never makes it again.
//!
//! A delete that comes meanwhile waits for us. What was never sent is not sent any more; what may
//! have been sent is made for certain first (to create again under the same name is the only
//! fence against a request that is still on its way), so that the delete knows what to delete.

mod fill;
mod finish;
mod home;
mod intermediate;
mod place;
mod remote;

use super::flow::Flow;
use super::job::Job;
use crate::domain::operation::{CreateVolume, Hints, Source, Work};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::{Location, Volume};
use crate::domain::{ClusterId, Result, VolumeId};
use crate::placement::Decision;
use crate::store::Tx;

/// What stays the same over all steps.
#[derive(Debug, Clone)]
struct Order {
    volume: VolumeId,
    source: Source,
    hints: Hints,
}

impl Order {
    fn at(&self, step: CreateVolume) -> Work {
        Work::CreateVolume {
            volume: self.volume,
            source: self.source.clone(),
            hints: self.hints.clone(),
            step,
        }
    }
}

pub(super) async fn step(
    job: &mut Job,
    volume: VolumeId,
    source: Source,
    hints: Hints,
    step: CreateVolume,
) -> Result<Flow> {
    let order = Order { volume, source, hints };
    match step {
        CreateVolume::Place { excluded } => place::place(job, &order, &excluded).await,
        CreateVolume::SnapshotSource { excluded } => intermediate::take(job, &order, excluded).await,
        CreateVolume::CreateRemote { excluded } => remote::create(job, &order, excluded).await,
        CreateVolume::AwaitAvailable { uuid, excluded } => remote::watch(job, &order, uuid, excluded).await,
        CreateVolume::DropIntermediate { uuid } => intermediate::discard(job, &order, uuid).await,
        CreateVolume::Fill { uuid } => fill::fill(job, &order, uuid).await,
        CreateVolume::Finish { uuid } => finish::finish(job, &order, uuid).await,
        CreateVolume::Guard => finish::leave(job, &order).await,
        CreateVolume::Fail { message } => finish::fail(job, &order, &message).await,
    }
}

/// What placement says of a blank volume now, before there is one; or why it cannot be asked.
pub(super) async fn preview(
    job: &Job,
    tx: &mut Tx,
    volume: &Volume,
    hints: Hints,
) -> Result<std::result::Result<Decision, String>> {
    let order = Order { volume: volume.id, source: Source::Blank, hints };
    place::preview(job, tx, &order, volume).await
}

/// The volume and its place, or what to do when the operation has been overtaken.
async fn placed(job: &Job, order: &Order) -> Result<std::result::Result<(Volume, Location), Flow>> {
    let found = job.bench.store.read().await?.find_volume(order.volume, None).await?;
    let Some(details) = found else { return Ok(Err(job.end_superseded().await?)) };
    let volume = details.volume.clone();
    match volume.location.clone() {
        Some(location) => Ok(Ok((volume, location))),
        // A place is written together with the step that needs it.
        None => Ok(Err(Flow::NeedsOperator("the volume has lost its place on a cluster".to_owned()))),
    }
}

/// Whether a delete has overtaken the create. What has not been sent need not be sent any more.
const fn overtaken(volume: &Volume) -> bool {
    !matches!(volume.status, VolumeStatus::Creating | VolumeStatus::Downloading)
}

/// The end without a volume, once nothing of it can land any more.
async fn failed(job: &Job, order: &Order, message: &str) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier request may still land; then: {message}")));
    }
    job.advance(order.at(CreateVolume::Fail { message: message.to_owned() })).await
}

/// The cluster has definitely refused, or given up: look for another one.
async fn elsewhere(
    job: &mut Job,
    order: &Order,
    from: ClusterId,
    mut excluded: Vec<ClusterId>,
) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again("an earlier create may still land".to_owned()));
    }
    excluded.push(from);
    let work = order.at(CreateVolume::Place { excluded });
    let (next, owner) = (&work, &*job);
    job.bench
        .store
        .write("free a place", |tx, _| {
            Box::pin(async move {
                if let Some(mut volume) = tx.volume(order.volume).await? {
                    volume.location = None;
                    tx.update_volume(&volume).await?;
                }
                tx.release_reservation(owner.op.id).await?;
                owner.save(tx, next, None).await
            })
        })
        .await?;
    job.certain_of_nothing();
    job.op.cluster_id = None;
    Ok(Flow::next(work))
}
