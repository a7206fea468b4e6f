//! Growing a volume. It stays on its cluster, which must have room for the growth: the same check
//! and the same kind of reservation as for a create.

use super::flow::Flow;
use super::job::Job;
use super::remote::{Seen, await_volume};
use crate::domain::message::{Action, Reason as Why};
use crate::domain::operation::{ExtendVolume, Lane, Operation, ServerEvent, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{Location, Volume};
use crate::domain::{BackendUuid, Bytes, Gib, Result, VolumeId};
use crate::lightbits::{Outcome, Reason, UpdateVolume};
use crate::placement::{self, Purpose, Request};
use crate::store::{Dispatch, PLACEMENT_LOCK, Reservation, Tx};

/// Looks (over some fifteen seconds) after which a volume is taken as not there: one may be stale.
const LOOKS: u32 = 10;

/// What stays the same over all steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub(super) volume: VolumeId,
    pub(super) new_size: Gib,
    pub(super) previous: VolumeStatus,
}

impl Growth {
    const fn at(self, step: ExtendVolume) -> Work {
        Work::ExtendVolume { volume: self.volume, new_size: self.new_size, previous: self.previous, step }
    }
}

pub(super) async fn step(job: &mut Job, growth: Growth, step: ExtendVolume) -> Result<Flow> {
    match step {
        ExtendVolume::Reserve => reserve(job, growth).await,
        ExtendVolume::ResizeRemote => resize(job, growth).await,
        ExtendVolume::AwaitSize => watch(job, growth).await,
        ExtendVolume::Finish => finish(job, growth).await,
        ExtendVolume::Fail { message } => fail(job, growth, VolumeStatus::ErrorExtending, &message).await,
    }
}

enum Reserved {
    Yes,
    /// The operation has ended.
    Ended,
    Later(String),
    NoRoom(String),
}

async fn reserve(job: &Job, growth: Growth) -> Result<Flow> {
    if job.is_being_read(growth.volume).await? {
        return Ok(Flow::Again("a snapshot or copy of the volume is still being made".to_owned()));
    }
    let store = &job.bench.store;
    let reserved = store
        .write_in_turn(PLACEMENT_LOCK, "reserve a growth", |tx, _| Box::pin(reserve_in(job, tx, growth)))
        .await?;
    match reserved {
        Reserved::Yes => Ok(Flow::next(growth.at(ExtendVolume::ResizeRemote))),
        Reserved::Ended => Ok(Flow::Done),
        Reserved::Later(why) => Ok(Flow::Again(why)),
        // Nothing was touched, so the volume is as good as before (as in Cinder).
        Reserved::NoRoom(why) => {
            let found = job.bench.store.read().await?.find_volume(growth.volume, None).await?;
            let before = found.and_then(|details| details.volume.previous_status);
            fail(job, growth, before.unwrap_or(growth.previous), &why).await
        }
    }
}

async fn reserve_in(job: &Job, tx: &mut Tx, growth: Growth) -> Result<Reserved> {
    tx.lock(PLACEMENT_LOCK).await?;
    let row = tx.volume(growth.volume).await?.filter(|row| row.status == VolumeStatus::Extending);
    let Some(row) = row else {
        job.end(tx).await?;
        return Ok(Reserved::Ended);
    };
    let Some(location) = row.location.clone() else {
        return Ok(Reserved::NoRoom("The volume has no place on a cluster.".to_owned()));
    };
    let bytes = growth.new_size.bytes().saturating_sub(row.size.bytes());
    let purpose = Purpose::Grow { owner: location.cluster_id, project: location.project.clone() };
    let mut request = Request::new(purpose, bytes, row.project_id.clone());
    request.replicas = Some(location.replicas);
    let decision = placement::decide(&request, &tx.clusters().await?);
    let Some(chosen) = &decision.chosen else {
        let why = decision.sentence();
        return Ok(if decision.may_pass() { Reserved::Later(why) } else { Reserved::NoRoom(why) });
    };
    tx.insert_reservation(&Reservation {
        operation_id: job.op.id,
        cluster_id: location.cluster_id,
        project: location.project.clone(),
        name: row.backend_name(),
        bytes: chosen.reserve,
        expected_size: growth.new_size.bytes(),
        created_at: job.now(),
    })
    .await?;
    job.save(tx, &growth.at(ExtendVolume::ResizeRemote), Some(location.cluster_id)).await?;
    Ok(Reserved::Yes)
}

/// The volume with its place, if it has one.
async fn placed(job: &Job, growth: Growth) -> Result<Option<(Volume, Location, BackendUuid)>> {
    let found = job.bench.store.read().await?.find_volume(growth.volume, None).await?;
    Ok(found.and_then(|details| {
        let volume = details.volume.clone();
        let location = volume.location.clone()?;
        let uuid = location.uuid?;
        Some((volume, location, uuid))
    }))
}

