//! The clients of the registered clusters, by the clusters' own ids.
//!
//! Replaced as the registrations change; whoever holds a client finishes its call with it.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::ClusterId;
use crate::lightbits;

/// Cheap to clone; all clones see the same clients.
#[derive(Clone, Default)]
pub struct Clients(Arc<ArcSwap<HashMap<ClusterId, lightbits::Cluster>>>);

impl Clients {
    /// The client of a cluster whose UUID has been verified once; `None` while it is not
    /// registered or was never reached.
    pub fn get(&self, id: ClusterId) -> Option<lightbits::Cluster> {
        self.0.load().get(&id).cloned()
    }

    pub fn put(&self, id: ClusterId, client: &lightbits::Cluster) {
        self.0.rcu(|clients| {
            let mut clients = HashMap::clone(clients);
            clients.insert(id, client.clone());
            clients
        });
    }

    pub fn remove(&self, id: ClusterId) {
        self.0.rcu(|clients| {
            let mut clients = HashMap::clone(clients);
            clients.remove(&id);
            clients
        });
    }
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.load().keys()).finish()
    }
}
