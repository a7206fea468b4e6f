//! What a name stands for on its cluster: the way out of an unknown outcome
//! (`federation` §2.5).
//!
//! Names are unique per project and made from fresh ids, so whatever bears our name is ours, or
//! somebody has meddled. Finding nothing proves nothing while a request may still be on its way,
//! and reads on another API server may lag. The fence is to *create again under the same name*:
//! after an answer of 200 or 409 exactly one live object bears it. That is what `settle_volume`
//! and `settle_snapshot` do; they are safe to repeat and to resume after a crash.

use crate::domain::Bytes;
use crate::domain::operation::Lane;

use super::client::Cluster;
use super::error::{Outcome, Reason, Refusal, Trouble};
use super::requests::{CreateSnapshot, CreateVolume, Deleting, ListFilter};
use super::{Snapshot, SnapshotState, Volume, VolumeState};

/// The unit to which clusters round sizes up.
const BLOCK: u64 = 4096;

/// What bears the name now.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution<T> {
    /// What was asked for, alive (perhaps still `Creating`).
    Adopt(Box<T>),
    /// Something else under our name: hands off, a person has to look. The text says what differs.
    Conflict(Box<T>, String),
    /// The cluster gave up on it. The husk of a volume cannot be deleted and does not block the
    /// name.
    Failed(Box<T>),
    /// It is on its way out. A snapshot's name stays taken until it is gone, a volume's does not.
    Deleting(Box<T>),
    /// Nothing, as far as this API server knows. **No proof** while a create may be on its way.
    Absent,
}

/// What came of making sure that an object exists.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Settled<T> {
    /// Something bears the name; `Absent` never occurs here.
    Found(Resolution<T>),
    /// The create was definitely refused and nothing bears the name. If an *earlier* create of
    /// this name ended unknown less than a call's deadline ago, settle once more before the
    /// object is taken elsewhere.
    Refused(Refusal),
    /// Stay on this cluster and settle again later.
    Unknown(Trouble),
}

impl Cluster {
    /// Looks up by name and compares size, project and source with the request.
    pub async fn resolve_volume(
        &self,
        lane: Lane,
        request: &CreateVolume,
    ) -> Result<Resolution<Volume>, Trouble> {
        let Some(volume) = self.volume_by_name(lane, &request.project, &request.name).await? else {
            return Ok(Resolution::Absent);
        };
        if !volume.state.is_leaving() && volume.state != VolumeState::Failed {
            return Ok(judge_volume(request, volume));
        }
        // A dead one may hide a living one of the same name (`lightbits-api` §3.3).
        let filter = ListFilter {
            project: Some(request.project.clone()),
            name: Some(request.name.clone()),
            deleting: Deleting::Hidden,
            ..ListFilter::default()
        };
        let named = self.volume_page(lane, &filter, None).await?;
        let living = named.into_iter().find(|other| {
            other.name == request.name && !other.state.is_leaving() && other.state != VolumeState::Failed
        });
        Ok(judge_volume(request, living.unwrap_or(volume)))
    }

    /// Makes sure that the volume exists: adopts what bears its name or creates it.
    pub async fn settle_volume(&self, lane: Lane, request: &CreateVolume) -> Settled<Volume> {
        match self.resolve_volume(lane, request).await {
            // A husk or a leaving volume does not block the name, but it is this very intent's:
            // whether to try again is for the caller to say.
            Ok(Resolution::Absent) => {}
            Ok(found) => return Settled::Found(found),
            Err(trouble) => return Settled::Unknown(trouble),
        }
        match self.create_volume(lane, request).await {
            Outcome::Done(volume) => Settled::Found(judge_volume(request, volume)),
            Outcome::Unknown(trouble) => Settled::Unknown(trouble),
            Outcome::Refused(refusal) if refusal.reason == Reason::AlreadyExists => {
                after_conflict(refusal, self.resolve_volume(lane, request).await)
            }
            Outcome::Refused(refusal) => Settled::Refused(refusal),
        }
    }

