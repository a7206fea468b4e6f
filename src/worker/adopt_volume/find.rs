//! Which volume is meant, whether it can be had, and that from now on it is bound to the row.

use super::{Order, overtaken};
use crate::domain::manageable::Reference;
use crate::domain::operation::{AdoptVolume, Lane};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::{Location, Volume, volume_name};
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{ClusterId, Gib, LightosProject, Result, VolumeId};
use crate::lightbits::{self, Deleting};
use crate::placement::{self, Purpose, Request};
use crate::store::{PLACEMENT_LOCK, Reservation, Tx, quota_lock};
use crate::worker::flow::Flow;
use crate::worker::job::Job;
use crate::worker::list_remote::{projects, volume_hindrance};

/// Looks after which a volume that is being changed is not waited for any more.
const LOOKS: u32 = 10;

pub(super) async fn find(job: &mut Job, order: &Order) -> Result<Flow> {
    let Some(cluster) = job.op.cluster_id else { return Ok(order.failed("No cluster was named.")) };
    let row = job.bench.store.read().await?.find_volume(order.volume, None).await?;
    if row.is_none_or(|row| row.volume.status != VolumeStatus::Managing) {
        return overtaken(job, order).await;
    }
    let client = match job.client(cluster) {
        Ok(client) => client,
        Err(flow) => return Ok(flow),
    };
    let known = projects(job, cluster).await?;
    let listed = match client.volumes_everywhere(Lane::User, Deleting::Hidden, &known).await {
        Ok(listed) => listed,
        Err(trouble) => return Ok(Flow::Again(trouble.to_string())),
    };
    let found = match pick(&order.reference, listed) {
        Ok(found) => found,
        Err(why) => return Ok(order.failed(why)),
    };
    if let Some(why) = volume_hindrance(&found) {
        let passing = found.connected_hosts.is_empty() && job.tries < LOOKS;
        return Ok(if passing { Flow::Again(why) } else { order.failed(invalid(&order.reference, &why)) });
    }
    let (asking, found) = (&*job, &found);
    let bound = job
        .bench
        .store
        .write_in_turn(&quota_lock(&asking.op.project_id), "bind an adopted volume", |tx, _| {
            Box::pin(bind(asking, tx, order, cluster, found))
        })
        .await?;
    Ok(match bound {
        Bound::Yes => Flow::next(order.at(AdoptVolume::Settle)),
        Bound::Overtaken => return overtaken(job, order).await,
        Bound::No(why) => order.failed(why),
        Bound::Later(why) => Flow::Again(why),
    })
}

/// Cinder's sentence about a reference that does not do.
pub(in crate::worker) fn invalid(reference: &Reference, reason: &str) -> String {
    let named = reference.name.as_deref().or(reference.id.as_deref()).unwrap_or_default();
    format!("Manage existing volume failed due to invalid backend reference {named}: {reason}")
}

fn pick(reference: &Reference, listed: Vec<lightbits::Volume>) -> Result<lightbits::Volume, String> {
    if reference.name.is_none() && reference.id.is_none() {
        return Err(invalid(reference, "Reference must contain source-name or source-id element."));
    }
    let meant = |volume: &lightbits::Volume| {
        reference.name.as_ref().is_none_or(|name| volume.name == *name)
            && reference.id.as_ref().is_none_or(|id| volume.uuid.to_string() == id.to_ascii_lowercase())
            && !volume.state.is_leaving()
    };
    let mut all = listed.into_iter().filter(meant);
    match (all.next(), all.next()) {
        (Some(found), None) => Ok(found),
        (None, _) => Err(invalid(reference, "Specified volume does not exist.")),
        (Some(_), Some(_)) => Err(invalid(
            reference,
            "Several projects of the cluster have a volume of that name; give its source-id.",
        )),
    }
}

enum Bound {
    Yes,
    Overtaken,
    No(String),
    Later(String),
}

