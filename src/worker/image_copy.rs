//! Copies between images and a volume of ours that is kept for them: open the volume, copy, close
//! it again, whatever becomes of the copy.
//!
//! A copy is not begun again where it ended but at its beginning: what it leaves behind, the next
//! one writes over. It stops when this process does, and when something has overtaken the volume
//! (a delete by force, an administrator's reset).

use std::time::Duration;

use super::copying::{self, Missed, Place};
use super::flow::Flow;
use super::job::Job;
use crate::datapath::Disk;
use crate::domain::message::Reason;
use crate::domain::status::VolumeStatus;
use crate::domain::{Result, VolumeId};
use crate::image::{Failed, Glance};

/// How often the volume is looked at while it is copied.
const LOOK: Duration = Duration::from_secs(1);

/// What became of a copy.
pub(super) enum Copied {
    Done,
    /// The volume is no longer ours to copy.
    Overtaken,
    /// It will not succeed.
    Failed(Reason),
}

/// Where a copy goes on.
enum Ended {
    Copied(Result<(), Failed>),
    Overtaken,
    Stopped,
}

/// Runs `copy` over the open volume, which has this status for as long as it is ours.
///
/// # Errors
/// `Flow`: the step again, or later.
pub(super) async fn run(
    job: &Job,
    glance: &Glance,
    place: &Place,
    (volume, status): (VolumeId, VolumeStatus),
    copy: impl AsyncFnOnce(&Disk) -> Result<(), Failed>,
) -> Result<Result<Copied, Flow>> {
    let opened = match copying::open(job, place).await {
        Ok(opened) => opened,
        Err(Missed::NoDataPath) => return Ok(Ok(Copied::Failed(Reason::NoImageService))),
        Err(Missed::Gone) => {
            let why = "The volume is not on its cluster.".to_owned();
            return Ok(Ok(Copied::Failed(Reason::Other(why))));
        }
        Err(Missed::Wait(flow)) => return Ok(Err(flow)),
        Err(Missed::Trouble(trouble)) => {
            let ended = Ended::Copied(Err(Failed::Disk(trouble)));
            return Ok(match judge(job, glance, ended) {
                Ok(copied) => copying::leave(job, place).await.map(|()| copied),
                Err(flow) => Err(flow),
            });
        }
    };
    let ended = tokio::select! {
        copied = copy(&opened.disk) => Ended::Copied(copied),
        () = overtaken(job, volume, status) => Ended::Overtaken,
        () = job.bench.stop.cancelled() => Ended::Stopped,
    };
    if let Err(flow) = copying::close(job, place, opened).await {
        return Ok(Err(flow));
    }
    Ok(judge(job, glance, ended))
}

/// Returns when the volume has another status.
async fn overtaken(job: &Job, id: VolumeId, status: VolumeStatus) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Ok(mut session) = job.bench.store.read().await else { continue };
        match session.find_volume(id, None).await {
            Ok(Some(details)) if details.volume.status == status => {}
            Ok(_) => return,
            Err(_) => {}
        }
    }
}

fn judge(job: &Job, glance: &Glance, ended: Ended) -> Result<Copied, Flow> {
    let failed = match ended {
        Ended::Copied(Ok(())) => return Ok(Copied::Done),
        Ended::Overtaken => return Ok(Copied::Overtaken),
        Ended::Stopped => return Err(Flow::Again("this process is stopping".to_owned())),
        Ended::Copied(Err(failed)) => failed,
    };
    given_up(job, glance, &failed).map_or(Ok(()), Err)?;
    tracing::warn!(operation = %job.op.id, resource = job.op.resource_id, why = %failed, "a copy has failed");
    Ok(Copied::Failed(reason(failed)))
}

/// The step again, where that may help and has not been tried often enough.
pub(super) fn given_up(job: &Job, glance: &Glance, failed: &Failed) -> Option<Flow> {
    match failed {
        Failed::Disk(trouble) => copying::again(job, trouble),
        Failed::Source(why) if job.tries < glance.settings().retries => Some(Flow::Again(why.clone())),
        Failed::Source(_) | Failed::Unacceptable(_) | Failed::NotVerified | Failed::NoSpace(_) => None,
    }
}

/// What the user is told.
pub(super) fn reason(failed: Failed) -> Reason {
    match failed {
        Failed::Disk(_) => Reason::Other("The data of the volume cannot be reached.".to_owned()),
        Failed::Source(_) => Reason::NoImageService,
        Failed::Unacceptable(why) => Reason::Other(why),
        Failed::NotVerified => Reason::SignatureVerificationFailed,
        Failed::NoSpace(_) => Reason::NotEnoughSpaceForImage,
    }
}