    /// Looks up by name and compares project and source volume with the request.
    pub async fn resolve_snapshot(
        &self,
        lane: Lane,
        request: &CreateSnapshot,
    ) -> Result<Resolution<Snapshot>, Trouble> {
        let found = self.snapshot_by_name(lane, &request.project, &request.name).await?;
        Ok(found.map_or(Resolution::Absent, |snapshot| judge_snapshot(request, snapshot)))
    }

    /// Makes sure that the snapshot exists: adopts what bears its name or creates it.
    pub async fn settle_snapshot(&self, lane: Lane, request: &CreateSnapshot) -> Settled<Snapshot> {
        match self.resolve_snapshot(lane, request).await {
            Ok(Resolution::Absent) => {}
            Ok(found) => return Settled::Found(found),
            Err(trouble) => return Settled::Unknown(trouble),
        }
        match self.create_snapshot(lane, request).await {
            Outcome::Done(snapshot) => Settled::Found(judge_snapshot(request, snapshot)),
            Outcome::Unknown(trouble) => Settled::Unknown(trouble),
            Outcome::Refused(refusal) if refusal.reason == Reason::AlreadyExists => {
                after_conflict(refusal, self.resolve_snapshot(lane, request).await)
            }
            Outcome::Refused(refusal) => Settled::Refused(refusal),
        }
    }
}

/// The name was said to be taken, so it must be found; if not, this server's view lags.
fn after_conflict<T>(refusal: Refusal, found: Result<Resolution<T>, Trouble>) -> Settled<T> {
    match found {
        Ok(Resolution::Absent) => Settled::Unknown(Trouble::Refused(refusal)),
        Ok(found) => Settled::Found(found),
        Err(trouble) => Settled::Unknown(trouble),
    }
}

fn judge_volume(request: &CreateVolume, volume: Volume) -> Resolution<Volume> {
    let differs = volume_difference(request, &volume);
    let volume = Box::new(volume);
    match (volume.state, differs) {
        (_, Some(difference)) => Resolution::Conflict(volume, difference),
        (VolumeState::Failed, None) => Resolution::Failed(volume),
        (state, None) if state.is_leaving() => Resolution::Deleting(volume),
        (_, None) => Resolution::Adopt(volume),
    }
}

fn volume_difference(request: &CreateVolume, volume: &Volume) -> Option<String> {
    let wanted = Bytes(request.size.0.div_ceil(BLOCK).saturating_mul(BLOCK));
    if volume.size != wanted && volume.size != request.size {
        return Some(format!("its size is {} bytes, not {}", volume.size.0, wanted.0));
    }
    if let Some(project) = volume.project.as_ref().filter(|project| **project != request.project) {
        return Some(format!("it is in project {project}, not {}", request.project));
    }
    let source =
        |uuid: Option<_>| uuid.map_or_else(|| "nothing".to_owned(), |uuid| format!("snapshot {uuid}"));
    if volume.source_snapshot_uuid != request.source {
        let (is, wanted) = (source(volume.source_snapshot_uuid), source(request.source));
        return Some(format!("it was made from {is}, not from {wanted}"));
    }
    None
}

fn judge_snapshot(request: &CreateSnapshot, snapshot: Snapshot) -> Resolution<Snapshot> {
    let differs = snapshot_difference(request, &snapshot);
    let snapshot = Box::new(snapshot);
    match (snapshot.state, differs) {
        (_, Some(difference)) => Resolution::Conflict(snapshot, difference),
        (SnapshotState::Failed, None) => Resolution::Failed(snapshot),
        (state, None) if state.is_leaving() => Resolution::Deleting(snapshot),
        (_, None) => Resolution::Adopt(snapshot),
    }
}

fn snapshot_difference(request: &CreateSnapshot, snapshot: &Snapshot) -> Option<String> {
    if let Some(project) = snapshot.project.as_ref().filter(|project| **project != request.project) {
        return Some(format!("it is in project {project}, not {}", request.project));
    }
    match snapshot.source_volume_uuid {
        Some(volume) if volume != request.volume => {
            Some(format!("it is of volume {volume}, not of {}", request.volume))
        }
        _ => None,
    }
}