async fn bind(
    job: &Job,
    tx: &mut Tx,
    order: &Order,
    cluster: ClusterId,
    found: &lightbits::Volume,
) -> Result<Bound> {
    tx.lock_quota(&job.op.project_id).await?;
    tx.lock(PLACEMENT_LOCK).await?;
    let row = tx.volume(order.volume).await?.filter(|row| row.status == VolumeStatus::Managing);
    let Some(mut row) = row else { return Ok(Bound::Overtaken) };
    if is_ours(tx, cluster, found).await? {
        let name = &found.name;
        return Ok(Bound::No(format!("Unable to manage existing volume. Volume {name} already managed.")));
    }
    let project = found.project.clone().unwrap_or_else(|| LightosProject::new("default"));
    let volume_type = match row.volume_type_id {
        Some(id) => tx.find_type(id).await?,
        None => None,
    };
    if let Some(refused) = check_type(tx, &row, volume_type.as_ref(), (cluster, &project), found).await? {
        return Ok(refused);
    }
    let size = found.size.to_gib_ceil();
    if let Some(why) = over_quota(tx, order, &row, size).await? {
        return Ok(Bound::No(why));
    }
    row.size = size;
    row.location = Some(Location {
        cluster_id: cluster,
        project: project.clone(),
        replicas: found.replicas.max(1),
        uuid: Some(found.uuid),
        name_id: None,
        name: Some(found.name.clone()),
    });
    tx.set_backend_name(row.id, Some(&found.name)).await?;
    tx.update_volume(&row).await?;
    let growth = size.bytes().saturating_sub(found.size);
    if growth.0 > 0 {
        tx.insert_reservation(&Reservation {
            operation_id: job.op.id,
            cluster_id: cluster,
            project,
            name: volume_name(row.id),
            bytes: growth.times(found.replicas.max(1)),
            expected_size: size.bytes(),
            created_at: job.now(),
        })
        .await?;
    }
    job.save(tx, &order.at(AdoptVolume::Settle), Some(cluster)).await?;
    Ok(Bound::Yes)
}

/// The row is counted already, as a volume of no size; the GiB are counted now.
async fn over_quota(tx: &mut Tx, order: &Order, row: &Volume, size: Gib) -> Result<Option<String>> {
    let used = tx.project_use(&row.project_id).await?;
    let (_, _, of_type) = row.volume_type_id.map(|id| used.of_type(id)).unwrap_or_default();
    let volumes = used.volumes.values().map(|(_, gib)| gib).sum();
    let all = if order.allowance.with_snapshots { used.gigabytes() } else { volumes };
    Ok(order.allowance.refuses(size, all, of_type))
}

/// Also one that is being made at this moment and whose UUID we do not know yet.
async fn is_ours(tx: &mut Tx, cluster: ClusterId, found: &lightbits::Volume) -> Result<bool> {
    if tx.volume_at(cluster, found.uuid).await?.is_some() {
        return Ok(true);
    }
    let named = found.name.strip_prefix("volume-").and_then(|id| id.parse::<VolumeId>().ok());
    let Some(id) = named else { return Ok(false) };
    Ok(tx.volume(id).await?.is_some_and(|row| row.cluster_id() == Some(cluster)))
}

/// Whether the type and the zone may have a volume like this there.
async fn check_type(
    tx: &mut Tx,
    row: &Volume,
    volume_type: Option<&VolumeType>,
    (cluster, project): (ClusterId, &LightosProject),
    found: &lightbits::Volume,
) -> Result<Option<Bound>> {
    let mismatch = |reason: String| {
        Some(Bound::No(format!("Manage existing volume failed due to volume type mismatch: {reason}")))
    };
    let specs = match volume_type.map(|t| TypeSpecs::parse(&t.extra_specs)).transpose() {
        Ok(specs) => specs.unwrap_or_default(),
        Err(why) => return Ok(mismatch(format!("the volume type cannot be used: {why}."))),
    };
    if let Some(wanted) = specs.replicas.filter(|wanted| *wanted != found.replicas) {
        return Ok(mismatch(format!("the volume has {} replicas, its type {wanted}.", found.replicas)));
    }
    if let Some(wanted) = specs.compression.filter(|wanted| *wanted != found.compression) {
        return Ok(mismatch(format!("compression is {}, of its type {wanted}.", found.compression)));
    }
    if let Some(wanted) = specs.project_name.as_ref().filter(|wanted| **wanted != project.as_str()) {
        return Ok(mismatch(format!("the volume is in project {project}, its type in {wanted}.")));
    }
    let purpose = Purpose::Retype { owner: cluster, project: project.clone() };
    let mut request = Request::new(purpose, found.size, row.project_id.clone());
    request.replicas = Some(found.replicas);
    request.specs = specs;
    request.availability_zone.clone_from(&row.availability_zone);
    let decision = placement::decide(&request, &tx.clusters().await?);
    Ok(match decision.chosen {
        Some(_) => None,
        None if decision.may_pass() => Some(Bound::Later(decision.sentence())),
        None => Some(Bound::No(decision.sentence())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_must_name_something() {
        let none = Reference::default();
        let told = pick(&none, Vec::new()).unwrap_err();
        assert!(told.ends_with("Reference must contain source-name or source-id element."), "{told}");
        let named = Reference { name: Some("x".to_owned()), id: None };
        let told = pick(&named, Vec::new()).unwrap_err();
        assert_eq!(
            told,
            "Manage existing volume failed due to invalid backend reference x: Specified volume does not exist."
        );
    }
}
