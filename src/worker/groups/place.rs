//! Which cluster a new group is bound to: the best one for its first volume type that takes all
//! the others, too. Nothing is reserved, since an empty group takes no room.

use crate::domain::cluster::Cluster;
use crate::domain::group::{Group, GroupStatus};
use crate::domain::message::{Action, Reason};
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{Bytes, ClusterId, GroupId, Result};
use crate::placement::{self, Purpose, Request};
use crate::store::{PLACEMENT_LOCK, Tx};
use crate::worker::flow::Flow;
use crate::worker::job::Job;

use super::{Verdict, settle};

pub(in crate::worker) async fn place(job: &Job, id: GroupId) -> Result<Flow> {
    job.bench
        .store
        .write_in_turn(PLACEMENT_LOCK, "place a group", |tx, _| Box::pin(place_in(job, tx, id)))
        .await?;
    Ok(Flow::Done)
}

async fn place_in(job: &Job, tx: &mut Tx, id: GroupId) -> Result<()> {
    tx.lock(PLACEMENT_LOCK).await?;
    if let Some(found) = tx.find_group(id, None).await?
        && found.group.status == GroupStatus::Creating
    {
        match cluster_for(job, tx, &found.group).await? {
            Ok(cluster) => {
                let group = Group { cluster_id: Some(cluster), ..found.group };
                tx.update_group(&group).await?;
                settle(job, tx, id, GroupStatus::Creating, Verdict::Good).await?;
            }
            Err(why) => {
                let verdict = Verdict::Failed(Action::CreateGroup, why);
                settle(job, tx, id, GroupStatus::Creating, verdict).await?;
            }
        }
    }
    job.end(tx).await
}

async fn cluster_for(
    job: &Job,
    tx: &mut Tx,
    group: &Group,
) -> Result<std::result::Result<ClusterId, Reason>> {
    let group_type = tx.find_group_type(group.group_type_id).await?;
    if group_type.is_some_and(|found| found.promises_consistency()) {
        return Ok(Err(Reason::NoBackendBecause(
            "The group type promises snapshots of all volumes at one moment, which no Lightbits cluster can take."
                .to_owned(),
        )));
    }
    let mut requests = Vec::with_capacity(group.volume_types.len());
    for id in &group.volume_types {
        let specs = match tx.find_type(*id).await? {
            Some(found) => TypeSpecs::parse(&found.extra_specs),
            None => Ok(TypeSpecs::default()),
        };
        let specs = match specs {
            Ok(specs) => specs,
            Err(why) => {
                return Ok(Err(Reason::Other(format!("The volume type {id} cannot be used: {why}."))));
            }
        };
        let mut request = Request::new(Purpose::New, Bytes(0), group.project_id.clone());
        request.specs = specs;
        request.availability_zone.clone_from(&group.availability_zone);
        request.rank = job.bench.settings.rank;
        requests.push(request);
    }
    Ok(choose(&requests, &tx.clusters().await?).map_err(Reason::NoBackendBecause))
}

/// The best cluster for the first request that fits the others; or why there is none.
fn choose(requests: &[Request], clusters: &[Cluster]) -> Result<ClusterId, String> {
    let Some((first, others)) = requests.split_first() else {
        return Err("The group has no volume types.".to_owned());
    };
    let mut candidates = clusters.to_vec();
    let mut objections = Vec::new();
    loop {
        let decision = placement::decide(first, &candidates);
        let Some(chosen) = &decision.chosen else {
            return Err(if objections.is_empty() { decision.sentence() } else { objections.join(" ") });
        };
        let only: Vec<Cluster> = candidates.iter().filter(|c| c.id == chosen.cluster).cloned().collect();
        let objection =
            others.iter().map(|other| placement::decide(other, &only)).find(|other| other.chosen.is_none());
        let Some(objection) = objection else { return Ok(chosen.cluster) };
        objections.push(objection.sentence());
        candidates.retain(|cluster| cluster.id != chosen.cluster);
    }
}
