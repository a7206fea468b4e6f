//! Deciding where a volume goes. One transaction reads every replica's reservations, decides and
//! writes its own; the placement lock serialises it with all others.

use super::Order;
use super::home::{Home, home_of};
use crate::domain::message::{Action, Reason};
use crate::domain::operation::{CreateVolume, Source, Work};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::{Location, Volume};
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{ClusterId, Error, LightosProject, Result, VolumeId};
use crate::placement::{self, Affinity, Chosen, Decision, Purpose, Request};
use crate::store::{PLACEMENT_LOCK, Reservation, Tx};
use crate::telemetry::metrics as names;
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::policy::throttle_of;

pub(super) async fn place(job: &mut Job, order: &Order, excluded: &[ClusterId]) -> Result<Flow> {
    let asking = &*job;
    let outcome = job
        .bench
        .store
        .write_in_turn(PLACEMENT_LOCK, "place a volume", |tx, _| {
            Box::pin(place_in(asking, tx, order, excluded))
        })
        .await?;
    Ok(match outcome {
        Placed::At(cluster, work) => {
            job.op.cluster_id = Some(cluster);
            Flow::next(work)
        }
        Placed::Nowhere => Flow::Done,
        Placed::Later(why) => Flow::Again(why),
    })
}

enum Placed {
    At(ClusterId, Work),
    /// The volume is in error, or was overtaken; the operation has ended.
    Nowhere,
    Later(String),
}

async fn place_in(job: &Job, tx: &mut Tx, order: &Order, excluded: &[ClusterId]) -> Result<Placed> {
    tx.lock(PLACEMENT_LOCK).await?;
    let Some(mut volume) = tx.volume(order.volume).await? else {
        job.end(tx).await?;
        return Ok(Placed::Nowhere);
    };
    if super::overtaken(&volume) {
        job.end(tx).await?;
        return Ok(Placed::Nowhere);
    }
    let home = match home_of(tx, &volume).await? {
        Home::Undecided => return Ok(Placed::Later("the group of the volume has no cluster yet".to_owned())),
        home => home,
    };
    let asked = ask(job, tx, order, &volume, excluded).await?.and_then(|request| home.admits(request));
    let decision = match asked {
        Ok(request) => decide(tx, order, &home, &request).await?,
        Err(why) => {
            let reason = Reason::Other(why);
            job.fail_volume(tx, volume.id, VolumeStatus::Error, Action::CreateVolume, &reason).await?;
            return Ok(Placed::Nowhere);
        }
    };
    if decision.may_pass() && order.source.is_on_a_cluster() {
        // The data is on a cluster that is away for the moment: it can only wait there.
        return Ok(Placed::Later(decision.sentence()));
    }
    let now = job.now();
    let explanation = serde_json::to_string(&decision).map_err(|e| Error::internal(e.to_string()))?;
    tx.put_placement(volume.id, now, &explanation).await?;
    count(&decision);
    let Some(chosen) = decision.chosen.clone() else {
        let reason = refusal(&decision);
        job.fail_volume(tx, volume.id, VolumeStatus::Error, Action::ScheduleAllocateVolume, &reason).await?;
        return Ok(Placed::Nowhere);
    };
    settle_at(&mut volume, &chosen);
    tx.update_volume(&volume).await?;
    tx.insert_reservation(&reservation(job, &volume, &chosen)).await?;
    let step = match order.source {
        Source::Volume(_) => CreateVolume::SnapshotSource { excluded: excluded.to_vec() },
        Source::Blank | Source::Snapshot(_) | Source::Image(_) | Source::Backup(_) => {
            CreateVolume::CreateRemote { excluded: excluded.to_vec() }
        }
    };
    let work = order.at(step);
    job.save(tx, &work, Some(chosen.cluster)).await?;
    Ok(Placed::At(chosen.cluster, work))
}

async fn decide(tx: &mut Tx, order: &Order, home: &Home, request: &Request) -> Result<Decision> {
    let mut clusters = home.among(tx.clusters().await?);
    clusters.retain(|cluster| order.hints.only.is_none_or(|only| cluster.id == only));
    Ok(placement::decide(request, &clusters))
}

/// What would be decided now of a volume that is not there yet; nothing is reserved.
pub(super) async fn preview(
    job: &Job,
    tx: &mut Tx,
    order: &Order,
    volume: &Volume,
) -> Result<std::result::Result<Decision, String>> {
    match ask(job, tx, order, volume, &[]).await? {
        Ok(request) => Ok(Ok(decide(tx, order, &Home::Anywhere, &request).await?)),
        Err(why) => Ok(Err(why)),
    }
}

