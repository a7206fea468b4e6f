//! A volume that servers have is not copied here: they write to it. Nova is asked to copy it to the
//! new volume and to let the servers change over, and says by `os-migrate_volume_completion` what
//! has become of it. With the asking, this move ends.
//!
//! Nova reserves the new volume before it answers. So a refusal of what has been asked before
//! (nobody heard the answer) is told from one of the first by that.

use super::{Course, Pair, fails, look};
use crate::compute::Told;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::{Result, VolumeId};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// Tries after which a Nova that does not answer is not waited for any longer.
const MOST_TRIES: u32 = 8;

pub(super) async fn ask(job: &Job, course: Course, copy: VolumeId) -> Result<Flow> {
    let Pair { volume, copy: row } = match look(job, course, copy).await? {
        Ok(pair) => pair,
        Err(why) => return fails(job, course, copy, why).await,
    };
    if is_taken(&row) {
        return end(job).await;
    }
    let servers = job.bench.store.read().await?.attachments_of(volume.id).await?;
    let servers = servers.into_iter().filter(|it| it.status == AttachStatus::Attached);
    let servers: Vec<String> = servers.filter_map(|attachment| attachment.instance_id).collect();
    let Some(compute) = job.bench.settings.compute.as_ref().filter(|_| !servers.is_empty()) else {
        return fails(job, course, copy, "No server that has the volume can be asked to copy it").await;
    };
    for server in &servers {
        match compute.swap_volume(server, (volume.id, copy), &job.op.request_id).await {
            Ok(Told::Yes) => {}
            Ok(Told::No(why)) => {
                tracing::warn!(volume = %volume.id, why, "Nova does not copy a volume");
                if look(job, course, copy).await?.is_ok_and(|pair| is_taken(&pair.copy)) {
                    return end(job).await;
                }
                return fails(job, course, copy, "The compute service does not copy the volume").await;
            }
            Err(trouble) if job.missed() <= MOST_TRIES => return Ok(Flow::Again(trouble.to_string())),
            Err(trouble) => {
                tracing::warn!(volume = %volume.id, %trouble, "Nova cannot be asked to copy a volume");
                return fails(job, course, copy, "The compute service cannot be reached").await;
            }
        }
    }
    end(job).await
}

fn is_taken(copy: &Volume) -> bool {
    copy.status != VolumeStatus::Available || copy.attach_status != AttachStatus::Detached
}

/// The volume goes on migrating; Nova has it in hand.
async fn end(job: &Job) -> Result<Flow> {
    job.bench.store.write("hand a move over", |tx, _| Box::pin(job.end(tx))).await?;
    Ok(Flow::Done)
}
