//! QoS specs have changed: the volumes of their types follow, on every cluster that has some.
//!
//! The limits stand in one policy a cluster, so that most changes are one call to each. A volume
//! is touched only when it is to have another policy than it has. A cluster that is away keeps the
//! operation open, and does not keep the others waiting. Specs that are gone leave policies
//! behind, which are deleted where no volume has them.

use std::collections::{BTreeMap, HashMap};

use super::flow::Flow;
use super::job::Job;
use super::policy::{Policy, settle_change, throttle_of};
use crate::domain::operation::Lane;
use crate::domain::qos::{Throttle, policy_name};
use crate::domain::{BackendUuid, ClusterId, LightosProject, QosSpecsId, Result, VolumeTypeId};
use crate::lightbits::{Cluster, ListFilter, Outcome, QosPolicy, QosRef, Reason, UpdateVolume};

/// Tries after which a cluster's definite no is an operator's business.
const REFUSED_TRIES: u32 = 6;

/// Volumes of one type in one project of one cluster.
type Herds = BTreeMap<(ClusterId, LightosProject, VolumeTypeId), Vec<BackendUuid>>;

pub(super) async fn step(job: &mut Job, id: QosSpecsId) -> Result<Flow> {
    let mut session = job.bench.store.read().await?;
    let registered: Vec<ClusterId> = session.clusters().await?.into_iter().map(|view| view.id).collect();
    let Some(before) = session.find_qos_specs(id).await? else {
        drop(session);
        clear_away(job, id, &registered).await;
        return job.end_superseded().await;
    };
    let mut herds = Herds::new();
    for volume in session.throttled_by(id).await? {
        let key = (volume.cluster_id, volume.project, volume.volume_type_id);
        herds.entry(key).or_default().push(volume.uuid);
    }
    let mut throttles = HashMap::new();
    for (_, _, volume_type) in herds.keys() {
        if !throttles.contains_key(volume_type) {
            throttles.insert(*volume_type, throttle_of(&mut session, Some(*volume_type)).await?);
        }
    }
    // No connection to the database is held over a call to a cluster.
    drop(session);
    let mut trouble = None;
    for ((cluster, project, volume_type), volumes) in &herds {
        if !registered.contains(cluster) {
            continue;
        }
        let Some(Ok(throttle)) = throttles.get(volume_type) else {
            // Limits that no policy can keep: what was promised before stays.
            tracing::warn!(specs = %id, %volume_type, "the QoS specs cannot be kept by a cluster");
            continue;
        };
        if let Err(why) = bring_herd(job, *cluster, project, throttle, volumes).await? {
            tracing::info!(specs = %id, %cluster, why = why.text, "QoS specs are not applied yet");
            trouble.get_or_insert(why);
        }
    }
    if let Some(why) = trouble {
        return Ok(if why.is_final && job.tries >= REFUSED_TRIES {
            Flow::NeedsOperator(why.text)
        } else {
            Flow::Again(why.text)
        });
    }
    if job.in_doubt() {
        return Ok(Flow::Again("an earlier request may still land".to_owned()));
    }
    let now = job.bench.store.read().await?.find_qos_specs(id).await?;
    if now.is_none_or(|now| now.updated_at != before.updated_at) {
        return Ok(Flow::Again("the QoS specs have changed meanwhile".to_owned()));
    }
    job.end_superseded().await
}

/// Why a cluster does not have what it should.
#[derive(Debug)]
struct Obstacle {
    text: String,
    /// It has definitely said no.
    is_final: bool,
}

impl Obstacle {
    fn passing(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_final: false }
    }
}

async fn bring_herd(
    job: &mut Job,
    cluster: ClusterId,
    project: &LightosProject,
    throttle: &Throttle,
    volumes: &[BackendUuid],
) -> Result<std::result::Result<(), Obstacle>> {
    let Some(client) = job.bench.clients.get(cluster) else {
        return Ok(Err(Obstacle::passing("a cluster was not reached since the start")));
    };
    let policy = match settle_change(job, &client, project, throttle).await? {
        Policy::Found(policy) => policy,
        Policy::Later(why) => return Ok(Err(Obstacle::passing(why))),
        Policy::Refused(refusal) => {
            return Ok(Err(Obstacle { text: refusal.to_string(), is_final: true }));
        }
    };
    Ok(give(job, &client, project, &policy, volumes).await)
}

/// Gives the policy to those volumes that have another.
async fn give(
    job: &mut Job,
    client: &Cluster,
    project: &LightosProject,
    policy: &QosPolicy,
    volumes: &[BackendUuid],
) -> std::result::Result<(), Obstacle> {
    let filter = ListFilter { project: Some(project.clone()), ..ListFilter::default() };
    let all = client.all_volumes(Lane::Background, &filter).await;
    let all = all.map_err(|trouble| Obstacle::passing(trouble.to_string()))?;
    let ours: std::collections::HashSet<_> = volumes.iter().copied().collect();
    let mut obstacle = None;
    for volume in all {
        let has = volume.qos_policy_uuid == Some(policy.uuid);
        if has || volume.state.is_leaving() || !ours.contains(&volume.uuid) {
            continue;
        }
        // One that lands late must not undo what came after it.
        let (qos, if_match) = (Some(QosRef::Uuid(policy.uuid)), volume.etag.clone());
        let change = UpdateVolume { qos, if_match, ..UpdateVolume::default() };
        match client.update_volume(Lane::Background, project, volume.uuid, &change).await {
            Outcome::Done(()) => {}
            Outcome::Refused(refusal) if refusal.reason == Reason::NotFound => {}
            Outcome::Refused(refusal) => {
                let is_final = !matches!(refusal.reason, Reason::Busy | Reason::Exhausted);
                obstacle.get_or_insert(Obstacle { text: refusal.to_string(), is_final });
            }
            Outcome::Unknown(trouble) => {
                if !trouble.is_unsent() {
                    job.doubt();
                }
                return Err(Obstacle::passing(trouble.to_string()));
            }
        }
    }
    obstacle.map_or(Ok(()), Err)
}

/// A cluster refuses to delete a policy that volumes have; theirs goes on being kept.
async fn clear_away(job: &Job, id: QosSpecsId, clusters: &[ClusterId]) {
    let name = policy_name(id);
    for cluster in clusters {
        let Some(client) = job.bench.clients.get(*cluster) else { continue };
        let Ok(all) = client.policies(Lane::Background).await else { continue };
        let Some(policy) = all.into_iter().find(|policy| policy.name == name) else { continue };
        let outcome = client.delete_policy(Lane::Background, policy.uuid).await;
        tracing::info!(%cluster, policy = name, ?outcome, "QoS specs are gone");
    }
}
