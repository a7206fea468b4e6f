//! How many operations work at once: so many for each cluster, and as many on none yet.
//!
//! A cluster that answers nothing keeps those that call it for the whole deadline of a call. With
//! places of its own it keeps no others (design, invariant 7). A place is held for one step, not
//! while an operation rests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::ClusterId;

#[derive(Debug)]
pub(super) struct Places {
    each: usize,
    of: Mutex<HashMap<Option<ClusterId>, Arc<Semaphore>>>,
}

impl Places {
    pub(super) fn new(each: usize) -> Self {
        Self { each: each.clamp(1, Semaphore::MAX_PERMITS), of: Mutex::default() }
    }

    pub(super) async fn enter(&self, cluster: Option<ClusterId>) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
            of.entry(cluster).or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
        };
        // Never closed, so there is always a place in the end.
        places.acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_full_cluster_takes_no_place_from_another() {
        let places = Places::new(1);
        let (sick, well) = (Some(ClusterId::random()), Some(ClusterId::random()));
        let held = places.enter(sick).await;
        assert!(places.enter(sick).now_or_never().is_none());
        assert!(places.enter(well).now_or_never().is_some());
        assert!(places.enter(None).now_or_never().is_some());
        drop(held);
        assert!(places.enter(sick).now_or_never().is_some());
    }
}
