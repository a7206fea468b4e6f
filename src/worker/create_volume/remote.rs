//! The create itself, and watching it become available.

use super::{Order, elsewhere, failed, finish, overtaken, placed};
use crate::domain::cluster::{Cluster as ClusterView, Observed, Tenancy};
use crate::domain::operation::{CreateVolume, Lane, Source};
use crate::domain::qos::Throttle;
use crate::domain::volume::{Location, Volume};
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{BackendUuid, ClusterId, Result};
use crate::lightbits::{self, Acl, Outcome, QosRef, Reason, Refusal, Resolution, Settled, Trouble};
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::policy::{self, Policy, throttle_of};
use crate::worker::relabel::own_labels;
use crate::worker::remote::{Seen, await_volume};

/// Tries after which a cluster that is only busy, or answers nothing at all, is left for another
/// (where no data is waiting, and never in doubt).
const BUSY_TRIES: u32 = 8;
/// The same for one that cannot be connected to although its polls are answered.
const AWAY_TRIES: u32 = 2;
/// Looks (over more than half a minute) after which a clone that was accepted is taken as lost.
const LOST_TRIES: u32 = 12;

pub(super) async fn create(job: &mut Job, order: &Order, excluded: Vec<ClusterId>) -> Result<Flow> {
    let (volume, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(flow),
    };
    if overtaken(&volume) && !job.bound {
        return failed(job, order, "The volume was deleted while it was being created.").await;
    }
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let request = match request(job, order, (&volume, &location), &client, &excluded).await? {
        Ok(request) => request,
        Err(flow) => return Ok(flow),
    };
    let settled = if job.bound {
        client.settle_volume(Lane::User, &request).await
    } else {
        first(&client, &request).await
    };
    match settled {
        Settled::Found(Resolution::Adopt(found)) => adopted(job, order, &found, excluded).await,
        Settled::Found(Resolution::Failed(_)) => elsewhere(job, order, location.cluster_id, excluded).await,
        Settled::Found(Resolution::Conflict(_, differs)) => finish::quarantine(job, order, &differs).await,
        Settled::Found(Resolution::Deleting(_) | Resolution::Absent) => {
            Ok(Flow::Again(format!("{} is being deleted on its cluster", request.name)))
        }
        Settled::Refused(refusal) => refused(job, order, location.cluster_id, refusal, excluded).await,
        Settled::Unknown(trouble) => unknown(job, order, location.cluster_id, trouble, excluded).await,
    }
}

/// Nothing was ever sent for this name, so there is nothing to look for before creating it.
async fn first(client: &lightbits::Cluster, request: &lightbits::CreateVolume) -> Settled<lightbits::Volume> {
    match client.create_volume(Lane::User, request).await {
        Outcome::Done(volume) => Settled::Found(Resolution::Adopt(Box::new(volume))),
        Outcome::Refused(refusal) if refusal.reason == Reason::AlreadyExists => {
            client.settle_volume(Lane::User, request).await
        }
        Outcome::Refused(refusal) => Settled::Refused(refusal),
        Outcome::Unknown(trouble) => Settled::Unknown(trouble),
    }
}

/// It exists. For a clone that is written down before anything else.
async fn adopted(
    job: &mut Job,
    order: &Order,
    found: &lightbits::Volume,
    excluded: Vec<ClusterId>,
) -> Result<Flow> {
    job.bound = true;
    let work = order.at(CreateVolume::AwaitAvailable { uuid: found.uuid, excluded });
    if matches!(order.source, Source::Volume(_)) {
        return job.advance(work).await;
    }
    if found.state.is_ready() {
        return Ok(Flow::next(order.at(there(order, found.uuid))));
    }
    Ok(Flow::next(work))
}

/// The step after the volume is available on its cluster.
const fn there(order: &Order, uuid: BackendUuid) -> CreateVolume {
    match order.source {
        Source::Volume(_) => CreateVolume::DropIntermediate { uuid },
        Source::Image(_) | Source::Backup(_) => CreateVolume::Fill { uuid },
        Source::Blank | Source::Snapshot(_) => CreateVolume::Finish { uuid },
    }
}