fn count(decision: &Decision) {
    let outcome = if decision.chosen.is_some() { "placed" } else { "refused" };
    metrics::counter!(names::PLACEMENTS, "outcome" => outcome).increment(1);
}

/// Cinder's event and first sentence, and then cluster by cluster why.
fn refusal(decision: &Decision) -> Reason {
    Reason::NoBackendBecause(decision.sentence())
}

fn settle_at(volume: &mut Volume, chosen: &Chosen) {
    volume.location = Some(Location {
        cluster_id: chosen.cluster,
        project: chosen.project.clone(),
        replicas: chosen.replicas,
        uuid: None,
        name_id: None,
        name: None,
    });
}

fn reservation(job: &Job, volume: &Volume, chosen: &Chosen) -> Reservation {
    Reservation {
        operation_id: job.op.id,
        cluster_id: chosen.cluster,
        project: chosen.project.clone(),
        name: volume.backend_name(),
        bytes: chosen.reserve,
        expected_size: volume.size.bytes(),
        created_at: job.now(),
    }
}

/// The question, or a sentence why it cannot be asked.
async fn ask(
    job: &Job,
    tx: &mut Tx,
    order: &Order,
    volume: &Volume,
    excluded: &[ClusterId],
) -> Result<std::result::Result<Request, String>> {
    let specs = match volume.volume_type_id {
        Some(id) => tx
            .find_type(id)
            .await?
            .map(|t| TypeSpecs::parse(&t.extra_specs))
            .unwrap_or_else(|| Ok(TypeSpecs::default())),
        None => Ok(TypeSpecs::default()),
    };
    let specs = match specs {
        Ok(specs) => specs,
        Err(why) => return Ok(Err(format!("The volume type cannot be used: {why}."))),
    };
    if let Err(why) = throttle_of(tx, volume.volume_type_id).await? {
        return Ok(Err(format!("The volume type cannot be used: {why}.")));
    }
    let (purpose, replicas) = match owner(tx, &order.source).await? {
        Owner::None => (Purpose::New, None),
        Owner::At { cluster, project, replicas } => (Purpose::Copy { owner: cluster, project }, replicas),
        Owner::Gone => return Ok(Err("The source of the volume is gone.".to_owned())),
    };
    let mut request = Request::new(purpose, volume.size.bytes(), volume.project_id.clone());
    request.specs = specs;
    request.replicas = replicas;
    request.availability_zone.clone_from(&volume.availability_zone);
    request.affinity = affinity(tx, order).await?;
    request.excluded = excluded.to_vec();
    request.rank = job.bench.settings.rank;
    Ok(Ok(request))
}

enum Owner {
    None,
    At {
        cluster: ClusterId,
        project: LightosProject,
        /// A clone lies on the nodes of its parent, in as many copies.
        replicas: Option<u8>,
    },
    Gone,
}

async fn owner(tx: &mut Tx, source: &Source) -> Result<Owner> {
    let location = match source {
        Source::Blank | Source::Image(_) | Source::Backup(_) => return Ok(Owner::None),
        Source::Volume(id) => tx.volume(*id).await?.and_then(|volume| volume.location),
        Source::Snapshot(id) => {
            let Some(snapshot) = tx.find_snapshot(*id, None).await? else { return Ok(Owner::Gone) };
            let Some((cluster, project)) = snapshot.cluster_id.zip(snapshot.lightos_project) else {
                return Ok(Owner::Gone);
            };
            let parent = tx.volume(snapshot.volume_id).await?.and_then(|volume| volume.location);
            let replicas = parent.map(|at| at.replicas);
            return Ok(Owner::At { cluster, project, replicas });
        }
    };
    Ok(location.map_or(Owner::Gone, |at| Owner::At {
        cluster: at.cluster_id,
        project: at.project,
        replicas: Some(at.replicas),
    }))
}

/// `same_host` and `different_host` name volumes; what counts is where those are.
async fn affinity(tx: &mut Tx, order: &Order) -> Result<Affinity> {
    let same = clusters_of(tx, &order.hints.same_host).await?;
    let different = clusters_of(tx, &order.hints.different_host).await?;
    Ok(Affinity { same: (!order.hints.same_host.is_empty()).then_some(same), different })
}

async fn clusters_of(tx: &mut Tx, volumes: &[VolumeId]) -> Result<Vec<ClusterId>> {
    let mut clusters = Vec::new();
    for id in volumes {
        if let Some(location) = tx.volume(*id).await?.and_then(|volume| volume.location) {
            clusters.push(location.cluster_id);
        }
    }
    Ok(clusters)
}
