//! A connection of a pool, on loan.
//!
//! A future may be dropped at any `.await`: a client hangs up, a deadline passes. sqlx cannot
//! always read on where such a future stopped: MariaDB connections that were being sent a
//! statement to prepare then wait for ever, on their way back into the pool, and are never seen
//! again (measured: seven of eight gone after sixty cancelled writes). So a connection that was
//! left in the middle of a statement or transaction is closed; the server rolls back.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool};

use super::Dialect;

/// What the connection is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Busy {
    No,
    Statement,
    Transaction,
}

pub(super) struct Loan {
    connection: PoolConnection<Any>,
    dialect: Dialect,
    busy: Busy,
}

impl Loan {
    pub(super) async fn from(pool: &AnyPool, dialect: Dialect) -> sqlx::Result<Self> {
        Ok(Self { connection: pool.acquire().await?, dialect, busy: Busy::No })
    }

    pub(super) async fn begin(&mut self) -> sqlx::Result<()> {
        self.busy = Busy::Transaction;
        self.run(self.dialect.begin()).await
    }

    /// Ends the transaction; one that fails to end leaves it to the closing of the connection.
    pub(super) async fn end(&mut self, how: &'static str) -> sqlx::Result<()> {
        self.run(how).await?;
        self.busy = Busy::No;
        Ok(())
    }

    pub(super) async fn run(&mut self, sql: &'static str) -> sqlx::Result<()> {
        sqlx::raw_sql(sql).execute(&mut *self.connection).await.map(|_| ())
    }

    /// For a statement; `answered` is to follow.
    pub(super) fn ask(&mut self) -> &mut AnyConnection {
        if self.busy == Busy::No {
            self.busy = Busy::Statement;
        }
        &mut self.connection
    }

    pub(super) fn answered(&mut self) {
        if self.busy == Busy::Statement {
            self.busy = Busy::No;
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // SQLite's worker finishes what it was told and is ready for the next; and a database in
        // memory is its connection.
        if self.busy != Busy::No && self.dialect != Dialect::Sqlite {
            self.connection.close_on_drop();
        }
    }
}
