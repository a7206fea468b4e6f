//! Making the volume one of ours on its cluster. Everything is asked for until it shows, and what
//! a release cannot do is left as it is, except the size: it is what we tell the user.

use super::{Order, overtaken, unbind};
use crate::domain::operation::{AdoptVolume, Lane};
use crate::domain::qos::Throttle;
use crate::domain::status::VolumeStatus;
use crate::domain::volume::{Location, Volume, volume_name};
use crate::domain::{BackendUuid, LightosProject, Result};
use crate::lightbits::{self, Acl, Outcome, QosRef, Reason, UpdateVolume};
use crate::store::Tx;
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::list_remote::is_open;
use crate::worker::policy::{Policy, settle_change, throttle_of};
use crate::worker::relabel::wished;
use crate::worker::remote::{Seen, await_volume};

/// Tries after which what is still not as wished is taken as it is.
const TRIES: u32 = 6;
/// Looks after which a volume that does not show is taken as gone: one may be stale.
const LOOKS: u32 = 10;

async fn bound(job: &Job, order: &Order) -> Result<Option<(Volume, Location, BackendUuid)>> {
    let found = job.bench.store.read().await?.find_volume(order.volume, None).await?;
    Ok(found.filter(|details| details.volume.status == VolumeStatus::Managing).and_then(|details| {
        let volume = details.volume.clone();
        let location = volume.location.clone()?;
        let uuid = location.uuid?;
        Some((volume, location, uuid))
    }))
}

pub(super) async fn settle(job: &mut Job, order: &Order) -> Result<Flow> {
    let Some((volume, location, uuid)) = bound(job, order).await? else { return overtaken(job, order).await };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let present = match await_volume(job, &client, &location.project, uuid).await {
        Seen::Ready(present) => present,
        Seen::Missing if job.tries < LOOKS => {
            return Ok(Flow::Again("the cluster does not show the volume".to_owned()));
        }
        Seen::Missing | Seen::Failed | Seen::Leaving => {
            return Ok(order.failed("The volume has gone from its cluster while it was taken in."));
        }
        Seen::Pending(why) => return Ok(Flow::Again(why)),
        Seen::Trouble(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    let qos = match qos_of(job, order, &client, &volume, &location.project).await? {
        Ok(qos) => qos,
        Err(flow) => return Ok(flow),
    };
    let settled = || Flow::next(order.at(AdoptVolume::Finish { name: present.name.clone() }));
    let Some(change) = change(&volume, &present, qos) else { return Ok(settled()) };
    let must = change.size.is_some() || change.acl.is_some() || change.qos.is_some();
    match client.update_volume(Lane::User, &location.project, uuid, &change).await {
        // It takes effect later, or on an old release not at all: look again.
        Outcome::Done(()) if job.tries < TRIES || must => {
            Ok(Flow::Again("the cluster has not made it ours yet".to_owned()))
        }
        Outcome::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            Ok(Flow::Again(trouble.to_string()))
        }
        Outcome::Refused(refusal)
            if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) || job.tries < TRIES =>
        {
            Ok(Flow::Again(refusal.to_string()))
        }
        Outcome::Refused(refusal) if must => Ok(order
            .failed(format!("The cluster refused to make the volume ours: {}.", refusal.reason.as_str()))),
        // A rename that nobody answered may still land, and then the name would be wrong.
        Outcome::Done(()) | Outcome::Refused(_) if job.in_doubt() => {
            Ok(Flow::Again("an earlier change may still land".to_owned()))
        }
        Outcome::Done(()) | Outcome::Refused(_) => Ok(settled()),
    }
}

/// The policy that the type names; where it names none the volume keeps what it has.
async fn qos_of(
    job: &mut Job,
    order: &Order,
    client: &lightbits::Cluster,
    volume: &Volume,
    project: &LightosProject,
) -> Result<std::result::Result<Option<uuid::Uuid>, Flow>> {
    let throttle = throttle_of(&mut job.bench.store.read().await?, volume.volume_type_id).await?;
    let throttle = match throttle {
        Ok(Throttle::Default) => return Ok(Ok(None)),
        Ok(throttle) => throttle,
        Err(why) => return Ok(Err(order.failed(format!("The volume type cannot be used: {why}.")))),
    };
    Ok(match settle_change(job, client, project, &throttle).await? {
        Policy::Found(policy) => Ok(Some(policy.uuid)),
        Policy::Later(why) => Err(Flow::Again(why)),
        Policy::Refused(refusal) if job.tries < TRIES => Err(Flow::Again(refusal.to_string())),
        Policy::Refused(refusal) => {
            Err(order
                .failed(format!("The cluster refused the QoS of the type: {}.", refusal.reason.as_str())))
        }
    })
}

/// What is to be changed, given what is there; `None`: nothing.
fn change(volume: &Volume, present: &lightbits::Volume, qos: Option<uuid::Uuid>) -> Option<UpdateVolume> {
    let name = volume_name(volume.id);
    let size = volume.size.bytes();
    let open = is_open(&present.acl) || is_open(&present.ip_acl);
    let change = UpdateVolume {
        new_name: (present.name != name).then_some(name),
        size: (present.size < size).then_some(size),
        labels: wished(volume, &present.labels),
        qos: qos.filter(|wanted| present.qos_policy_uuid != Some(*wanted)).map(QosRef::Uuid),
        // Whom our attachments do not let in is not let in.
        acl: open.then_some(Acl::Nobody),
        ip_acl: open.then_some(Acl::Nobody),
        ..UpdateVolume::default()
    };
    (change != UpdateVolume::default()).then(|| UpdateVolume { if_match: present.etag.clone(), ..change })
}

pub(super) async fn finish(job: &Job, order: &Order, name: &str) -> Result<Flow> {
    let done =
        job.bench.store.write("finish an adoption", |tx, _| Box::pin(finish_in(job, tx, order, name))).await;
    done.map(|()| Flow::Done)
}

async fn finish_in(job: &Job, tx: &mut Tx, order: &Order, name: &str) -> Result<()> {
    let row = tx.volume(order.volume).await?.filter(|row| row.status == VolumeStatus::Managing);
    let Some(mut row) = row else {
        unbind(tx, order.volume).await?;
        tx.release_reservation(job.op.id).await?;
        return job.end(tx).await;
    };
    let own = volume_name(row.id);
    if let Some(location) = &row.location {
        // That of our growth, and one that a former life of the volume here has left.
        for former in location.name.iter().chain([&own]) {
            tx.rename_reservations(location.cluster_id, former, name).await?;
        }
    }
    let kept = (name != own).then_some(name);
    tx.set_backend_name(row.id, kept).await?;
    row.status = VolumeStatus::Available;
    row.updated_at = Some(job.now());
    tx.update_volume(&row).await?;
    job.end(tx).await
}
