//! Waiting for a cluster to do what it has accepted.

use std::time::Duration;

use super::job::Job;
use crate::domain::operation::Lane;
use crate::domain::{BackendUuid, LightosProject};
use crate::lightbits::{Cluster, Snapshot, SnapshotState, Trouble, Volume, VolumeState};

/// First look after this long; then half as long again each time.
const FIRST_LOOK: Duration = Duration::from_millis(4);
const LONGEST_LOOK: Duration = Duration::from_millis(500);
/// After this long the operation's own repetition takes over (and leaves a note).
const PATIENCE: Duration = Duration::from_secs(20);

/// What an object came to while it was watched.
#[derive(Debug)]
pub(super) enum Seen<T> {
    Ready(Box<T>),
    Failed,
    Leaving,
    /// 404. One API server may lag behind another: no proof by itself.
    Missing,
    /// Still on its way when patience ended.
    Pending(String),
    Trouble(Trouble),
}

pub(super) async fn await_volume(
    job: &Job,
    client: &Cluster,
    project: &LightosProject,
    uuid: BackendUuid,
) -> Seen<Volume> {
    let mut look = FIRST_LOOK;
    let mut waited = Duration::ZERO;
    loop {
        let state = match client.volume(Lane::User, project, uuid).await {
            Err(trouble) => return Seen::Trouble(trouble),
            Ok(None) => return Seen::Missing,
            Ok(Some(volume)) if volume.state.is_ready() => return Seen::Ready(Box::new(volume)),
            Ok(Some(volume)) if volume.state == VolumeState::Failed => return Seen::Failed,
            Ok(Some(volume)) if volume.state.is_leaving() => return Seen::Leaving,
            Ok(Some(volume)) => volume.state,
        };
        if waited > PATIENCE || job.bench.stop.is_cancelled() {
            return Seen::Pending(format!("the volume is still {state:?} on its cluster"));
        }
        tokio::time::sleep(look).await;
        waited += look;
        look = look.mul_f64(1.5).min(LONGEST_LOOK);
    }
}

pub(super) async fn await_snapshot(
    job: &Job,
    client: &Cluster,
    project: &LightosProject,
    uuid: BackendUuid,
) -> Seen<Snapshot> {
    let mut look = FIRST_LOOK;
    let mut waited = Duration::ZERO;
    loop {
        let state = match client.snapshot(Lane::User, project, uuid).await {
            Err(trouble) => return Seen::Trouble(trouble),
            Ok(None) => return Seen::Missing,
            Ok(Some(snapshot)) if snapshot.state == SnapshotState::Available => {
                return Seen::Ready(Box::new(snapshot));
            }
            Ok(Some(snapshot)) if snapshot.state == SnapshotState::Failed => return Seen::Failed,
            Ok(Some(snapshot)) if snapshot.state.is_leaving() => return Seen::Leaving,
            Ok(Some(snapshot)) => snapshot.state,
        };
        if waited > PATIENCE || job.bench.stop.is_cancelled() {
            return Seen::Pending(format!("the snapshot is still {state:?} on its cluster"));
        }
        tokio::time::sleep(look).await;
        waited += look;
        look = look.mul_f64(1.5).min(LONGEST_LOOK);
    }
}
