//! Telling Nova that a volume of its servers has grown, or is another. The volume is in order without it, so
//! nothing waits for it: an operation of its own, which gives up after a while and tells the user.

use super::flow::Flow;
use super::job::Job;
use crate::compute::Told;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::operation::ServerEvent;
use crate::domain::{Result, VolumeId};

/// How long Nova may be away before the user is told; restarts take less.
const PATIENCE_SECONDS: i64 = 120;

pub(super) async fn step(
    job: &Job,
    volume: VolumeId,
    servers: &[String],
    event: ServerEvent,
) -> Result<Flow> {
    let Some(compute) = &job.bench.settings.compute else {
        return give_up(job, volume, event, "this process knows no compute service").await;
    };
    let is_late = job.now() >= job.op.created_at.plus_seconds(PATIENCE_SECONDS);
    match compute.tell(servers, volume, event, &job.op.request_id).await {
        Ok(Told::Yes) => {
            job.bench.store.write("end a notification", |tx, _| Box::pin(job.end(tx))).await?;
            Ok(Flow::Done)
        }
        Ok(Told::No(why)) => give_up(job, volume, event, &why).await,
        Err(trouble) if is_late => give_up(job, volume, event, &trouble.to_string()).await,
        Err(trouble) => Ok(Flow::Again(trouble.to_string())),
    }
}

async fn give_up(job: &Job, volume: VolumeId, event: ServerEvent, why: &str) -> Result<Flow> {
    tracing::warn!(%volume, ?event, why, "Nova was not told of a change of a volume");
    let (action, reason) = match event {
        ServerEvent::Extended => (Action::ExtendVolume, &Reason::ComputeNotTold),
        ServerEvent::Reimaged => (Action::ReimageVolume, &Reason::ReimageNotTold),
    };
    job.bench
        .store
        .write("give up a notification", |tx, _| {
            Box::pin(async move {
                let what = (ResourceKind::Volume, volume.to_string());
                job.tell(tx, what, action, reason).await?;
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
