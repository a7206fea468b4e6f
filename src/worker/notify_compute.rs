//! Telling Nova that a volume of its servers has grown. The volume is in order without it, so
//! nothing waits for it: an operation of its own, which gives up after a while and tells the user.

use super::flow::Flow;
use super::job::Job;
use crate::compute::Told;
use crate::domain::message::{Action, Reason, ResourceKind};
use crate::domain::{Result, VolumeId};

/// How long Nova may be away before the user is told; restarts take less.
const PATIENCE_SECONDS: i64 = 120;

pub(super) async fn step(job: &Job, volume: VolumeId, servers: &[String]) -> Result<Flow> {
    let Some(compute) = &job.bench.settings.compute else {
        return give_up(job, volume, "this process knows no compute service").await;
    };
    let is_late = job.now() >= job.op.created_at.plus_seconds(PATIENCE_SECONDS);
    match compute.volume_extended(servers, volume, &job.op.request_id).await {
        Ok(Told::Yes) => {
            job.bench.store.write("end a notification", |tx, _| Box::pin(job.end(tx))).await?;
            Ok(Flow::Done)
        }
        Ok(Told::No(why)) => give_up(job, volume, &why).await,
        Err(trouble) if is_late => give_up(job, volume, &trouble.to_string()).await,
        Err(trouble) => Ok(Flow::Again(trouble.to_string())),
    }
}

async fn give_up(job: &Job, volume: VolumeId, why: &str) -> Result<Flow> {
    tracing::warn!(%volume, why, "Nova was not told that a volume has grown");
    job.bench
        .store
        .write("give up a notification", |tx, _| {
            Box::pin(async move {
                let what = (ResourceKind::Volume, volume.to_string());
                job.tell(tx, what, Action::ExtendVolume, &Reason::ComputeNotTold).await?;
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
