//! Changing the type of a volume where it is: its QoS policy and its compression can be changed
//! on its cluster, and whatever only the gateway knows of. Everything else (another cluster,
//! project or number of replicas, encryption) needs the data to be moved.
//!
//! A volume keeps its type, and its status comes back, when the new one cannot be had.

use super::flow::Flow;
use super::job::Job;
use super::moving::{self, Course, Departure, Destination, Where};
use super::policy::{self, Policy, throttle_of};
use super::remote::{Seen, await_volume};
use crate::domain::cluster::Tenancy;
use crate::domain::message::{Action, Reason as Why, ResourceKind};
use crate::domain::operation::{Lane, MigrationPolicy, RetypeVolume, Work};
use crate::domain::qos::Throttle;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{Location, Volume};
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{Bytes, Result, VolumeId, VolumeTypeId};
use crate::lightbits::{self, Outcome, QosRef, Reason, UpdateVolume};
use crate::placement::{self, Purpose, Request};
use crate::store::Session;

/// Looks after which a volume is taken as not there, or a refusal as meant: one may be stale.
const LOOKS: u32 = 8;

/// What stays the same over all steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) volume: VolumeId,
    pub(super) new_type: VolumeTypeId,
    pub(super) previous: VolumeStatus,
    pub(super) policy: MigrationPolicy,
}

impl Change {
    pub(super) const fn at(self, step: RetypeVolume) -> Work {
        let Self { volume, new_type, previous, policy } = self;
        Work::RetypeVolume { volume, new_type, previous, policy, step }
    }
}

pub(super) async fn step(job: &mut Job, change: Change, step: RetypeVolume) -> Result<Flow> {
    match step {
        RetypeVolume::ChangeRemote => change_remote(job, change).await,
        RetypeVolume::Move { step } => moving::step(job, Course::Retype(change), step).await,
        RetypeVolume::Finish => finish(job, change).await,
        RetypeVolume::Fail { message, migration_status } => {
            fail(job, change, &message, migration_status.as_deref()).await
        }
    }
}

/// What the cluster is to change; nothing where it is `None`.
#[derive(Debug)]
struct Plan {
    location: Location,
    throttle: Option<Throttle>,
    compression: Option<bool>,
}

/// Why there is no plan.
#[derive(Debug)]
enum Hindrance {
    /// The operation has been overtaken.
    Superseded,
    Later(String),
    /// Only elsewhere; the sentence says why.
    NotHere(String),
    Impossible(String),
}

async fn plan(session: &mut Session, change: Change) -> Result<std::result::Result<Plan, Hindrance>> {
    let found = session.find_volume(change.volume, None).await?;
    let Some(details) = found.filter(|found| found.volume.status == VolumeStatus::Retyping) else {
        return Ok(Err(Hindrance::Superseded));
    };
    let volume = &details.volume;
    let impossible = |why: &str| Ok(Err(Hindrance::Impossible(why.to_owned())));
    let Some(location) = volume.location.clone().filter(|at| at.uuid.is_some()) else {
        return impossible("The volume has no place on a cluster.");
    };
    let Some(new) = session.find_type(change.new_type).await? else {
        return impossible("The new volume type is gone.");
    };
    let old = match volume.volume_type_id {
        Some(id) => session.find_type(id).await?,
        None => None,
    };
    let specs = match TypeSpecs::parse(&new.extra_specs) {
        Ok(specs) => specs,
        Err(why) => return impossible(&format!("The volume type cannot be used: {why}.")),
    };
    if session.type_encryption(new.id).await?.is_some() {
        return Ok(Err(Hindrance::NotHere("the new type is encrypted".to_owned())));
    }
    if let Err(hindrance) = stays(session, volume, &location, &specs).await? {
        return Ok(Err(hindrance));
    }
    let throttle = match throttle_of(session, Some(new.id)).await? {
        Ok(throttle) => throttle,
        Err(why) => return impossible(&format!("The volume type cannot be used: {why}.")),
    };
    let before = throttle_of(session, volume.volume_type_id).await?;
    let throttle = Some(throttle).filter(|throttle| before.as_ref() != Ok(throttle));
    let compression = compression(session, &location, old.as_ref(), &specs).await?;
    Ok(Ok(Plan { location, throttle, compression }))
}

