//! The intermediate snapshot of a clone.

use super::{Order, overtaken, placed};
use crate::domain::operation::{CreateVolume, Lane, Source};
use crate::domain::volume::clone_snapshot_name;
use crate::domain::{BackendUuid, ClusterId, Result};
use crate::lightbits::{self, Outcome, Reason, Resolution, Settled};
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::remote::{Seen, await_snapshot};

pub(super) async fn take(job: &mut Job, order: &Order, excluded: Vec<ClusterId>) -> Result<Flow> {
    let (volume, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(flow),
    };
    if overtaken(&volume) {
        let message = "The volume was deleted while it was being created.".to_owned();
        return Ok(Flow::next(order.at(CreateVolume::Fail { message })));
    }
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    match settle(job, order, &client).await? {
        Ok(_) => Ok(Flow::next(order.at(CreateVolume::CreateRemote { excluded }))),
        Err(flow) => Ok(flow),
    }
}

/// Makes sure that `for_clone_<id>` exists and is available; its UUID.
pub(super) async fn settle(
    job: &Job,
    order: &Order,
    client: &lightbits::Cluster,
) -> Result<std::result::Result<BackendUuid, Flow>> {
    let Source::Volume(source_id) = &order.source else {
        return Ok(Err(Flow::NeedsOperator("a clone without a source".to_owned())));
    };
    let source = job.bench.store.read().await?.find_volume(*source_id, None).await?;
    let location = source.and_then(|details| details.volume.location.clone());
    let Some((location, volume)) = location.and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        let message = "The source of the volume is gone.".to_owned();
        return Ok(Err(Flow::next(order.at(CreateVolume::Fail { message }))));
    };
    let request = lightbits::CreateSnapshot {
        project: location.project.clone(),
        name: clone_snapshot_name(order.volume),
        volume,
        description: None,
    };
    let _turn = job.bench.turns.take(*source_id).await;
    let found = match client.settle_snapshot(Lane::User, &request).await {
        Settled::Found(Resolution::Adopt(snapshot)) => snapshot,
        Settled::Found(Resolution::Conflict(_, differs)) => {
            return Ok(Err(Flow::NeedsOperator(format!("{}: {differs}", request.name))));
        }
        Settled::Found(Resolution::Failed(_) | Resolution::Deleting(_) | Resolution::Absent) => {
            return Ok(Err(Flow::Again(format!("{} is not usable yet", request.name))));
        }
        Settled::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            return Ok(Err(Flow::Again(refusal.to_string())));
        }
        Settled::Refused(refusal) => {
            let message = format!("The source could not be copied: {}.", refusal.reason.as_str());
            return Ok(Err(Flow::next(order.at(CreateVolume::Fail { message }))));
        }
        Settled::Unknown(trouble) => return Ok(Err(Flow::Again(trouble.to_string()))),
    };
    Ok(match await_snapshot(job, client, &location.project, found.uuid).await {
        Seen::Ready(snapshot) => Ok(snapshot.uuid),
        Seen::Failed | Seen::Leaving | Seen::Missing => {
            Err(Flow::Again(format!("{} is not there yet", request.name)))
        }
        Seen::Pending(why) => Err(Flow::Again(why)),
        Seen::Trouble(trouble) => Err(Flow::Again(trouble.to_string())),
    })
}

/// The clone exists; its intermediate may go. The cluster hides it and keeps what the clone needs.
pub(super) async fn discard(job: &Job, order: &Order, uuid: BackendUuid) -> Result<Flow> {
    match drop_by_name(job, order).await? {
        Ok(()) => Ok(Flow::next(order.at(CreateVolume::Finish { uuid }))),
        Err(flow) => Ok(flow),
    }
}

/// Nothing named `for_clone_<id>` is left (or it is on its way out).
pub(super) async fn drop_by_name(job: &Job, order: &Order) -> Result<std::result::Result<(), Flow>> {
    let (_, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(Err(flow)),
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(Err(flow)),
    };
    let name = clone_snapshot_name(order.volume);
    let snapshot = match client.snapshot_by_name(Lane::User, &location.project, &name).await {
        Ok(Some(snapshot)) if !snapshot.state.is_leaving() => snapshot,
        Ok(_) => return Ok(Ok(())),
        Err(trouble) => return Ok(Err(Flow::Again(trouble.to_string()))),
    };
    match client.delete_snapshot(Lane::User, &location.project, snapshot.uuid).await {
        Outcome::Done(()) => Ok(Ok(())),
        Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => Ok(Ok(())),
        Outcome::Refused(refusal) => Ok(Err(Flow::Again(format!("{name}: {refusal}")))),
        Outcome::Unknown(trouble) => Ok(Err(Flow::Again(trouble.to_string()))),
    }
}
