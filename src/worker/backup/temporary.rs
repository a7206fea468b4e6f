//! What is read in place of a volume in use, or of a snapshot: a clone on the same cluster, for the
//! time of the copy.
//!
//! Its names come from the backup's id, so whoever takes over finds what was made and removes it in
//! the end; until then the operation stays. Nothing of it is in the store but the reservation.

use super::Source;
use crate::domain::backup::Backup;
use crate::domain::operation::Lane;
use crate::domain::status::VolumeStatus;
use crate::domain::volume::{Location, Volume};
use crate::domain::{BackendUuid, BackupId, Metadata, Result};
use crate::lightbits::{self, Acl, Cluster, Reason, Resolution, Settled};
use crate::store::Reservation;
use crate::worker::copying;
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::remote::{Seen, await_snapshot, await_volume};
use crate::worker::removal::{Removal, living_volume, remove_snapshot_named, remove_volume};

pub(super) fn is_needed(source: &Source) -> bool {
    source.snapshot.is_some() || source.previous == VolumeStatus::InUse
}

fn volume_name(backup: BackupId) -> String {
    format!("backup_vol_{backup}")
}

fn snapshot_name(backup: BackupId) -> String {
    format!("backup_snap_{backup}")
}

/// Why there is none.
pub(super) enum Missing {
    Again(Flow),
    Never(String),
}

fn never(why: impl ToString) -> Missing {
    Missing::Never(why.to_string())
}

/// Makes sure that the clone is there and available.
pub(super) async fn make(
    job: &mut Job,
    backup: &Backup,
    source: &Source,
    volume: &Volume,
) -> Result<std::result::Result<copying::Place, Missing>> {
    let at = volume.location.clone().and_then(|at| at.uuid.map(|uuid| (at, uuid)));
    let Some((location, uuid)) = at else { return Ok(Err(never("the volume is on no cluster"))) };
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(Err(Missing::Again(flow))),
    };
    reserve(job, backup, &location).await?;
    let snapshot = match source.snapshot {
        Some(id) => {
            let found = job.bench.store.read().await?.find_snapshot(id, None).await?;
            found.and_then(|snapshot| snapshot.uuid).ok_or_else(|| never("the snapshot is on no cluster"))
        }
        None => snapshot(job, &client, backup, (volume, &location, uuid)).await,
    };
    let snapshot = match snapshot {
        Ok(snapshot) => snapshot,
        Err(missing) => return Ok(Err(missing)),
    };
    let request = lightbits::CreateVolume {
        project: location.project.clone(),
        name: volume_name(backup.id),
        size: backup.size.bytes(),
        replicas: location.replicas,
        compression: false,
        acl: Acl::Nobody,
        ip_acl: Acl::Nobody,
        source: Some(snapshot),
        qos: None,
        labels: Metadata::new(),
    };
    let settled = client.settle_volume(Lane::User, &request).await;
    let made = match settle(job, settled) {
        Ok(made) => made,
        Err(missing) => return Ok(Err(missing)),
    };
    let size = backup.size.bytes();
    Ok(match await_volume(job, &client, &location.project, made.uuid).await {
        Seen::Ready(ready) => {
            let location = Location { uuid: Some(ready.uuid), ..location };
            Ok(copying::Place { volume: None, location, uuid: ready.uuid, size })
        }
        Seen::Failed => Err(never("the volume could not be cloned for a backup")),
        Seen::Leaving | Seen::Missing => Err(wait(format!("{} is not there yet", request.name))),
        Seen::Pending(why) => Err(wait(why)),
        Seen::Trouble(trouble) => Err(wait(trouble.to_string())),
    })
}

const fn wait(why: String) -> Missing {
    Missing::Again(Flow::Again(why))
}

/// It takes room like any other volume.
async fn reserve(job: &Job, backup: &Backup, location: &Location) -> Result<()> {
    let reservation = &Reservation {
        operation_id: job.op.id,
        cluster_id: location.cluster_id,
        project: location.project.clone(),
        name: volume_name(backup.id),
        bytes: backup.size.bytes().times(location.replicas),
        expected_size: backup.size.bytes(),
        created_at: job.now(),
    };
    job.bench
        .store
        .write("reserve a clone for a backup", |tx, _| {
            Box::pin(async move {
                tx.release_reservation(job.op.id).await?;
                tx.insert_reservation(reservation).await
            })
        })
        .await
}

async fn snapshot(
    job: &mut Job,
    client: &Cluster,
    backup: &Backup,
    (volume, location, uuid): (&Volume, &Location, BackendUuid),
) -> std::result::Result<BackendUuid, Missing> {
    let request = lightbits::CreateSnapshot {
        project: location.project.clone(),
        name: snapshot_name(backup.id),
        volume: uuid,
        description: None,
    };
    let bench = job.bench.clone();
    let _turn = bench.turns.take(volume.id).await;
    let settled = client.settle_snapshot(Lane::User, &request).await;
    let made = settle(job, settled)?;
    match await_snapshot(job, client, &location.project, made.uuid).await {
        Seen::Ready(ready) => Ok(ready.uuid),
        Seen::Failed => Err(never("no snapshot could be taken for a backup")),
        Seen::Leaving | Seen::Missing => Err(wait(format!("{} is not there yet", request.name))),
        Seen::Pending(why) => Err(wait(why)),
        Seen::Trouble(trouble) => Err(wait(trouble.to_string())),
    }
}

fn settle<T>(job: &mut Job, settled: Settled<T>) -> std::result::Result<Box<T>, Missing> {
    match settled {
        Settled::Found(Resolution::Adopt(found)) => Ok(found),
        Settled::Found(Resolution::Conflict(_, differs)) => {
            Err(never(format!("something else bears the name of the clone for a backup ({differs})")))
        }
        Settled::Found(Resolution::Failed(_)) => Err(never("the cluster could not clone for a backup")),
        Settled::Found(Resolution::Deleting(_) | Resolution::Absent) => {
            Err(wait("an earlier clone is being deleted".to_owned()))
        }
        Settled::Refused(refusal) if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) => {
            Err(wait(refusal.to_string()))
        }
        Settled::Refused(refusal) => Err(never(refusal)),
        Settled::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            Err(wait(trouble.to_string()))
        }
    }
}

/// Removes what was made, or what may have been. `Some`: not yet.
pub(super) async fn remove(
    job: &Job,
    (backup, source): (BackupId, &Source),
    volume: Option<&Volume>,
) -> Option<Flow> {
    // Without its volume there is no cluster to look on: it cannot go while we are at work.
    let location = volume?.location.clone()?;
    if job.in_doubt() {
        return Some(Flow::Again("an earlier request may still land".to_owned()));
    }
    let client = match job.client(location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Some(flow),
    };
    let found = match living_volume(&client, &location.project, &volume_name(backup)).await {
        Ok(found) => found,
        Err(trouble) => return Some(Flow::Again(trouble.to_string())),
    };
    if let Some(found) = found
        && let Some(flow) = unless_gone(remove_volume(job, &client, &location.project, found.uuid).await)
    {
        return Some(flow);
    }
    if source.snapshot.is_some() {
        return None;
    }
    unless_gone(remove_snapshot_named(job, &client, &location.project, &snapshot_name(backup)).await)
}

fn unless_gone(removal: Removal) -> Option<Flow> {
    match removal {
        Removal::Gone => None,
        Removal::Refused(refusal) => Some(Flow::Again(refusal.to_string())),
        Removal::Later(why) => Some(Flow::Again(why)),
    }
}
