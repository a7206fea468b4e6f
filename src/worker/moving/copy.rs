//! The data goes over.

use std::time::Duration;

use tokio::time::Instant;

use super::{Course, Pair, fails, look, transfer};
use crate::datapath::{Disk, Trouble};
use crate::domain::cluster::Observed;
use crate::domain::operation::Moving;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::{ClusterId, Result, VolumeId};
use crate::worker::copying::{self, Missed, Opened, Place};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// How often it is written down how far the copy has come.
const CHECKPOINT: Duration = Duration::from_secs(10);
/// Tries after which a cluster that nobody reaches is not waited for any longer.
const AWAY_TRIES: u32 = 6;

/// The copy is being made.
pub(super) async fn wait(job: &Job, course: Course, copy: VolumeId) -> Result<Flow> {
    let Pair { volume, copy: row } = match look(job, course, copy).await? {
        Ok(pair) => pair,
        Err(why) => return fails(job, course, copy, why).await,
    };
    match row.status {
        VolumeStatus::Available if volume.attach_status == AttachStatus::Attached => {
            job.advance(course.at(Moving::AskCompute { copy })).await
        }
        VolumeStatus::Available => job.advance(course.at(Moving::Copy { copy, done: 0 })).await,
        VolumeStatus::Creating => Ok(Flow::Again("the volume that it is copied to is being made".to_owned())),
        _ => fails(job, course, copy, "The volume could not be made at its destination").await,
    }
}

pub(super) async fn copy(job: &mut Job, course: Course, copy: VolumeId, done: u64) -> Result<Flow> {
    let pair = match look(job, course, copy).await? {
        Ok(pair) => pair,
        Err(why) => return fails(job, course, copy, why).await,
    };
    let places = Place::of(&pair.volume).zip(Place::of(&pair.copy));
    let Some((from, to)) = places.filter(|_| pair.copy.status == VolumeStatus::Available) else {
        return fails(job, course, copy, "The volume cannot be copied as it is").await;
    };
    let source = match copying::open(job, &from).await {
        Ok(opened) => opened,
        Err(missed) => return not_open(job, course, copy, (missed, &from)).await,
    };
    let target = match copying::open_beside(job, &to, &source).await {
        Ok(opened) => opened,
        Err(missed) => return not_open(job, course, copy, (missed, &to)).await,
    };
    let work = Carriage { course, copy, size: from.size.0 };
    let carried = work.carry(job, (&source.disk, &target.disk), done).await?;
    match carried {
        Carried::All => {}
        Carried::Stopped => return Ok(Flow::Again("this process is stopping".to_owned())),
        Carried::Ended(why) => return fails(job, course, copy, why).await,
        Carried::Trouble(trouble) => return not_now(job, course, copy, &trouble).await,
    }
    match close(job, [(&to, target), (&from, source)]).await {
        Ok(()) => job.advance(course.at(Moving::Arrive { copy })).await,
        Err(flow) => Ok(flow),
    }
}

async fn close(job: &Job, both: [(&Place, Opened); 2]) -> std::result::Result<(), Flow> {
    for (place, opened) in both {
        copying::close(job, place, opened).await?;
    }
    Ok(())
}

async fn not_open(
    job: &Job,
    course: Course,
    copy: VolumeId,
    (missed, place): (Missed, &Place),
) -> Result<Flow> {
    match missed {
        Missed::NoDataPath => fails(job, course, copy, "There is no data path to copy the volume by").await,
        Missed::Gone => fails(job, course, copy, "The volume is not on its cluster").await,
        Missed::Trouble(trouble) => not_now(job, course, copy, &trouble).await,
        // A cluster that does not answer us now will in a while; one that the pollers have given
        // up may be gone for long.
        Missed::Wait(flow) => {
            if !is_away(job, place.location.cluster_id).await? || job.missed() <= AWAY_TRIES {
                return Ok(flow);
            }
            fails(job, course, copy, "A cluster that is needed for it cannot be reached").await
        }
    }
}

async fn is_away(job: &Job, cluster: ClusterId) -> Result<bool> {
    let clusters = job.bench.store.read().await?.clusters().await?;
    let observed = clusters.iter().find(|view| view.id == cluster).map(|view| view.observed);
    Ok(!matches!(observed, Some(Observed::Reachable | Observed::Suspect | Observed::Recovering)))
}

async fn not_now(job: &Job, course: Course, copy: VolumeId, trouble: &Trouble) -> Result<Flow> {
    match copying::again(job, trouble) {
        Some(flow) => Ok(flow),
        None => {
            tracing::error!(volume = %course.volume(), %trouble, "the copy of a volume is given up");
            fails(job, course, copy, "The data of the volume could not be copied").await
        }
    }
}

/// What is carried from disk to disk.
struct Carriage {
    course: Course,
    copy: VolumeId,
    size: u64,
}

enum Carried {
    All,
    /// The process is to end; how far it came is written down.
    Stopped,
    /// The move was called off.
    Ended(&'static str),
    Trouble(Trouble),
}

impl Carriage {
    async fn carry(&self, job: &mut Job, (from, to): (&Disk, &Disk), done: u64) -> Result<Carried> {
        let mut at = done;
        loop {
            let stop = job.bench.stop.clone();
            let began = Instant::now();
            let enough = move || stop.is_cancelled() || began.elapsed() >= CHECKPOINT;
            at = match self.part(from, to, at, enough).await {
                Ok(at) => at,
                Err(trouble) => return Ok(Carried::Trouble(trouble)),
            };
            if let Some(why) = self.write_down(job, at).await? {
                return Ok(Carried::Ended(why));
            }
            if at >= self.size {
                return Ok(Carried::All);
            }
            if job.bench.stop.is_cancelled() {
                return Ok(Carried::Stopped);
            }
        }
    }

    /// Only what was flushed counts.
    async fn part(
        &self,
        from: &Disk,
        to: &Disk,
        at: u64,
        enough: impl Fn() -> bool,
    ) -> std::result::Result<u64, Trouble> {
        let at = transfer::copy(from, to, at..self.size, enough).await?;
        to.flush().await?;
        Ok(at)
    }

    /// Whoever takes the operation over goes on from there. Why not to go on, if so.
    async fn write_down(&self, job: &mut Job, done: u64) -> Result<Option<&'static str>> {
        let work = self.course.at(Moving::Copy { copy: self.copy, done });
        job.advance(work.clone()).await?;
        job.op.work = work;
        job.found();
        Ok(look(job, self.course, self.copy).await?.err())
    }
}
