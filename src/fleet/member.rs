//! A registered cluster in this process: its client, and what stands in the way of using it.

use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio_util::sync::CancellationToken;

use super::registrations::Registration;
use crate::domain::{ClusterId, ClusterName};
use crate::lightbits;

/// What stands in the way of using a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberTrouble {
    /// The same cluster is registered under another name: its capacity would count twice.
    #[error("it is cluster {other} by another name (UUID {id}); remove one of the two")]
    SameCluster { other: ClusterName, id: ClusterId },
    #[error("{0}")]
    Other(String),
}

pub(super) struct Member {
    name: ClusterName,
    registration: ArcSwap<Registration>,
    client: Option<lightbits::Cluster>,
    /// Once known it never changes for this registration.
    id: OnceLock<ClusterId>,
    trouble: ArcSwapOption<MemberTrouble>,
    pub stop: CancellationToken,
}

impl Member {
    pub(super) fn new(
        registration: Registration,
        known: Option<ClusterId>,
        client: Result<lightbits::Cluster, String>,
        stop: CancellationToken,
    ) -> Self {
        let (client, trouble) = match client {
            Ok(client) => (Some(client), None),
            Err(trouble) => (None, Some(Arc::new(MemberTrouble::Other(trouble)))),
        };
        let id = known.map_or_else(OnceLock::new, OnceLock::from);
        let name = registration.name.clone();
        let registration = ArcSwap::from_pointee(registration);
        Self { name, registration, client, id, trouble: ArcSwapOption::new(trouble), stop }
    }

    pub(super) const fn name(&self) -> &ClusterName {
        &self.name
    }
    pub(super) fn registration(&self) -> Arc<Registration> {
        self.registration.load_full()
    }
    /// Other limits or labels over the same connection.
    pub(super) fn set_registration(&self, registration: &Registration) {
        if **self.registration.load() != *registration {
            self.registration.store(Arc::new(registration.clone()));
        }
    }
    pub(super) fn client(&self) -> Option<lightbits::Cluster> {
        self.client.clone()
    }
    pub(super) fn id(&self) -> Option<ClusterId> {
        self.id.get().copied()
    }
    /// Only the first id counts.
    pub(super) fn set_id(&self, id: ClusterId) {
        self.id.get_or_init(|| id);
    }
    pub(super) fn trouble(&self) -> Option<MemberTrouble> {
        self.trouble.load().as_ref().map(|trouble| MemberTrouble::clone(trouble))
    }
    pub(super) fn set_trouble(&self, trouble: Option<MemberTrouble>) {
        if self.trouble() != trouble {
            if let Some(trouble) = &trouble {
                tracing::warn!(cluster = %self.name(), %trouble, "a cluster cannot be used");
            }
            self.trouble.store(trouble.map(Arc::new));
        }
    }
}