/// Whether the cluster of the volume will do for the new type.
async fn stays(
    session: &mut Session,
    volume: &Volume,
    location: &Location,
    specs: &TypeSpecs,
) -> Result<std::result::Result<(), Hindrance>> {
    let not_here = |why: String| Ok(Err(Hindrance::NotHere(why)));
    if let Some(wanted) = specs.replicas.filter(|wanted| *wanted != location.replicas) {
        return not_here(format!(
            "the new type asks for {wanted} replicas and the volume has {}, which cannot be changed",
            location.replicas
        ));
    }
    let purpose = Purpose::Retype { owner: location.cluster_id, project: location.project.clone() };
    let mut request = Request::new(purpose, Bytes(0), volume.project_id.clone());
    request.specs = specs.clone();
    request.replicas = Some(location.replicas);
    if specs.availability_zones.is_empty() {
        request.availability_zone.clone_from(&volume.availability_zone);
    }
    let clusters = session.clusters().await?;
    if let Some(view) = clusters.iter().find(|view| view.id == location.cluster_id)
        && let Some(wanted) = &specs.project_name
        && matches!(view.traits.tenancy, Tenancy::Fixed(_))
        && *wanted != location.project.as_str()
    {
        return not_here(format!("the new type asks for another project of the cluster ({wanted})"));
    }
    let decision = placement::decide(&request, &clusters);
    if decision.chosen.is_some() {
        return Ok(Ok(()));
    }
    let why = decision.sentence();
    Ok(Err(if decision.may_pass() { Hindrance::Later(why) } else { Hindrance::NotHere(why) }))
}

/// A type that does not say leaves it to the cluster; so does one that says no longer.
async fn compression(
    session: &mut Session,
    location: &Location,
    old: Option<&VolumeType>,
    new: &TypeSpecs,
) -> Result<Option<bool>> {
    let old = old.and_then(|old| TypeSpecs::parse(&old.extra_specs).ok()).and_then(|specs| specs.compression);
    if new.compression == old {
        return Ok(None);
    }
    if new.compression.is_some() {
        return Ok(new.compression);
    }
    let view = session.clusters().await?.into_iter().find(|view| view.id == location.cluster_id);
    Ok(view.map(|view| view.traits.default_compression))
}

async fn change_remote(job: &mut Job, change: Change) -> Result<Flow> {
    let planned = {
        let mut session = job.bench.store.read().await?;
        plan(&mut session, change).await?
    };
    let plan = match planned {
        Ok(plan) => plan,
        Err(Hindrance::Superseded) => return job.end_superseded().await,
        Err(Hindrance::Later(why)) => return Ok(Flow::Again(why)),
        Err(Hindrance::Impossible(why)) => return failed(job, change, &why, None).await,
        Err(Hindrance::NotHere(why)) => return needs_migration(job, change, &why).await,
    };
    if plan.throttle.is_none() && plan.compression.is_none() {
        return Ok(Flow::next(change.at(RetypeVolume::Finish)));
    }
    let client = match job.client(plan.location.cluster_id) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let qos = match &plan.throttle {
        None => None,
        Some(throttle) => {
            match policy::settle_change(job, &client, &plan.location.project, throttle).await? {
                Policy::Found(policy) => Some(policy.uuid),
                Policy::Later(why) => return Ok(Flow::Again(why)),
                Policy::Refused(refusal) if job.tries < LOOKS => return Ok(Flow::Again(refusal.to_string())),
                Policy::Refused(refusal) => {
                    let why =
                        format!("The cluster does not give the QoS policy: {}.", refusal.reason.as_str());
                    return failed(job, change, &why, None).await;
                }
            }
        }
    };
    bring(job, change, &client, &plan, qos).await
}

