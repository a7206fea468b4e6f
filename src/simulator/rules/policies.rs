//! QoS policies (`lightbits-api` §2.7).

use uuid::Uuid;

use super::{Moment, input};
use crate::simulator::model::{Limits, Policy, Record, Visibility};
use crate::simulator::refusal::{Refusal, Result};

/// The policy of volumes that name none; always present.
pub const NO_LIMIT: &str = "no-limit-policy";
/// IOPS limits come in steps of this.
const IOPS_STEP: u32 = 256;

pub fn no_limit(cluster: Uuid) -> Policy {
    Policy {
        uuid: Uuid::new_v5(&cluster, NO_LIMIT.as_bytes()),
        name: NO_LIMIT.to_owned(),
        description: "no limit".to_owned(),
        visibility: Visibility::Global,
        projects: Vec::new(),
        limits: Limits::Iops { write: 0, read: 0 },
    }
}

pub fn create(at: &Moment<'_>, mut policy: Policy) -> Result<(Vec<Record>, Policy)> {
    check(at, &policy)?;
    policy.limits = rounded(policy.limits);
    Ok((vec![Record::Policy(policy.clone())], policy))
}

pub fn update(at: &Moment<'_>, mut policy: Policy) -> Result<Vec<Record>> {
    if at.tables.policies.get(&policy.uuid).is_some_and(|old| old.name == NO_LIMIT) {
        return Err(Refusal::invalid("the default policy cannot be changed"));
    }
    check(at, &policy)?;
    policy.limits = rounded(policy.limits);
    Ok(vec![Record::Policy(policy)])
}

pub fn delete(at: &Moment<'_>, policy: &Policy) -> Result<Vec<Record>> {
    let used = at.tables.volumes.values().any(|volume| volume.policy == policy.uuid)
        || at.tables.projects.values().any(|project| project.default_policy == Some(policy.uuid))
        || at.tables.settings.get("DefaultQoSName") == Some(&policy.name);
    if used {
        return Err(Refusal::precondition("the policy is in use"));
    }
    Ok(vec![Record::PolicyGone(policy.uuid)])
}

fn check(at: &Moment<'_>, policy: &Policy) -> Result<()> {
    input::name(&policy.name)?;
    input::description(&policy.description)?;
    if at.tables.policies.values().any(|other| other.name == policy.name && other.uuid != policy.uuid) {
        return Err(Refusal::exists(format!("policy {:?} exists", policy.name)));
    }
    Ok(())
}

const fn rounded(limits: Limits) -> Limits {
    match limits {
        Limits::Iops { write, read } => Limits::Iops { write: up(write), read: up(read) },
        other => other,
    }
}

const fn up(iops: u32) -> u32 {
    match iops.checked_next_multiple_of(IOPS_STEP) {
        Some(iops) => iops,
        None => u32::MAX,
    }
}
