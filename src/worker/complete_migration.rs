//! The end of a migration whose data somebody has copied: the volume takes the place of the one it
//! was copied to, and that one takes the old place with it when it is deleted.
//!
//! To its users the volume stays what it was, with its id; on its new cluster it keeps the name that
//! its id there gave it (`Location::name_id`). All of that is rows, and one transaction: a process
//! that dies leaves the two as they were or as they are to be. What clusters have to do follows as
//! operations of their own, inserted with it: the hosts of the old place are taken off, then it goes.
//!
//! Who is attached afterwards goes by who attached how. In the way of attachments Nova has made its
//! own to the new volume, and they come along. In the old way the host was told of the new volume
//! and nothing was written down, so the attachments of the old one go on to stand for it.

use super::flow::Flow;
use super::job::Job;
use crate::domain::attachment::{Attachment, Connector, volume_after};
use crate::domain::operation::{CopyOutcome, DeleteVolume, Operation, OperationStatus, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{ATTACHED_MODE, Location, Volume};
use crate::domain::{Result, VolumeId};
use crate::store::{Dispatch, Tx};

/// The volume, and the one that its data was copied to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) volume: VolumeId,
    pub(super) copy: VolumeId,
}

enum Outcome {
    Waits(&'static str),
    /// With what follows.
    Ended(Vec<Operation>),
}

pub(super) async fn step(job: &Job, pair: Pair, copied: CopyOutcome) -> Result<Flow> {
    let outcome = job
        .bench
        .store
        .write("complete a migration", |tx, _| Box::pin(complete(job, tx, pair, copied)))
        .await?;
    match outcome {
        Outcome::Waits(why) => Ok(Flow::Again(why.to_owned())),
        Outcome::Ended(next) => {
            next.into_iter().for_each(|operation| job.bench.dispatch.announce(operation));
            Ok(Flow::Done)
        }
    }
}

async fn complete(job: &Job, tx: &mut Tx, pair: Pair, copied: CopyOutcome) -> Result<Outcome> {
    let target = format!("target:{}", pair.volume);
    let (volume, copy) = (tx.volume(pair.volume).await?, tx.volume(pair.copy).await?);
    let next = match (volume, copy) {
        // An administrator's reset, or another completion, was faster.
        (Some(volume), _) if volume.migration_status.as_deref() != Some("completing") => Vec::new(),
        (None, _) => Vec::new(),
        (Some(volume), Some(copy)) if copy.migration_status.as_deref() == Some(&*target) => {
            let made = copy.location.clone().filter(|place| place.uuid.is_some());
            match made.filter(|_| copied == CopyOutcome::Copied) {
                Some(place) => {
                    if is_being_connected(tx, pair).await? {
                        return Ok(Outcome::Waits("a host is still being let in or taken off"));
                    }
                    take_over(job, tx, volume, copy, place).await?
                }
                None => {
                    stay(job, tx, volume).await?;
                    give_up(job, tx, copy).await?
                }
            }
        }
        (Some(volume), _) => {
            stay(job, tx, volume).await?;
            Vec::new()
        }
    };
    job.end(tx).await?;
    Ok(Outcome::Ended(next))
}

/// A connection that is on its way was meant for the place that the volume has now.
async fn is_being_connected(tx: &mut Tx, pair: Pair) -> Result<bool> {
    for id in [pair.volume, pair.copy] {
        let open = |op: &Operation| {
            matches!(op.work, Work::Connect { .. } | Work::Disconnect { .. })
                && op.status == OperationStatus::Open
        };
        if tx.operations_of(&id.to_string()).await?.iter().any(open) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The volume is left where and as it was.
async fn stay(job: &Job, tx: &mut Tx, mut volume: Volume) -> Result<()> {
    volume.migration_status = Some("error".to_owned());
    volume.status = volume.previous_status.unwrap_or(volume.status);
    volume.updated_at = Some(job.now());
    tx.update_volume(&volume).await
}

/// A copy that is of no use goes, unless somebody is at work on it.
pub(super) async fn give_up(job: &Job, tx: &mut Tx, copy: Volume) -> Result<Vec<Operation>> {
    if copy.attach_status == AttachStatus::Attached {
        tracing::warn!(volume = %copy.id, "left of a migration that failed, and attached: it is not deleted");
        return Ok(Vec::new());
    }
    discard(job, tx, copy).await.map(|operation| vec![operation])
}

async fn discard(job: &Job, tx: &mut Tx, mut copy: Volume) -> Result<Operation> {
    copy.previous_status = Some(copy.status);
    copy.status = VolumeStatus::Deleting;
    copy.updated_at = Some(job.now());
    tx.update_volume(&copy).await?;
    let step = DeleteVolume::DeleteRemote;
    follow(job, tx, Work::DeleteVolume { volume: copy.id, cascade: false, step }).await
}

async fn follow(job: &Job, tx: &mut Tx, work: Work) -> Result<Operation> {
    let operation = Dispatch::follow_up(&job.op, work, &job.bench.clock);
    job.bench.dispatch.insert(tx, &operation, &job.bench.clock).await?;
    Ok(operation)
}

/// The volume moves; with what follows from that.
pub(super) async fn take_over(
    job: &Job,
    tx: &mut Tx,
    mut volume: Volume,
    mut copy: Volume,
    place: Location,
) -> Result<Vec<Operation>> {
    let before = volume.previous_status.unwrap_or(volume.status);
    let old = tx.attachments_of(volume.id).await?;
    let hosts: Vec<Connector> = old.iter().filter_map(|attachment| attachment.connector.clone()).collect();
    let stay = stay_attached(tx, (&volume, before), &copy, old).await?;
    let mut all = stay.clone();
    for mut attachment in tx.attachments_of(copy.id).await? {
        attachment.volume_id = volume.id;
        attachment.updated_at = Some(job.now());
        tx.update_attachment(&attachment).await?;
        all.push(attachment);
    }

    let left = volume.location.take();
    volume.location = Some(renamed(place, copy.id, volume.id));
    copy.location = left.map(|left| renamed(left, volume.id, copy.id));
    for row in [&volume, &copy] {
        let name = row.location.as_ref().and_then(|place| place.name.as_deref());
        tx.set_backend_name(row.id, name).await?;
    }
    std::mem::swap(&mut volume.availability_zone, &mut copy.availability_zone);
    std::mem::swap(&mut volume.size, &mut copy.size);
    volume.volume_type_id = copy.volume_type_id;
    volume.multiattach = copy.multiattach;

    let (status, attach_status) = volume_after(&all);
    volume.previous_status = Some(volume.status);
    volume.status = match before {
        VolumeStatus::InUse | VolumeStatus::Available => status,
        other => other,
    };
    volume.attach_status = attach_status;
    let mode = copy.admin_metadata.remove(ATTACHED_MODE).or(volume.admin_metadata.remove(ATTACHED_MODE));
    let mode = mode.filter(|_| attach_status == AttachStatus::Attached);
    volume.admin_metadata.extend(mode.map(|mode| (ATTACHED_MODE.to_owned(), mode)));
    volume.migration_status = Some("success".to_owned());
    volume.updated_at = Some(job.now());
    tx.update_volume(&volume).await?;

    copy.description = Some(format!("migration src for {}", volume.id));
    copy.migration_status = Some("deleting".to_owned());
    copy.attach_status = AttachStatus::Detached;
    let mut next = Vec::new();
    for connector in hosts {
        next.push(follow(job, tx, Work::Disconnect { volume: copy.id, attachment: None, connector }).await?);
    }
    next.push(discard(job, tx, copy).await?);
    for attachment in stay {
        let Some(connector) = attachment.connector else { continue };
        let work = Work::Connect { volume: volume.id, attachment: Some(attachment.id), connector };
        next.push(follow(job, tx, work).await?);
    }
    Ok(next)
}

/// The attachments of the old place that stay with the volume. (The conditions are Cinder's.)
async fn stay_attached(
    tx: &mut Tx,
    (volume, before): (&Volume, VolumeStatus),
    copy: &Volume,
    old: Vec<Attachment>,
) -> Result<Vec<Attachment>> {
    use VolumeStatus as S;
    let in_use = before == S::InUse && volume.status != S::Available;
    if !in_use || matches!(copy.status, S::Available | S::Reserved | S::Attaching) {
        return Ok(old);
    }
    for attachment in old {
        tx.delete_attachment(attachment.id).await?;
    }
    Ok(Vec::new())
}

/// A place in the hands of another volume; its name there stays.
fn renamed(place: Location, from: VolumeId, to: VolumeId) -> Location {
    let name_id = Some(place.name_id.unwrap_or(from)).filter(|id| *id != to);
    Location { name_id, ..place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BackendUuid, ClusterId, LightosProject};

    #[test]
    fn a_place_keeps_its_name_from_hand_to_hand() {
        let [one, two, three] = [(); 3].map(|()| VolumeId::random());
        let place = Location {
            cluster_id: ClusterId::random(),
            project: LightosProject::new("default"),
            replicas: 2,
            uuid: Some(BackendUuid::random()),
            name_id: None,
            name: None,
        };
        let second = renamed(place.clone(), one, two);
        assert_eq!(second.name_id, Some(one));
        assert_eq!(renamed(second.clone(), two, three).name_id, Some(one));
        assert_eq!(renamed(second, two, one), place, "back where its name comes from");
    }
}