/// One update, repeated until the cluster shows what it asks for.
async fn bring(
    job: &mut Job,
    change: Change,
    client: &lightbits::Cluster,
    plan: &Plan,
    qos: Option<uuid::Uuid>,
) -> Result<Flow> {
    let Some(uuid) = plan.location.uuid else {
        return Ok(Flow::NeedsOperator("the volume has lost its place on a cluster".to_owned()));
    };
    let project = &plan.location.project;
    let seen = match await_volume(job, client, project, uuid).await {
        Seen::Ready(volume) => volume,
        Seen::Missing if job.tries < LOOKS => {
            return Ok(Flow::Again("the cluster does not show the volume".to_owned()));
        }
        Seen::Missing | Seen::Failed | Seen::Leaving => {
            return failed(job, change, "The volume cannot be used on its cluster.", None).await;
        }
        Seen::Pending(why) => return Ok(Flow::Again(why)),
        Seen::Trouble(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    let update = UpdateVolume {
        qos: qos.filter(|wanted| seen.qos_policy_uuid != Some(*wanted)).map(QosRef::Uuid),
        compression: plan.compression.filter(|wanted| seen.compression != *wanted),
        ..UpdateVolume::default()
    };
    // One that lands late must not undo what came after it.
    let update = UpdateVolume { if_match: seen.etag.clone(), ..update };
    if update.qos.is_none() && update.compression.is_none() {
        // It stands there as it should; what nobody answered asked for the same.
        return Ok(Flow::next(change.at(RetypeVolume::Finish)));
    }
    match client.update_volume(Lane::User, project, uuid, &update).await {
        Outcome::Done(()) => Ok(Flow::Again("the cluster does not show the change yet".to_owned())),
        Outcome::Refused(refusal)
            if matches!(refusal.reason, Reason::Busy | Reason::Exhausted) || job.tries < 3 =>
        {
            Ok(Flow::Again(refusal.to_string()))
        }
        Outcome::Refused(refusal) => {
            let why = format!("its cluster refuses the change: {}", refusal.reason.as_str());
            needs_migration(job, change, &why).await
        }
        Outcome::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            Ok(Flow::Again(trouble.to_string()))
        }
    }
}

/// To a place where the new type can be had. Without a data path it ends as a migration that fails
/// ends in Cinder.
async fn needs_migration(job: &Job, change: Change, why: &str) -> Result<Flow> {
    if change.policy == MigrationPolicy::Never {
        let message = format!("Retype requires migration but is not allowed: {why}");
        return failed(job, change, &message, None).await;
    }
    let snapshots = job.bench.store.read().await?.snapshots_of_volume(change.volume).await?;
    if !snapshots.is_empty() {
        let message = format!("Volume must not have snapshots to be migrated: {why}");
        return failed(job, change, &message, None).await;
    }
    if job.bench.settings.data_path.is_some() {
        return depart(job, change, why).await;
    }
    let message = format!("The volume could not be migrated, since its data cannot be copied here: {why}");
    failed(job, change, &message, Some("error")).await
}

async fn depart(job: &Job, change: Change, why: &str) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier request may still land; then it is moved, for {why}")));
    }
    let mut session = job.bench.store.read().await?;
    if session.type_encryption(change.new_type).await?.is_some() {
        drop(session);
        let message = format!("The volume could not be migrated: {why}");
        return failed(job, change, &message, Some("error")).await;
    }
    let found = session.find_volume(change.volume, None).await?;
    drop(session);
    let Some(here) = found.and_then(|details| details.volume.cluster_id()) else {
        return job.end_superseded().await;
    };
    let destination = Destination { volume_type: Some(change.new_type), at: Where::Preferably(here) };
    match moving::depart(job, Course::Retype(change), destination).await? {
        Departure::Begun(flow) => Ok(flow),
        Departure::Overtaken => job.end_superseded().await,
        Departure::Refused(reason) => {
            let message = format!("The volume cannot be migrated: {why}. {}", reason.text());
            failed(job, change, &message, None).await
        }
    }
}

/// Once no request of ours can change anything any more.
async fn failed(job: &Job, change: Change, message: &str, migration_status: Option<&str>) -> Result<Flow> {
    if job.in_doubt() {
        return Ok(Flow::Again(format!("an earlier request may still land; then: {message}")));
    }
    let message = format!("{}.", message.trim_end_matches('.'));
    let migration_status = migration_status.map(str::to_owned);
    job.advance(change.at(RetypeVolume::Fail { message, migration_status })).await
}

/// Back to what it was before; an attachment may have gone meanwhile.
fn give_back(row: &mut Volume, previous: VolumeStatus) {
    let detached = row.attach_status == AttachStatus::Detached;
    row.status = if previous == VolumeStatus::InUse && detached { VolumeStatus::Available } else { previous };
    row.previous_status = None;
}

/// The volume and its snapshots are of the new type now; so is what they take of the quota.
async fn finish(job: &Job, change: Change) -> Result<Flow> {
    job.bench
        .store
        .write("finish a retype", |tx, _| {
            Box::pin(async move {
                let row = tx.volume(change.volume).await?;
                let new = tx.find_type(change.new_type).await?;
                if let Some((mut row, new)) = row.zip(new)
                    && row.status == VolumeStatus::Retyping
                {
                    row.volume_type_id = Some(new.id);
                    row.multiattach = TypeSpecs::parse(&new.extra_specs).is_ok_and(|specs| specs.multiattach);
                    give_back(&mut row, change.previous);
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                    tx.retype_snapshots(change.volume, new.id).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

async fn fail(job: &Job, change: Change, message: &str, migration_status: Option<&str>) -> Result<Flow> {
    let why = &Why::Other(message.to_owned());
    job.bench
        .store
        .write("fail a retype", |tx, _| {
            Box::pin(async move {
                if let Some(mut row) = tx.volume(change.volume).await?
                    && row.status == VolumeStatus::Retyping
                {
                    give_back(&mut row, change.previous);
                    if let Some(status) = migration_status {
                        row.migration_status = Some(status.to_owned());
                    }
                    row.updated_at = Some(job.now());
                    tx.update_volume(&row).await?;
                    let subject = (ResourceKind::Volume, change.volume.to_string());
                    job.tell(tx, subject, Action::RetypeVolume, why).await?;
                }
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
