//! All SQL, and only SQL: one code path for SQLite, MariaDB (Galera too) and PostgreSQL.
//!
//! The portable subset is small on purpose: `VARCHAR`, `TEXT`, `BIGINT`; times are microseconds,
//! JSON is text, truth values are 0 and 1. sea-query writes the statements, [`Dialect`] holds
//! the few places where the engines differ.
//!
//! * Reads: `store.read().await?` gives a [`Session`].
//! * Writes: `store.write("what for", |tx, _| Box::pin(async move { … }))`. The closure may run
//!   more than once (a Galera certification failure at commit is normal), so it must not have
//!   effects outside the transaction, and never awaits the network.
//! * Rows change by read, modify, `update_…`: the update names the row's version, and a row that
//!   moved meanwhile restarts the closure. That is the compare-and-swap of invariant 10.

mod adopted;
mod attachments;
mod backups;
mod cache;
mod clusters;
mod commits;
mod connections;
mod default_types;
mod dialect;
mod dispatch;
mod group;
mod group_snapshots;
mod group_types;
mod groups;
mod holdings;
mod leases;
mod list;
mod loan;
mod log_wishes;
mod messages;
mod migrate;
mod operations;
mod placements;
mod qos;
mod quotas;
mod readers;
mod registrations;
mod remembered;
mod reservations;
mod row;
mod schema;
mod service_ids;
mod session;
mod snapshots;
mod transfers;
mod turns;
mod type_encryption;
mod types;
mod versioned;
mod volumes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;

pub use clusters::{ClusterRow, PLACEMENT_LOCK, PollResult};
pub use dialect::Dialect;
pub use dispatch::{Dispatch, LEASE};
pub use groups::Legacy;
pub use holdings::{ClusterUse, Holding};
pub use log_wishes::LogFollower;
pub use migrate::SchemaState;
pub use qos::Throttled;
pub use quotas::{ProjectUse, quota_lock};
pub use registrations::RegistrationsText;
pub use reservations::Reservation;
pub use service_ids::SCHEDULER_ID;
pub use session::{Scope, Session, Tx};

use commits::Ownership;
use connections::Connections;

use crate::domain::{Error, Result};

/// How long a transaction that lost a race is tried again before the caller hears of it. Time
/// decides, not a number: on Galera a slow node loses any number of races in a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    connections: Connections,
    dialect: Dialect,
    cache: cache::VolumeCache,
    pages: remembered::Pages,
    commits: commits::Commits,
    ownership: Ownership,
    turns: turns::Turns,
    /// Statements of all sessions.
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Connects to `sqlite://path`, `sqlite::memory:`, `mysql://…` or `postgres://…`.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer, `Invalid` for an unknown URL scheme.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let dialect = Dialect::of_url(url)?;
        let commits = commits::Commits::default();
        let connections = Connections::open(dialect, url, max_connections, &commits).await?;
        let (cache, pages) = (cache::VolumeCache::default(), remembered::Pages::default());
        Ok(Self {
            connections,
            dialect,
            cache,
            pages,
            commits,
            ownership: Ownership::Shared,
            turns: turns::Turns::default(),
            statements: Arc::default(),
        })
    }

    /// The same store of a SQLite file to which nobody else writes for as long as it is open:
    /// what was read is then remembered until something is committed.
    #[must_use]
    pub fn as_sole_owner(mut self) -> Self {
        // Only the group counts its commits.
        if self.dialect == Dialect::Sqlite {
            self.ownership = Ownership::Sole;
        }
        self
    }

    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// `Unavailable` when no connection comes free in time.
    pub async fn read(&self) -> Result<Session> {
        let inner = self.connections.read().await?;
        let moment = match self.ownership {
            Ownership::Sole => self.commits.quiet(),
            Ownership::Shared => None,
        };
        Ok(Session::new(inner, self.dialect, self.cache.clone(), moment).tallied(&self.statements))
    }

    /// Statements sent so far, through whatever session; tests hold requests to a fixed number.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Runs `work` in one transaction and commits. A lost race (deadlock, certification failure,
    /// stale version) runs it again.
    ///
    /// # Errors
    /// Whatever `work` returns, after rolling back; `Unavailable` when the race is lost too often.
    pub async fn write<'env, T, F>(&self, what: &'static str, work: F) -> Result<T>
    where
        T: Send,
        F: for<'t> Fn(&'t mut Tx, Scope<'t, 'env>) -> BoxFuture<'t, Result<T>> + Send + Sync + 'env,
    {
        let began = Instant::now();
        let mut attempt = 0;
        loop {
            match self.attempt(&work).await {
                Ok(value) => return Ok(value),
                Err((error, session::Again::No)) => return Err(error),
                Err((error, session::Again::Yes)) => {
                    attempt += 1;
                    if began.elapsed() >= PATIENCE {
                        let busy = "The database is busy, try again.";
                        return Err(Error::unavailable(busy).because(error));
                    }
                    tracing::debug!(what, attempt, "transaction lost a race, running it again");
                    tokio::time::sleep(backoff(attempt)).await;
                }
            }
        }
    }

    /// As `write`, for a transaction that begins with the lock of this name (`Tx::lock`).
    ///
    /// # Errors
    /// As `write`.
    pub async fn write_in_turn<'env, T, F>(&self, lock: &str, what: &'static str, work: F) -> Result<T>
    where
        T: Send,
        F: for<'t> Fn(&'t mut Tx, Scope<'t, 'env>) -> BoxFuture<'t, Result<T>> + Send + Sync + 'env,
    {
        // SQLite's writers have a queue of their own, in which they share commits.
        let _turn = match self.dialect {
            Dialect::Sqlite => None,
            Dialect::Mysql | Dialect::Postgres => Some(self.turns.take(lock).await?),
        };
        self.write(what, work).await
    }

    async fn attempt<'env, T, F>(&self, work: &F) -> std::result::Result<T, (Error, session::Again)>
    where
        F: for<'t> Fn(&'t mut Tx, Scope<'t, 'env>) -> BoxFuture<'t, Result<T>> + Send + Sync + 'env,
    {
        let inner = self.connections.write().await?;
        let mut tx =
            Tx::new(Session::new(inner, self.dialect, self.cache.clone(), None).tallied(&self.statements));
        let result = work(&mut tx, Scope::default()).await;
        tx.finish(result).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `Unavailable` with the cause.
    pub async fn ping(&self) -> Result<()> {
        self.read().await?.ping().await
    }

    /// Closes the connections; SQLite folds its journal back into the file.
    pub async fn close(&self) {
        self.connections.close().await;
    }
}

/// A few milliseconds, random so that two losers do not meet again.
fn backoff(attempt: u32) -> Duration {
    use rand::RngExt;
    let ceiling = (1u64 << attempt.min(7)) * 2;
    Duration::from_micros(rand::rng().random_range(500..=ceiling * 1000))
}
