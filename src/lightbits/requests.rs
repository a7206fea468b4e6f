//! What the gateway asks of a cluster.

use uuid::Uuid;

use crate::domain::{BackendUuid, Bytes, LightosProject, Metadata};

use super::{Acl, ETag, PolicyVisibility, QosLimit};

/// The same request always describes the same volume: `resolve_volume` compares what it finds
/// with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateVolume {
    pub project: LightosProject,
    /// Unique within the project; made from an id, never from what a user typed.
    pub name: String,
    /// The cluster rounds up to 4 KiB.
    pub size: Bytes,
    /// 1–3.
    pub replicas: u8,
    pub compression: bool,
    pub acl: Acl,
    pub ip_acl: Acl,
    /// A snapshot of the same project, to make a clone of.
    pub source: Option<BackendUuid>,
    pub qos: Option<QosRef>,
    /// At most 16. Releases before 3.11.1 ignore them; some strip prefixes from keys.
    pub labels: Metadata,
}

/// A policy by either of its handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QosRef {
    Uuid(Uuid),
    Name(String),
}

impl QosRef {
    /// A UUID is taken for one, anything else for a name.
    pub fn parse(text: &str) -> Self {
        Uuid::try_parse(text).map_or_else(|_| Self::Name(text.to_owned()), Self::Uuid)
    }
}

/// What is given changes, the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateVolume {
    pub acl: Option<Acl>,
    pub ip_acl: Option<Acl>,
    /// Growing only; shrinking would need a force that we never use.
    pub size: Option<Bytes>,
    pub qos: Option<QosRef>,
    /// Of what is written from now on.
    pub compression: Option<bool>,
    /// Replaces all labels.
    pub labels: Option<Metadata>,
    /// Releases before 3.16 ignore it without a word.
    pub new_name: Option<String>,
    /// Only if the volume still has this ETag; otherwise the answer is `Reason::Busy`.
    pub if_match: Option<ETag>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSnapshot {
    pub project: LightosProject,
    pub name: String,
    pub volume: BackendUuid,
    /// At most 256 bytes.
    pub description: Option<String>,
}

/// Which volumes or snapshots to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// `None` is all projects, which only a cluster admin may ask for.
    pub project: Option<LightosProject>,
    pub name: Option<String>,
    /// Volumes only: the clones of this snapshot.
    pub clones_of: Option<BackendUuid>,
    pub deleting: Deleting,
}

/// Whether objects that are being deleted are listed (releases before 3.2.1 do not know).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deleting {
    #[default]
    Hidden,
    Shown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatePolicy {
    pub name: String,
    pub description: Option<String>,
    pub limit: QosLimit,
    pub visibility: PolicyVisibility,
    pub projects: Vec<LightosProject>,
}
