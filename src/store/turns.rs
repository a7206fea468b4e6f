//! The queue of this process in front of a lock of the database.
//!
//! Whoever waits for a lock inside the database waits with a connection in hand: a burst of
//! placements would take them all, and requests that need no lock would find none in time. And on
//! Galera those of one process would lose races against each other as well as against the other
//! nodes. So they queue here, in the order they came; one of each process goes on to the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::domain::{Error, Result};

/// How long somebody queues. A thousand placements on a slow machine take about this long.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>);

impl Turns {
    /// # Errors
    /// `Unavailable` when the turn does not come: whoever is before us waits for the database.
    pub(super) async fn take(&self, lock: &str) -> Result<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(lock.to_owned()).or_default().clone()
        };
        let late = |_| Error::unavailable("The database is busy, try again.").because("no turn at a lock");
        tokio::time::timeout(PATIENCE, turn.lock_owned()).await.map_err(late)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_hears_of_it() {
        let turns = Turns::default();
        let _held = turns.take("a").await.unwrap();
        assert_eq!(turns.take("a").await.unwrap_err().kind(), crate::domain::ErrorKind::Unavailable);
    }

    #[tokio::test]
    async fn one_at_a_time_for_each_lock_and_nothing_is_kept_of_it() {
        let turns = Turns::default();
        let first = turns.take("a").await.unwrap();
        assert!(turns.take("a").now_or_never().is_none());
        let other = turns.take("b").now_or_never().unwrap();
        drop((first, other));
        let again = turns.take("a").now_or_never().unwrap();
        assert_eq!(turns.0.lock().unwrap().len(), 1);
        drop(again);
    }
}
