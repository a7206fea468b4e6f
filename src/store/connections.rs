//! Where connections come from: a pool on a server, readers and one shared writer on SQLite.

use std::time::Duration;

use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;

use super::Dialect;
use super::commits::Commits;
use super::group::Group;
use super::loan::Loan;
use super::readers::Readers;
use super::session::{Again, Inner, acquire_error};
use crate::domain::{Error, Result};

/// How long a request waits for a database connection (then 503).
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// SQLite readers beside its one writer.
const SQLITE_READERS: u32 = 4;

#[derive(Debug, Clone)]
pub(super) enum Connections {
    Server(Dialect, AnyPool),
    /// The writer is ONE connection, so that writers queue fairly in process instead of sleeping
    /// in SQLite's busy handler, and share their commits.
    File {
        readers: Readers,
        group: Group,
        writer: AnyPool,
    },
    /// A database in memory is its one connection.
    Memory {
        group: Group,
        only: AnyPool,
    },
}

impl Connections {
    pub(super) async fn open(
        dialect: Dialect,
        url: &str,
        max_connections: u32,
        commits: &Commits,
    ) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let memory = dialect == Dialect::Sqlite && url.contains(":memory:");
        let url = dialect.complete_url(url);
        let keep = |time| if memory { None } else { Some(Duration::from_secs(time)) };
        let pool = AnyPoolOptions::new()
            .max_connections(if dialect == Dialect::Sqlite { 1 } else { max_connections })
            .min_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(move |connection, _| {
                Box::pin(async move { dialect.check_connection(connection).await.map(|()| true) })
            })
            .idle_timeout(keep(600))
            .max_lifetime(keep(3600))
            .after_connect(move |connection, _| Box::pin(dialect.prepare_connection(connection)))
            .connect(&url)
            .await
            .map_err(|e| Error::unavailable("The database does not answer.").because(e))?;
        Ok(match dialect {
            Dialect::Mysql | Dialect::Postgres => Self::Server(dialect, pool),
            Dialect::Sqlite if memory => {
                Self::Memory { group: Group::new(pool.clone(), commits.clone()), only: pool }
            }
            Dialect::Sqlite => Self::File {
                readers: Readers::new(&url, SQLITE_READERS.min(max_connections.max(1))),
                group: Group::new(pool.clone(), commits.clone()),
                writer: pool,
            },
        })
    }

    pub(super) async fn read(&self) -> Result<Inner> {
        match self {
            Self::File { readers, .. } => readers.acquire().await.map(Inner::Reader),
            Self::Server(dialect, pool) => {
                Loan::from(pool, *dialect).await.map(Inner::Pooled).map_err(acquire_error)
            }
            Self::Memory { only, .. } => {
                Loan::from(only, Dialect::Sqlite).await.map(Inner::Pooled).map_err(acquire_error)
            }
        }
    }

    pub(super) async fn write(&self) -> std::result::Result<Inner, (Error, Again)> {
        match self {
            Self::File { group, .. } | Self::Memory { group, .. } => group.turn().await.map(Inner::Grouped),
            Self::Server(dialect, pool) => {
                let begun = async {
                    let mut loan = Loan::from(pool, *dialect).await?;
                    loan.begin().await?;
                    Ok(Inner::Transaction(loan))
                };
                begun.await.map_err(|error| {
                    let again = Again::when(dialect.is_race(&error));
                    (acquire_error(error), again)
                })
            }
        }
    }

    /// From now on nobody can read.
    pub(super) async fn close_readers(&self) {
        if let Self::File { readers, .. } = self {
            readers.close().await;
        }
    }

    pub(super) async fn close(&self) {
        self.close_readers().await;
        match self {
            Self::Server(_, pool) | Self::File { writer: pool, .. } | Self::Memory { only: pool, .. } => {
                pool.close().await;
            }
        }
    }
}