async fn refused(
    job: &mut Job,
    order: &Order,
    cluster: ClusterId,
    refusal: Refusal,
    excluded: Vec<ClusterId>,
) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier create may still land; the cluster says: {refusal}")));
    }
    let passing = matches!(refusal.reason, Reason::Busy | Reason::Exhausted);
    if passing && job.tries < BUSY_TRIES {
        return Ok(Flow::Again(refusal.to_string()));
    }
    tracing::warn!(%cluster, volume = %order.volume, %refusal, "create refused");
    if !order.source.is_on_a_cluster() {
        return elsewhere(job, order, cluster, excluded).await;
    }
    // A copy cannot go anywhere else.
    let message = format!("The cluster of the source refused the volume: {}.", refusal.reason.as_str());
    failed(job, order, &message).await
}

async fn unknown(
    job: &mut Job,
    order: &Order,
    cluster: ClusterId,
    trouble: Trouble,
    excluded: Vec<ClusterId>,
) -> Result<Flow> {
    if !trouble.is_unsent() {
        job.bound = true;
        job.doubt();
        return Ok(Flow::Again(trouble.to_string()));
    }
    // Never sent, now or before: the volume is free to go elsewhere. Once sent it may be there,
    // however long the cluster has been away since.
    let free = !job.bound && !order.source.is_on_a_cluster();
    if free {
        let clusters = job.bench.store.read().await?.clusters().await?;
        let observed = clusters.iter().find(|view| view.id == cluster).map(|view| view.observed);
        if is_left(&trouble, job.tries, observed) {
            return elsewhere(job, order, cluster, excluded).await;
        }
    }
    Ok(Flow::Again(trouble.to_string()))
}

/// Whether to give a cluster up that a blank volume was never sent to. One that answers its polls
/// is asked again: when a burst opens many connections at once some come late, and to leave for
/// that would undo an even spread.
fn is_left(trouble: &Trouble, tries: u32, observed: Option<Observed>) -> bool {
    match trouble {
        Trouble::Saturated { .. } => false,
        Trouble::Unreachable { .. } if observed != Some(Observed::Reachable) => true,
        Trouble::Unreachable { .. } => tries >= AWAY_TRIES,
        _ => tries >= BUSY_TRIES,
    }
}

