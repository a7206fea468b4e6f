//! The beginning of a move: its copy is ordered.

use super::Course;
use crate::domain::attachment::Attachment;
use crate::domain::message::Reason;
use crate::domain::operation::{CreateVolume, Hints, Moving, Operation, Source, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{ClusterId, Metadata, Result, Timestamp, VolumeId, VolumeTypeId};
use crate::store::{Dispatch, Tx};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

/// What the copy is to be.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) struct Destination {
    /// `None`: as the volume.
    pub(in crate::worker) volume_type: Option<VolumeTypeId>,
    pub(in crate::worker) at: Where,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::worker) enum Where {
    Only(ClusterId),
    /// There, if it can be had there; else wherever placement wants it. (So does Cinder's scheduler
    /// with a volume that needs another place for its new type.)
    Preferably(ClusterId),
}

/// How it begins.
pub(in crate::worker) enum Departure {
    Begun(Flow),
    /// Nothing was changed.
    Refused(Reason),
    /// Called off before it began.
    Overtaken,
}

enum Ordered {
    Begun(Box<(Work, Operation)>),
    Refused(Reason),
    Overtaken,
}

/// The volume is `migrating`, its copy is there as a row with the operation that makes it, and the
/// move waits for that: all in one transaction.
pub(in crate::worker) async fn depart(
    job: &Job,
    course: Course,
    destination: Destination,
) -> Result<Departure> {
    let id = VolumeId::random();
    let ordered = job
        .bench
        .store
        .write("order a copy", |tx, _| Box::pin(order(job, tx, course, id, destination)))
        .await?;
    Ok(match ordered {
        Ordered::Refused(reason) => Departure::Refused(reason),
        Ordered::Overtaken => Departure::Overtaken,
        Ordered::Begun(begun) => {
            let (work, create) = *begun;
            job.bench.dispatch.announce(create);
            Departure::Begun(Flow::next(work))
        }
    })
}

async fn order(
    job: &Job,
    tx: &mut Tx,
    course: Course,
    id: VolumeId,
    destination: Destination,
) -> Result<Ordered> {
    let found = tx.volume(course.volume()).await?.filter(|row| course.is_on(row));
    let Some(mut volume) = found else { return Ok(Ordered::Overtaken) };
    let attachments = tx.attachments_of(volume.id).await?;
    let attached = !attachments.is_empty() || volume.attach_status == AttachStatus::Attached;
    let by_servers = |it: &Attachment| it.status == AttachStatus::Attached && it.instance_id.is_some();
    let nova_can = job.bench.settings.compute.is_some() && attachments.iter().all(by_servers);
    if attached && !(nova_can && volume.attach_status == AttachStatus::Attached) {
        let why = "The volume is attached, and Nova cannot be asked to copy it.";
        return Ok(Ordered::Refused(Reason::Other(why.to_owned())));
    }
    let copy = copy_of(tx, &volume, id, destination.volume_type, job.now()).await?;
    let hints = match place(job, tx, &copy, destination.at).await? {
        Ok(hints) => hints,
        Err(reason) => return Ok(Ordered::Refused(reason)),
    };
    volume.migration_status = Some("migrating".to_owned());
    tx.update_volume(&volume).await?;
    tx.insert_volume(&copy).await?;
    let step = CreateVolume::Place { excluded: Vec::new() };
    let create = Work::CreateVolume { volume: id, source: Source::Blank, hints, step };
    let create = Dispatch::follow_up(&job.op, create, &job.bench.clock);
    job.bench.dispatch.insert(tx, &create, &job.bench.clock).await?;
    let work = course.at(Moving::AwaitCopy { copy: id });
    job.save(tx, &work, job.op.cluster_id).await?;
    Ok(Ordered::Begun(Box::new((work, create))))
}

/// Where to let it be placed, or why nowhere.
async fn place(
    job: &Job,
    tx: &mut Tx,
    copy: &Volume,
    at: Where,
) -> Result<std::result::Result<Hints, Reason>> {
    let only = |only| Hints { only, ..Hints::default() };
    let choices = match at {
        Where::Only(target) => vec![only(Some(target))],
        Where::Preferably(here) => vec![only(Some(here)), only(None)],
    };
    let mut refusal = Reason::NoValidBackend;
    for hints in choices {
        match crate::worker::create_volume::preview(job, tx, copy, hints.clone()).await? {
            Ok(decision) if decision.chosen.is_some() => return Ok(Ok(hints)),
            Ok(decision) => refusal = Reason::NoBackendBecause(decision.sentence()),
            Err(why) => refusal = Reason::Other(why),
        }
    }
    Ok(Err(refusal))
}

async fn copy_of(
    tx: &mut Tx,
    volume: &Volume,
    id: VolumeId,
    new_type: Option<VolumeTypeId>,
    now: Timestamp,
) -> Result<Volume> {
    let mut copy = Volume {
        id,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: Some(format!("target:{}", volume.id)),
        consumes_quota: false,
        snapshot_id: None,
        source_volid: None,
        group_id: None,
        admin_metadata: Metadata::new(),
        location: None,
        created_at: now,
        updated_at: None,
        version: 0,
        ..volume.clone()
    };
    if let Some(new) = new_type
        && let Some(found) = tx.find_type(new).await?
    {
        let specs = TypeSpecs::parse(&found.extra_specs).unwrap_or_default();
        copy.volume_type_id = Some(new);
        copy.multiattach = specs.multiattach;
        if !specs.availability_zones.is_empty() {
            copy.availability_zone = None;
        }
    }
    Ok(copy)
}
