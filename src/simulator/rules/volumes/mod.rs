//! Volumes: create, update, delete, roll back. Each answers before it is done; `due` finishes.

mod change;
mod create;
mod remove;

pub use change::{Update, finish_rollback, finish_update, rollback, update};
pub use create::{NewVolume, create};
pub use remove::{delete, finish_delete};

use uuid::Uuid;

use super::Moment;
use crate::simulator::model::{Policy, Volume, VolumeState};
use crate::simulator::refusal::{Refusal, Result};

/// A volume or snapshot as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handle {
    Uuid(Uuid),
    Name(String),
}

impl Handle {
    /// The UUID wins; a text that is no UUID names nothing.
    pub fn parse(uuid: &str, name: &str) -> Option<Self> {
        match (uuid, name) {
            ("", "") => None,
            ("", name) => Some(Self::Name(name.to_owned())),
            (uuid, _) => Some(Self::Uuid(Uuid::parse_str(uuid).unwrap_or_default())),
        }
    }
}

/// What the operations on an existing volume begin with.
#[derive(Debug, Clone)]
pub struct Target {
    pub volume: Volume,
    /// `If-Match`, when the client sent one.
    pub if_match: Option<String>,
}

impl Target {
    fn check_etag(&self, at: &Moment<'_>) -> Result<()> {
        match &self.if_match {
            Some(tag) if *tag != self.volume.etag() => Err(Refusal::stale_etag(&at.options.quirks)),
            _ => Ok(()),
        }
    }
}

/// Updates, deletes and rollbacks wait for a volume that is busy and give up on one that is gone
/// (`lightbits-api` §3.2).
fn check_idle(volume: &Volume) -> Result<()> {
    use VolumeState as S;
    let state = volume.state.name();
    match volume.state {
        S::Available | S::Migrating => Ok(()),
        S::Creating | S::Updating | S::Rollback => {
            Err(Refusal::unavailable(format!("volume {} is {state}, try again later", volume.uuid)))
        }
        S::Deleting | S::Failed => Err(Refusal::precondition(format!("volume {} is {state}", volume.uuid))),
    }
}

/// The policy that a request names, checked for the project; none when it names none.
fn named_policy<'a>(at: &Moment<'a>, project: &str, uuid: &str, name: &str) -> Result<Option<&'a Policy>> {
    let policies = || at.tables.policies.values();
    let found = match (uuid, name) {
        ("", "") => return Ok(None),
        ("", name) => policies().find(|policy| policy.name == name),
        (uuid, "") => policies().find(|policy| policy.uuid.to_string() == uuid.to_ascii_lowercase()),
        _ => return Err(Refusal::invalid("give qosPolicyUUID or qosPolicyName, not both")),
    };
    match found {
        Some(policy) if policy.serves(project) => Ok(Some(policy)),
        _ => Err(Refusal::invalid(format!("no QoS policy {uuid}{name} for project {project}"))),
    }
}
