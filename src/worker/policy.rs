//! The QoS policy a volume is to have on its cluster.
//!
//! A policy of ours is found by its name, and made or changed when it is not what the QoS specs
//! say. Whoever wrote one reads the specs again afterwards: specs that have changed meanwhile may
//! have been applied before that write, so it is done again. The last write is always of the
//! newest specs.

use super::job::Job;
use crate::domain::operation::Lane;
use crate::domain::qos::{QosLimit, Throttle, policy_name};
use crate::domain::volume_type::VolumeType;
use crate::domain::{LightosProject, QosSpecsId, Result, VolumeTypeId};
use crate::lightbits::{
    Cluster, CreatePolicy, Outcome, PolicyState, PolicyVisibility, QosPolicy, QosRef, Reason, Refusal,
    Trouble,
};
use crate::store::Session;

/// The policy of a cluster whose configuration does not tell (`lightbits-api` §2.7).
const NO_LIMIT: &str = "no-limit-policy";

/// What came of looking for a policy, or making it.
#[derive(Debug)]
pub(super) enum Policy<T> {
    Found(T),
    /// The cluster has definitely said no.
    Refused(Refusal),
    Later(String),
}

impl<T> From<Trouble> for Policy<T> {
    fn from(trouble: Trouble) -> Self {
        Self::Later(trouble.to_string())
    }
}

/// What a type asks of the cluster; the inner error is a sentence.
pub(super) async fn throttle_of(
    session: &mut Session,
    volume_type: Option<VolumeTypeId>,
) -> Result<std::result::Result<Throttle, String>> {
    let found: Option<VolumeType> = match volume_type {
        Some(id) => session.find_type(id).await?,
        None => None,
    };
    let Some(found) = found else { return Ok(Ok(Throttle::Default)) };
    let specs = session.qos_specs_of(&found).await?;
    Ok(Throttle::of(&found, specs.as_ref()))
}

/// The handle a create or update names; nothing where the cluster's default will do.
pub(super) async fn settle(
    job: &mut Job,
    client: &Cluster,
    throttle: &Throttle,
) -> Result<Policy<Option<QosRef>>> {
    Ok(match throttle {
        Throttle::Default => Policy::Found(None),
        Throttle::Policy(named) => Policy::Found(Some(QosRef::parse(named))),
        Throttle::Own { specs, limit } => match own(job, client, *specs, *limit).await? {
            Policy::Found(policy) => Policy::Found(Some(QosRef::Uuid(policy.uuid))),
            Policy::Refused(refusal) => Policy::Refused(refusal),
            Policy::Later(why) => Policy::Later(why),
        },
    })
}

/// The policy a volume is to have that may have another one now: here the default has to be said.
pub(super) async fn settle_change(
    job: &mut Job,
    client: &Cluster,
    project: &LightosProject,
    throttle: &Throttle,
) -> Result<Policy<QosPolicy>> {
    match throttle {
        Throttle::Own { specs, limit } => own(job, client, *specs, *limit).await,
        Throttle::Policy(named) => Ok(find(client, &QosRef::parse(named)).await),
        Throttle::Default => Ok(default(client, project).await),
    }
}

async fn find(client: &Cluster, handle: &QosRef) -> Policy<QosPolicy> {
    let all = match client.policies(Lane::User).await {
        Ok(all) => all,
        Err(trouble) => return trouble.into(),
    };
    let is_it = |policy: &QosPolicy| match handle {
        QosRef::Uuid(uuid) => policy.uuid == *uuid,
        QosRef::Name(name) => policy.name == *name,
    };
    match all.into_iter().find(is_it) {
        Some(policy) => Policy::Found(policy),
        None => Policy::Refused(Refusal {
            reason: Reason::NotFound,
            status: 404,
            message: format!("the cluster has no QoS policy {}", text(handle)),
        }),
    }
}

fn text(handle: &QosRef) -> String {
    match handle {
        QosRef::Uuid(uuid) => uuid.to_string(),
        QosRef::Name(name) => name.clone(),
    }
}

/// What a volume gets that names none: the project's policy, else the cluster's.
async fn default(client: &Cluster, project: &LightosProject) -> Policy<QosPolicy> {
    let of_project = match client.project(Lane::User, project).await {
        Ok(found) => found.and_then(|project| project.default_qos),
        Err(trouble) => return trouble.into(),
    };
    if let Some(uuid) = of_project {
        return find(client, &QosRef::Uuid(uuid)).await;
    }
    let named = match client.default_policy_name(Lane::User).await {
        Ok(named) => named,
        // A release that does not tell has the policy under its own name.
        Err(Trouble::Refused(_)) => None,
        Err(trouble) => return trouble.into(),
    };
    find(client, &QosRef::Name(named.unwrap_or_else(|| NO_LIMIT.to_owned()))).await
}

/// Our policy, with these limits.
async fn own(
    job: &mut Job,
    client: &Cluster,
    specs: QosSpecsId,
    limit: QosLimit,
) -> Result<Policy<QosPolicy>> {
    let name = policy_name(specs);
    let all = match client.policies(Lane::User).await {
        Ok(all) => all,
        Err(trouble) => return Ok(trouble.into()),
    };
    let found = all.into_iter().find(|policy| policy.name == name);
    match found {
        Some(policy) if matches!(policy.state, PolicyState::Creating | PolicyState::Updating) => {
            Ok(Policy::Later(format!("QoS policy {name} is not ready yet")))
        }
        Some(policy) if policy.limit.rounded() == limit.rounded() => Ok(Policy::Found(policy)),
        found => write(job, client, (specs, limit), found).await,
    }
}

async fn write(
    job: &mut Job,
    client: &Cluster,
    (specs, limit): (QosSpecsId, QosLimit),
    found: Option<QosPolicy>,
) -> Result<Policy<QosPolicy>> {
    let request = CreatePolicy {
        name: policy_name(specs),
        description: Some("made by hearth from QoS specs".to_owned()),
        limit,
        visibility: PolicyVisibility::Global,
        projects: Vec::new(),
    };
    let outcome = match found {
        Some(policy) => {
            let changed = QosPolicy { limit, ..policy };
            client.update_policy(Lane::User, changed.uuid, &request).await.map(|()| changed)
        }
        None => client.create_policy(Lane::User, &request).await,
    };
    Ok(match outcome {
        Outcome::Done(policy) if still(job, specs, limit).await? => Policy::Found(policy),
        Outcome::Done(_) => Policy::Later("the QoS specs have changed meanwhile".to_owned()),
        Outcome::Refused(refusal)
            if matches!(refusal.reason, Reason::Busy | Reason::Exhausted | Reason::AlreadyExists) =>
        {
            Policy::Later(refusal.to_string())
        }
        Outcome::Refused(refusal) => Policy::Refused(refusal),
        Outcome::Unknown(trouble) => {
            if !trouble.is_unsent() {
                job.doubt();
            }
            trouble.into()
        }
    })
}

/// Whether the specs still say so.
async fn still(job: &Job, specs: QosSpecsId, limit: QosLimit) -> Result<bool> {
    let now = job.bench.store.read().await?.find_qos_specs(specs).await?;
    Ok(now.is_some_and(|now| now.limit().is_ok_and(|now| now == limit)))
}
