//! Getting rid of an object on a cluster.
//!
//! By UUID, and without looking first where that is known: a read may come from an API server
//! that lags behind and does not show the object yet; a delete is answered by the cluster's own
//! state. Only where a release cannot tell a failed delete from one of nothing does looking
//! decide, and then only after several looks.

use super::job::Job;
use crate::domain::operation::Lane;
use crate::domain::{BackendUuid, LightosProject};
use crate::lightbits::{
    Cluster, Deleting, ListFilter, Outcome, Reason, Refusal, SnapshotState, Trouble, Volume, VolumeState,
};

/// Looks that have to agree that an object is not there, when no delete has said so.
const LOOKS: u32 = 6;

/// The same for something that is looked for by name, because no answer has told its UUID.
pub(super) const LOOKS_BY_NAME: u32 = 3;

pub(super) enum Removal {
    /// Gone, or on its way out.
    Gone,
    /// The object lives and the cluster does not let go of it.
    Refused(Refusal),
    /// Not known; ask again.
    Later(String),
}

/// What a look at the object said.
enum Look {
    Leaving,
    Lives,
    Missing,
    Blind(Trouble),
}

pub(super) async fn remove_volume(
    job: &Job,
    client: &Cluster,
    project: &LightosProject,
    uuid: BackendUuid,
) -> Removal {
    let outcome = client.delete_volume(Lane::User, project, uuid).await;
    if is_gone(&outcome) {
        return Removal::Gone;
    }
    let look = match client.volume(Lane::User, project, uuid).await {
        // A husk cannot be deleted; it takes no space and goes by itself.
        Ok(Some(volume)) if volume.state.is_leaving() || volume.state == VolumeState::Failed => Look::Leaving,
        Ok(Some(_)) => Look::Lives,
        Ok(None) => Look::Missing,
        Err(trouble) => Look::Blind(trouble),
    };
    conclude(job, outcome, look)
}

pub(super) async fn remove_snapshot(
    job: &Job,
    client: &Cluster,
    project: &LightosProject,
    uuid: BackendUuid,
) -> Removal {
    let outcome = client.delete_snapshot(Lane::User, project, uuid).await;
    if is_gone(&outcome) {
        return Removal::Gone;
    }
    let look = match client.snapshot(Lane::User, project, uuid).await {
        Ok(Some(found)) if found.state.is_leaving() || found.state == SnapshotState::Failed => Look::Leaving,
        Ok(Some(_)) => Look::Lives,
        Ok(None) => Look::Missing,
        Err(trouble) => Look::Blind(trouble),
    };
    conclude(job, outcome, look)
}

/// The same for a snapshot of which only the name is known.
pub(super) async fn remove_snapshot_named(
    job: &Job,
    client: &Cluster,
    project: &LightosProject,
    name: &str,
) -> Removal {
    match client.snapshot_by_name(Lane::User, project, name).await {
        Ok(Some(found)) if found.state.is_leaving() || found.state == SnapshotState::Failed => Removal::Gone,
        Ok(Some(found)) => remove_snapshot(job, client, project, found.uuid).await,
        // The API server that was asked may not show it yet.
        Ok(None) if job.missed() >= LOOKS_BY_NAME => Removal::Gone,
        Ok(None) => Removal::Later("looking once more that it is not there".to_owned()),
        Err(trouble) => Removal::Later(trouble.to_string()),
    }
}

/// The living volume of a name; one that is being deleted may hide it from a look by name.
pub(super) async fn living_volume(
    client: &Cluster,
    project: &LightosProject,
    name: &str,
) -> Result<Option<Volume>, Trouble> {
    let lives = |volume: &Volume| !volume.state.is_leaving() && volume.state != VolumeState::Failed;
    match client.volume_by_name(Lane::User, project, name).await? {
        None => return Ok(None),
        Some(volume) if lives(&volume) => return Ok(Some(volume)),
        Some(_) => {}
    }
    let filter = ListFilter {
        project: Some(project.clone()),
        name: Some(name.to_owned()),
        deleting: Deleting::Hidden,
        ..ListFilter::default()
    };
    let named = client.volume_page(Lane::User, &filter, None).await?;
    Ok(named.into_iter().find(|volume| volume.name == name && lives(volume)))
}

fn is_gone(outcome: &Outcome<()>) -> bool {
    matches!(outcome, Outcome::Done(()))
        || matches!(outcome, Outcome::Refused(refusal) if refusal.reason == Reason::NotFound)
}

fn conclude(job: &Job, outcome: Outcome<()>, look: Look) -> Removal {
    match (outcome, look) {
        (Outcome::Done(()), _) | (_, Look::Leaving) => Removal::Gone,
        (Outcome::Unknown(trouble), Look::Missing) if trouble.is_unsent() => {
            Removal::Later(trouble.to_string())
        }
        (_, Look::Missing) if job.missed() >= LOOKS => Removal::Gone,
        (Outcome::Refused(refusal), Look::Lives) => Removal::Refused(refusal),
        (Outcome::Refused(refusal), Look::Missing) => Removal::Later(refusal.to_string()),
        (Outcome::Unknown(trouble), _) | (_, Look::Blind(trouble)) => Removal::Later(trouble.to_string()),
    }
}