pub(super) async fn watch(
    job: &mut Job,
    order: &Order,
    uuid: BackendUuid,
    excluded: Vec<ClusterId>,
) -> Result<Flow> {
    let (_, location) = match placed(job, order).await? {
        Ok(found) => found,
        Err(flow) => return Ok(flow),
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    match await_volume(job, &client, &location.project, uuid).await {
        Seen::Ready(_) => Ok(Flow::next(order.at(there(order, uuid)))),
        Seen::Failed if !order.source.is_on_a_cluster() => {
            elsewhere(job, order, location.cluster_id, excluded).await
        }
        Seen::Failed => failed(job, order, "The cluster of the source could not make the volume.").await,
        // Somebody deleted it behind our back; that is not ours to repeat.
        Seen::Leaving => {
            failed(job, order, "The volume was deleted on its cluster while it was being created.").await
        }
        Seen::Missing if job.tries >= BUSY_TRIES && !matches!(order.source, Source::Volume(_)) => {
            Ok(Flow::next(order.at(CreateVolume::CreateRemote { excluded })))
        }
        // A clone is not made twice: its intermediate may be gone already.
        Seen::Missing if job.tries >= LOST_TRIES => {
            failed(job, order, "The volume has vanished from its cluster.").await
        }
        Seen::Missing => Ok(Flow::Again("the cluster does not show the volume it has accepted".to_owned())),
        Seen::Pending(why) => Ok(Flow::Again(why)),
        Seen::Trouble(trouble) => Ok(Flow::Again(trouble.to_string())),
    }
}

/// The same volume gives the same request, whoever asks and however often.
async fn request(
    job: &mut Job,
    order: &Order,
    (volume, location): (&Volume, &Location),
    client: &lightbits::Cluster,
    excluded: &[ClusterId],
) -> Result<std::result::Result<lightbits::CreateVolume, Flow>> {
    let mut session = job.bench.store.read().await?;
    let specs = match volume.volume_type_id {
        Some(id) => session.find_type(id).await?.and_then(|t| TypeSpecs::parse(&t.extra_specs).ok()),
        None => None,
    }
    .unwrap_or_default();
    let throttle = throttle_of(&mut session, volume.volume_type_id).await?;
    let view = session.clusters().await?.into_iter().find(|view| view.id == location.cluster_id);
    let snapshot = match &order.source {
        Source::Snapshot(id) => session.find_snapshot(*id, None).await?,
        Source::Blank | Source::Volume(_) | Source::Image(_) | Source::Backup(_) => None,
    };
    // No connection to the database is held over a call to a cluster.
    drop(session);
    let source = match &order.source {
        Source::Blank | Source::Image(_) | Source::Backup(_) => None,
        Source::Snapshot(_) => match snapshot.and_then(|snapshot| snapshot.uuid) {
            Some(uuid) => Some(uuid),
            None => {
                return failed(job, order, "The source of the volume is gone.").await.map(Err);
            }
        },
        Source::Volume(_) => match super::intermediate::settle(job, order, client).await? {
            Ok(uuid) => Some(uuid),
            Err(flow) => return Ok(Err(flow)),
        },
    };
    if let Some(view) = &view
        && let Err(flow) = ensure_project(view, location, client).await
    {
        return Ok(Err(flow));
    }
    let qos = match policy_for(job, order, location.cluster_id, client, throttle, excluded).await? {
        Ok(qos) => qos,
        Err(flow) => return Ok(Err(flow)),
    };
    let compression = view.is_some_and(|view| view.traits.default_compression);
    Ok(Ok(lightbits::CreateVolume {
        project: location.project.clone(),
        name: volume.backend_name(),
        size: volume.size.bytes(),
        replicas: location.replicas,
        compression: specs.compression.unwrap_or(compression),
        // Nobody may connect until somebody attaches it.
        acl: Acl::Nobody,
        ip_acl: Acl::Nobody,
        source,
        qos,
        labels: own_labels(volume),
    }))
}

/// The policy to name, made first where it has to be.
async fn policy_for(
    job: &mut Job,
    order: &Order,
    cluster: ClusterId,
    client: &lightbits::Cluster,
    throttle: std::result::Result<Throttle, String>,
    excluded: &[ClusterId],
) -> Result<std::result::Result<Option<QosRef>, Flow>> {
    let throttle = match throttle {
        Ok(throttle) => throttle,
        Err(why) => {
            let message = format!("The volume type cannot be used: {why}.");
            return failed(job, order, &message).await.map(Err);
        }
    };
    match policy::settle(job, client, &throttle).await? {
        Policy::Found(qos) => Ok(Ok(qos)),
        Policy::Later(why) => Ok(Err(Flow::Again(why))),
        Policy::Refused(refusal) => refused(job, order, cluster, refusal, excluded.to_vec()).await.map(Err),
    }
}

/// One Lightbits project per Keystone project is made on demand.
async fn ensure_project(
    view: &ClusterView,
    location: &Location,
    client: &lightbits::Cluster,
) -> std::result::Result<(), Flow> {
    if view.traits.tenancy != Tenancy::PerProject {
        return Ok(());
    }
    match client.project(Lane::User, &location.project).await {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {}
        Err(trouble) => return Err(Flow::Again(trouble.to_string())),
    }
    match client.create_project(Lane::User, &location.project, "made by hearth").await {
        Outcome::Done(_) => Ok(()),
        Outcome::Refused(refusal) if refusal.reason == Reason::AlreadyExists => Ok(()),
        Outcome::Refused(refusal) => Err(Flow::Again(format!("project {}: {refusal}", location.project))),
        Outcome::Unknown(trouble) => Err(Flow::Again(trouble.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_answers_its_polls_is_not_left_at_the_first_connection_that_fails() {
        let away = Trouble::Unreachable { tried: String::new() };
        let left = |trouble: &Trouble, tries, observed| is_left(trouble, tries, Some(observed));
        assert!(!left(&away, 0, Observed::Reachable) && !left(&away, 1, Observed::Reachable));
        assert!(left(&away, AWAY_TRIES, Observed::Reachable));
        assert!(left(&away, 0, Observed::Unreachable) && left(&away, 0, Observed::Suspect));
        assert!(is_left(&away, 0, None));
        let full = Trouble::Saturated { lane: "user" };
        assert!(!left(&full, 100, Observed::Unreachable), "our own queue says nothing about the cluster");
        let expired = Trouble::Credentials("expired".to_owned());
        assert!(!left(&expired, AWAY_TRIES, Observed::Reachable));
        assert!(left(&expired, BUSY_TRIES, Observed::Reachable));
    }
}
