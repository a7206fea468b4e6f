//! Log levels of all processes that share the database.

use std::sync::Arc;

use crate::domain::log_level::{LogLevels, LogWish};
use crate::domain::{Clock, Result};
use crate::store::{LogFollower, Store};

/// The use cases of `get-log` and `set-log`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogService {
    store: Store,
    clock: Clock,
    follower: Arc<LogFollower>,
}

impl LogService {
    pub const fn new(store: Store, clock: Clock, follower: Arc<LogFollower>) -> Self {
        Self { store, clock, follower }
    }

    /// Has every process set these levels: this one before it returns, the others when they next
    /// look at the store.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set(&self, wishes: &[LogWish]) -> Result<()> {
        // What means no logger of ours need not be remembered.
        let real: Vec<LogWish> = wishes.iter().filter(|wish| wish.means_any()).cloned().collect();
        if real.is_empty() {
            return Ok(());
        }
        let (real, now) = (&real, self.clock.now());
        self.store.write("set log levels", |tx, _| Box::pin(tx.insert_log_wishes(real, now))).await?;
        self.levels().await.map(|_| ())
    }

    /// What is logged, with all in it that has been wished for up to now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn levels(&self) -> Result<&dyn LogLevels> {
        self.follower.catch_up(&mut self.store.read().await?).await?;
        Ok(self.follower.control())
    }
}
