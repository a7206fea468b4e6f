//! The intermediate snapshot of a clone.

use super::{Order, failed, finish, overtaken, placed};
use crate::domain::operation::{CreateVolume, Lane, Source};
use crate::domain::volume::clone_snapshot_name;
use crate::domain::{BackendUuid, ClusterId, Result};
use crate::lightbits::{self, Reason, Resolution, Settled};
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::remote::{Seen, await_snapshot};
use crate::worker::removal::{Removal, remove_snapshot, remove_snapshot_named};

pub(super) async fn take(job: &mut Job, order: &Order, excluded: Vec<ClusterId>) -> Result<Flow> {
    let (volume, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(flow),
    };
    if overtaken(&volume) {
        return failed(job, order, "The volume was deleted while it was being created.").await;
    }
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    match settle(job, order, &client).await? {
        // From there on a volume may exist, so the way back to here ends now.
        Ok(_) => job.advance(order.at(CreateVolume::CreateRemote { excluded })).await,
        Err(flow) => Ok(flow),
    }
}

/// Makes sure that `for_clone_<id>` exists and is available; its UUID.
pub(super) async fn settle(
    job: &mut Job,
    order: &Order,
    client: &lightbits::Cluster,
) -> Result<std::result::Result<BackendUuid, Flow>> {
    let Source::Volume(source_id) = &order.source else {
        return Ok(Err(Flow::NeedsOperator("a clone without a source".to_owned())));
    };
    let source = job.bench.store.read().await?.find_volume(*source_id, None).await?;
    let location = source.and_then(|details| details.volume.location.clone());
    let Some((location, volume)) = location.and_then(|at| at.uuid.map(|uuid| (at, uuid))) else {
        return failed(job, order, "The source of the volume is gone.").await.map(Err);
    };
    let request = lightbits::CreateSnapshot {
        project: location.project.clone(),
        name: clone_snapshot_name(order.volume),
        volume,
        description: None,
    };
    let bench = job.bench.clone();
    let _turn = bench.turns.take(*source_id).await;
    let found = match client.settle_snapshot(Lane::User, &request).await {
        Settled::Found(Resolution::Adopt(snapshot)) => snapshot,
        Settled::Found(Resolution::Conflict(_, differs)) => {
            return finish::quarantine(job, order, &differs).await.map(Err);
        }
        Settled::Found(Resolution::Failed(_)) => {
            return failed(job, order, "The source could not be copied.").await.map(Err);
        }
        Settled::Found(Resolution::Deleting(_) | Resolution::Absent) => {
            return Ok(Err(Flow::Again(format!("{} is being deleted", request.name))));
        }
        Settled::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            return Ok(Err(Flow::Again(refusal.to_string())));
        }
        Settled::Refused(refusal) => {
            let message = format!("The source could not be copied: {}.", refusal.reason.as_str());
            return failed(job, order, &message).await.map(Err);
        }
        Settled::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            return Ok(Err(Flow::Again(trouble.to_string())));
        }
    };
    job.intermediate = Some(found.uuid);
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
    match drop_it(job, order).await? {
        Ok(()) => Ok(Flow::next(order.at(CreateVolume::Finish { uuid }))),
        Err(flow) => Ok(flow),
    }
}

/// Nothing named `for_clone_<id>` is left (or it is on its way out).
pub(super) async fn drop_it(job: &Job, order: &Order) -> Result<std::result::Result<(), Flow>> {
    let (_, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(Err(flow)),
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(Err(flow)),
    };
    let name = clone_snapshot_name(order.volume);
    let removal = match job.intermediate {
        Some(uuid) => remove_snapshot(job, &client, &location.project, uuid).await,
        None => remove_snapshot_named(job, &client, &location.project, &name).await,
    };
    Ok(match removal {
        Removal::Gone => Ok(()),
        Removal::Refused(refusal) => Err(Flow::Again(format!("{name}: {refusal}"))),
        Removal::Later(why) => Err(Flow::Again(format!("{name}: {why}"))),
    })
}
