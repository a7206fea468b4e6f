//! What is to be placed, and what it becomes on a given cluster.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Chosen;
use crate::domain::cluster::{Cluster, Tenancy};
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{Bytes, ClusterId, LightosProject, ProjectId};

/// Longest project name the clients of Lightbits accept (`lightbits-api` 3.10).
const PROJECT_NAME_MAX: usize = 63;

/// Why capacity is asked for; decides which intents and filters count (`federation` 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Purpose {
    /// A new volume, anywhere.
    New,
    /// A clone or a volume from a snapshot: on the cluster and in the project of its source.
    Copy { owner: ClusterId, project: LightosProject },
    /// Another type for a volume that stays where it is and as large as it is.
    Retype { owner: ClusterId, project: LightosProject },
    /// An extend: `bytes` of the request is the difference.
    Grow { owner: ClusterId, project: LightosProject },
}

impl Purpose {
    pub const fn owner(&self) -> Option<ClusterId> {
        match self {
            Self::New => None,
            Self::Copy { owner, .. } | Self::Grow { owner, .. } | Self::Retype { owner, .. } => Some(*owner),
        }
    }
}

/// `same_host` and `different_host`, with the volumes looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affinity {
    /// `None`: not asked. Empty: asked, but none of the volumes is anywhere, so nothing can match
    /// (as Cinder's `SameBackendFilter`).
    pub same: Option<Vec<ClusterId>>,
    pub different: Vec<ClusterId>,
}

/// What "lowest ratio" means. They differ only between clusters of unequal size, by at most one
/// volume's share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rank {
    /// The literal policy: the ratio as it is before the volume.
    #[default]
    RatioBefore,
    /// The ratio as it would be with the volume.
    RatioAfter,
}

/// One question to [`super::decide`].
#[derive(Debug, Clone)]
pub struct Request {
    pub purpose: Purpose,
    /// Size of the volume (of the growth), once, before replicas.
    pub bytes: Bytes,
    /// Replicas if already fixed (an existing volume); else the type's, else the cluster's.
    pub replicas: Option<u8>,
    pub specs: TypeSpecs,
    /// The Keystone project, for clusters with a Lightbits project each.
    pub project: ProjectId,
    pub availability_zone: Option<String>,
    pub affinity: Affinity,
    /// Clusters that definitely refused this volume before.
    pub excluded: Vec<ClusterId>,
    pub rank: Rank,
}

impl Request {
    /// A plain request for `bytes`, without wishes.
    pub fn new(purpose: Purpose, bytes: Bytes, project: ProjectId) -> Self {
        Self {
            purpose,
            bytes,
            replicas: None,
            specs: TypeSpecs::default(),
            project,
            availability_zone: None,
            affinity: Affinity::default(),
            excluded: Vec::new(),
            rank: Rank::default(),
        }
    }

    /// Replicas the volume would have on this cluster.
    pub(super) fn replicas_on(&self, cluster: &Cluster) -> u8 {
        self.replicas.or(self.specs.replicas).unwrap_or(cluster.traits.default_replicas).max(1)
    }

    /// What it would take from the effective capacity of this cluster.
    pub(super) fn demand_on(&self, cluster: &Cluster) -> Bytes {
        self.bytes.times(self.replicas_on(cluster))
    }

    pub(super) fn choose(&self, cluster: &Cluster) -> Chosen {
        Chosen {
            cluster: cluster.id,
            name: cluster.name.clone(),
            replicas: self.replicas_on(cluster),
            compression: self.specs.compression.unwrap_or(cluster.traits.default_compression),
            project: self.lightos_project(cluster),
            reserve: self.demand_on(cluster),
        }
    }

    fn lightos_project(&self, cluster: &Cluster) -> LightosProject {
        match &self.purpose {
            Purpose::Copy { project, .. }
            | Purpose::Grow { project, .. }
            | Purpose::Retype { project, .. } => project.clone(),
            Purpose::New => match (&cluster.traits.tenancy, &self.specs.project_name) {
                (Tenancy::PerProject, _) => project_of(&self.project),
                (Tenancy::Fixed(_), Some(named)) => LightosProject::new(named.clone()),
                (Tenancy::Fixed(fixed), None) => fixed.clone(),
            },
        }
    }
}

/// The Lightbits project of a Keystone project: its id where that is a valid name (it normally
/// is: 32 hex digits), else a name made from it that never changes.
fn project_of(project: &ProjectId) -> LightosProject {
    let id = project.as_str();
    let valid = (1..=PROJECT_NAME_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if valid {
        return LightosProject::new(id);
    }
    LightosProject::new(format!("p-{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()).simple()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_name_is_always_valid_and_stable() {
        let keystone = ProjectId::new("0123456789abcdef0123456789abcdef");
        assert_eq!(project_of(&keystone).as_str(), keystone.as_str());
        for odd in ["", "Größe", "UPPER", &"x".repeat(64), "a/b"] {
            let odd = ProjectId::new(odd);
            let name = project_of(&odd);
            assert_eq!(name, project_of(&odd));
            assert_eq!(name.as_str().len(), 34);
            assert_ne!(name, project_of(&ProjectId::new("another one")));
        }
    }
}
