//! Watching what the operations of the members come to.

use std::time::Duration;

use crate::domain::status::{SnapshotStatus, VolumeStatus};
use crate::domain::{GroupId, GroupSnapshotId, Result};
use crate::store::Session;
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// First look after this long; then half as long again each time.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(500);
/// After this long the operation's own repetition takes over (and leaves a note).
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose members.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole {
    Group(GroupId),
    Snapshot(GroupSnapshotId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    /// An operation is at work on it.
    Busy,
    Good,
    Bad,
}

impl From<VolumeStatus> for Member {
    fn from(status: VolumeStatus) -> Self {
        use VolumeStatus as S;
        match status {
            S::Creating | S::Downloading | S::Deleting => Self::Busy,
            S::Error | S::ErrorDeleting => Self::Bad,
            _ => Self::Good,
        }
    }
}

impl From<SnapshotStatus> for Member {
    fn from(status: SnapshotStatus) -> Self {
        use SnapshotStatus as S;
        match status {
            S::Creating | S::Deleting => Self::Busy,
            S::Error | S::ErrorDeleting => Self::Bad,
            _ => Self::Good,
        }
    }
}

/// The members once none of them is under way any more.
pub(super) async fn ended(job: &Job, whole: Whole) -> Result<std::result::Result<Vec<Member>, Flow>> {
    let mut look = FIRST_LOOK;
    let mut waited = Duration::ZERO;
    loop {
        let members = members(&mut job.bench.store.read().await?, whole).await?;
        let busy = members.iter().filter(|member| **member == Member::Busy).count();
        if busy == 0 {
            return Ok(Ok(members));
        }
        if waited > PATIENCE || job.bench.stop.is_cancelled() {
            return Ok(Err(Flow::Again(format!("{busy} of {} members are still under way", members.len()))));
        }
        tokio::time::sleep(look).await;
        waited += look;
        look = look.mul_f64(1.5).min(LONGEST_LOOK);
    }
}

async fn members(session: &mut Session, whole: Whole) -> Result<Vec<Member>> {
    Ok(match whole {
        Whole::Group(id) => session.member_statuses(id).await?.into_iter().map(Member::from).collect(),
        Whole::Snapshot(id) => session.snapshot_statuses(id).await?.into_iter().map(Member::from).collect(),
    })
}
