//! What is on a cluster and not ours yet: how it is named, listed and taken in.

use serde::{Deserialize, Serialize};

use super::status::text_enum;
use super::{BackendUuid, Bytes, Gib, LightosProject, Metadata};

text_enum! {
    Objects { Volumes = "volumes", Snapshots = "snapshots" }
}

/// Which object is meant (`ref` of a request): `source-name`, `source-id` or both. Neither is an
/// object that cannot be found, which shows later, as in Cinder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    pub name: Option<String>,
    /// UUID on the cluster; text, since one that is none is simply not found.
    pub id: Option<String>,
}

/// `POST /manageable_volumes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewManagedVolume {
    pub host: String,
    /// Named instead of a host; there is none of those that Cinder means.
    pub cluster: Option<String>,
    pub reference: Reference,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Id or name.
    pub volume_type: Option<String>,
    pub availability_zone: Option<String>,
    pub bootable: bool,
    pub metadata: Metadata,
}

/// `POST /manageable_snapshots`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewManagedSnapshot {
    pub volume_id: String,
    pub reference: Reference,
    pub name: Option<String>,
    pub description: Option<String>,
    pub metadata: Metadata,
}

/// An object as a cluster lists it; from the worker to whoever waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub uuid: BackendUuid,
    pub name: String,
    pub project: LightosProject,
    pub size: Bytes,
    /// Why it cannot be taken in at the moment, whoever it belongs to.
    pub hindrance: Option<String>,
    /// Of a snapshot: the name of its volume.
    pub source: Option<String>,
}

/// One entry of the list of what could be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manageable {
    pub reference: FoundBy,
    pub size: Gib,
    /// The volume or snapshot of ours that it is.
    pub cinder_id: Option<String>,
    /// `None`: it is safe.
    pub reason_not_safe: Option<String>,
    pub uuid: BackendUuid,
    pub project: LightosProject,
    pub source: Option<String>,
}

/// The one handle that is enough: the name where the cluster has it only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundBy {
    Name(String),
    Id(BackendUuid),
}

impl FoundBy {
    /// The key of a reference, and its value.
    pub fn pair(&self) -> (&'static str, String) {
        match self {
            Self::Name(name) => ("source-name", name.clone()),
            Self::Id(id) => ("source-id", id.to_string()),
        }
    }
}