async fn resize(job: &mut Job, growth: Growth) -> Result<Flow> {
    let Some((_, location, uuid)) = placed(job, growth).await? else {
        return failed(job, growth, "The volume has no place on a cluster.").await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let current = match client.volume(Lane::User, &location.project, uuid).await {
        Ok(Some(current)) => current,
        Ok(None) if job.tries < LOOKS => {
            return Ok(Flow::Again("the cluster does not show the volume".to_owned()));
        }
        Ok(None) => return failed(job, growth, "The volume is not on its cluster.").await,
        Err(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    let size = growth.new_size.bytes();
    if current.size >= size {
        return Ok(Flow::next(growth.at(ExtendVolume::AwaitSize)));
    }
    let change = UpdateVolume { size: Some(size), if_match: current.etag, ..UpdateVolume::default() };
    match client.update_volume(Lane::User, &location.project, uuid, &change).await {
        Outcome::Done(()) => Ok(Flow::next(growth.at(ExtendVolume::AwaitSize))),
        // A stale ETag or an update under way: read again and look.
        Outcome::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            Ok(Flow::Again(refusal.to_string()))
        }
        Outcome::Refused(refusal) if job.tries < 3 => Ok(Flow::Again(refusal.to_string())),
        Outcome::Refused(refusal) => {
            let message = format!("The cluster refused the new size: {}.", refusal.reason.as_str());
            failed(job, growth, &message).await
        }
        Outcome::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            Ok(Flow::Again(trouble.to_string()))
        }
    }
}

/// The volume does not grow; once no request of ours can make it grow any more.
async fn failed(job: &Job, growth: Growth, message: &str) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier request may still land; then: {message}")));
    }
    job.advance(growth.at(ExtendVolume::Fail { message: message.to_owned() })).await
}

async fn watch(job: &mut Job, growth: Growth) -> Result<Flow> {
    let Some((_, location, uuid)) = placed(job, growth).await? else {
        return Ok(Flow::NeedsOperator("the volume has lost its place on a cluster".to_owned()));
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let size: Bytes = growth.new_size.bytes();
    Ok(match await_volume(job, &client, &location.project, uuid).await {
        Seen::Ready(volume) if volume.size >= size => Flow::next(growth.at(ExtendVolume::Finish)),
        // Accepted, but this server does not show it (or the update was lost): ask again.
        Seen::Ready(_) if job.tries < 5 => Flow::Again("the cluster still shows the old size".to_owned()),
        Seen::Ready(_) => Flow::next(growth.at(ExtendVolume::ResizeRemote)),
        Seen::Failed | Seen::Leaving => {
            return failed(job, growth, "The volume cannot be used on its cluster.").await;
        }
        Seen::Missing => Flow::Again("the cluster does not show the volume".to_owned()),
        Seen::Pending(why) => Flow::Again(why),
        Seen::Trouble(trouble) => Flow::Again(trouble.to_string()),
    })
}

async fn finish(job: &Job, growth: Growth) -> Result<Flow> {
    let news = job
        .bench
        .store
        .write("finish an extend", |tx, _| {
            Box::pin(async move {
                let mut news = None;
                if let Some(mut row) = tx.volume(growth.volume).await? {
                    row.size = growth.new_size;
                    if row.status == VolumeStatus::Extending {
                        // It may have been attached or detached meanwhile.
                        row.status = row.previous_status.take().unwrap_or(growth.previous);
                    }
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                    news = notification(job, tx, growth.volume).await?;
                }
                job.end(tx).await?;
                Ok(news)
            })
        })
        .await?;
    news.into_iter().for_each(|operation| job.bench.dispatch.announce(operation));
    Ok(Flow::Done)
}

/// The servers that use the volume have to look at its size again.
async fn notification(job: &Job, tx: &mut Tx, volume: VolumeId) -> Result<Option<Operation>> {
    if job.bench.settings.compute.is_none() {
        return Ok(None);
    }
    let mut servers: Vec<String> = tx
        .attachments_of(volume)
        .await?
        .into_iter()
        .filter(|attachment| attachment.status == AttachStatus::Attached)
        .filter_map(|attachment| attachment.instance_id)
        .collect();
    servers.dedup();
    if servers.is_empty() {
        return Ok(None);
    }
    let work = Work::NotifyCompute { volume, servers, event: ServerEvent::Extended };
    let operation = Dispatch::follow_up(&job.op, work, &job.bench.clock);
    job.bench.dispatch.insert(tx, &operation, &job.bench.clock).await?;
    Ok(Some(operation))
}

async fn fail(job: &Job, growth: Growth, status: VolumeStatus, message: &str) -> Result<Flow> {
    let why = &Why::Other(message.to_owned());
    job.bench
        .store
        .write("fail an extend", |tx, _| {
            Box::pin(job.fail_volume(tx, growth.volume, status, Action::ExtendVolume, why))
        })
        .await?;
    Ok(Flow::Done)
}
