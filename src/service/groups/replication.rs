//! Replication of groups: refused, since no cluster mirrors a group elsewhere. The refusals come
//! in Cinder's order and words.

use super::{invalid, not_found};
use crate::domain::group::GroupStatus;
use crate::domain::{Ctx, Error, GroupId, Result};
use crate::service::{Services, confined_to};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    Enable,
    Disable,
    FailOver,
    ListTargets,
}

impl Replication {
    const fn verb(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::FailOver => "failover",
            Self::ListTargets => "list",
        }
    }
}

impl Services {
    /// # Errors
    /// Always: `NotFound`, or `Invalid` with the first thing that is missing.
    pub async fn replicate_group(&self, ctx: &Ctx, id: &str, what: Replication) -> Result<()> {
        let parsed: GroupId = id.parse().map_err(|_| not_found(id))?;
        let mut session = self.store.read().await?;
        let found = session.find_group(parsed, confined_to(ctx)).await?.ok_or_else(|| not_found(id))?;
        let group = found.group;
        let group_type = session.find_group_type(group.group_type_id).await?;
        if !group_type.is_some_and(|found| found.promises_replication()) {
            return Err(Error::invalid(format!(
                "Invalid group type: Group {id} is not a replication group type."
            )));
        }
        for volume_type in &group.volume_types {
            let found = session.find_type(*volume_type).await?;
            let spec = found.and_then(|found| found.extra_specs.get("replication_enabled").cloned());
            if spec.as_deref() != Some("<is> True") {
                return Err(Error::invalid(format!(
                    "Invalid volume type: Volume type {volume_type} does not have 'replication_enabled' spec key \
                     set to '<is> True'."
                )));
            }
        }
        if what != Replication::ListTargets && group.status != GroupStatus::Available {
            let (valid, verb) = match what {
                Replication::Disable => ("['available', 'error']", what.verb()),
                _ => ("['available']", what.verb()),
            };
            return Err(invalid(format!(
                "Group {id} status must be {valid}, but current status is: {}. Cannot {verb} replication.",
                group.status
            )));
        }
        Err(invalid(format!("No storage backend replicates group {id}.")))
    }
}
