//! Taking in a snapshot that is already on the cluster of one of our volumes. No release can
//! rename snapshots, so it keeps its name, and is known by its UUID.

use super::create_snapshot;
use super::flow::Flow;
use super::job::Job;
use super::list_remote::{projects, snapshot_hindrance};
use crate::domain::manageable::Reference;
use crate::domain::operation::Lane;
use crate::domain::snapshot::Snapshot;
use crate::domain::status::SnapshotStatus;
use crate::domain::volume::Location;
use crate::domain::{Result, SnapshotId};
use crate::lightbits;
use crate::store::{PLACEMENT_LOCK, Tx};

/// Looks after which a snapshot that is still being taken is not waited for any more.
const LOOKS: u32 = 10;

pub(super) async fn step(job: &mut Job, id: SnapshotId, reference: &Reference) -> Result<Flow> {
    let mut session = job.bench.store.read().await?;
    let row = session.find_snapshot(id, None).await?;
    let Some(row) = row.filter(|row| row.status == SnapshotStatus::Creating) else {
        return job.end_superseded().await;
    };
    let volume = session.find_volume(row.volume_id, None).await?;
    drop(session);
    let Some(location) = volume.and_then(|details| details.volume.location.clone()) else {
        return fail(job, id, "The volume of the snapshot is gone.").await;
    };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let known = projects(job, location.cluster_id).await?;
    let listed = match client.snapshots_everywhere(Lane::User, &known).await {
        Ok(listed) => listed,
        Err(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    let found = match pick(reference, &location, listed) {
        Ok(found) => found,
        Err(why) => return fail(job, id, &invalid(reference, &why)).await,
    };
    if let Some(why) = snapshot_hindrance(&found) {
        if job.tries < LOOKS {
            return Ok(Flow::Again(why));
        }
        return fail(job, id, &invalid(reference, &why)).await;
    }
    let (asking, found, location) = (&*job, &found, &location);
    let refused = job
        .bench
        .store
        .write("adopt a snapshot", |tx, _| Box::pin(bind(asking, tx, id, location, found)))
        .await?;
    match refused {
        None => Ok(Flow::Done),
        Some(why) => fail(job, id, &why).await,
    }
}

fn invalid(reference: &Reference, reason: &str) -> String {
    super::adopt_volume::invalid(reference, reason)
}

fn pick(
    reference: &Reference,
    location: &Location,
    listed: Vec<lightbits::Snapshot>,
) -> Result<lightbits::Snapshot, String> {
    if reference.name.is_none() && reference.id.is_none() {
        return Err("Reference must contain source-name or source-id element.".to_owned());
    }
    let of_volume = |snapshot: &lightbits::Snapshot| snapshot.source_volume_uuid == location.uuid;
    let meant = |snapshot: &lightbits::Snapshot| {
        reference.name.as_ref().is_none_or(|name| snapshot.name == *name)
            && reference.id.as_ref().is_none_or(|id| snapshot.uuid.to_string() == id.to_ascii_lowercase())
            && !snapshot.state.is_leaving()
    };
    let mut all: Vec<_> = listed.into_iter().filter(meant).collect();
    if all.is_empty() {
        return Err("Specified snapshot does not exist.".to_owned());
    }
    all.retain(of_volume);
    // Names are unique in a project, and all snapshots of a volume are in its project.
    all.pop().ok_or_else(|| "Specified snapshot is of another volume.".to_owned())
}

/// Why it cannot be had; `None`: it is ours, and the operation has ended.
async fn bind(
    job: &Job,
    tx: &mut Tx,
    id: SnapshotId,
    location: &Location,
    found: &lightbits::Snapshot,
) -> Result<Option<String>> {
    tx.lock(PLACEMENT_LOCK).await?;
    let row = tx.find_snapshot(id, None).await?.filter(|row| row.status == SnapshotStatus::Creating);
    let Some(mut row) = row else {
        job.end(tx).await?;
        return Ok(None);
    };
    if is_ours(tx, location, found).await? {
        let name = &found.name;
        return Ok(Some(format!("Unable to manage existing snapshot. Snapshot {name} already managed.")));
    }
    // Counted since the request as large as its volume, and it is no larger.
    adopt(job, &mut row, location, found);
    tx.update_snapshot(&row).await?;
    job.end(tx).await?;
    Ok(None)
}

fn adopt(job: &Job, row: &mut Snapshot, location: &Location, found: &lightbits::Snapshot) {
    row.volume_size = found.size.to_gib_ceil();
    row.cluster_id = Some(location.cluster_id);
    row.lightos_project = Some(location.project.clone());
    row.uuid = Some(found.uuid);
    row.status = SnapshotStatus::Available;
    row.progress = Some("100%".to_owned());
    row.updated_at = Some(job.now());
}

/// Also one that is being taken at this moment and whose UUID we do not know yet, and the
/// intermediate of a clone.
async fn is_ours(tx: &mut Tx, location: &Location, found: &lightbits::Snapshot) -> Result<bool> {
    if tx.snapshot_at(location.cluster_id, found.uuid).await?.is_some() {
        return Ok(true);
    }
    if let Some(id) = found.name.strip_prefix("snapshot-").and_then(|id| id.parse::<SnapshotId>().ok()) {
        let row = tx.find_snapshot(id, None).await?;
        return Ok(row.is_some_and(|row| row.cluster_id == Some(location.cluster_id)));
    }
    match found.name.strip_prefix("for_clone_").and_then(|id| id.parse().ok()) {
        Some(id) => Ok(tx.volume(id).await?.is_some()),
        None => Ok(false),
    }
}

async fn fail(job: &Job, id: SnapshotId, message: &str) -> Result<Flow> {
    tracing::warn!(snapshot = %id, message, "not adopted");
    create_snapshot::fail(job, id, message).await
}
