//! One connection with its dialect: [`Session`] reads, [`Tx`] reads and writes.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::TryStreamExt as _;
use sea_query::{Asterisk, Expr, ExprTrait as _, OnConflict, Query, SelectStatement};
use sea_query_sqlx::SqlxBinder;
use sqlx::any::AnyRow;
use sqlx::error::DatabaseError;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::Dialect;
use super::cache::VolumeCache;
use super::commits::Moment;
use super::group::Turn;
use super::loan::Loan;
use super::readers::Reader;
use crate::domain::{Error, Result};

/// Ties the life of a transaction (`'t`) to what its closure borrows (`'env`). Callers write `_`.
pub type Scope<'t, 'env> = PhantomData<&'t &'env ()>;

/// Whether to run a failed transaction again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}

impl Again {
    pub(super) const fn when(race: bool) -> Self {
        if race { Self::Yes } else { Self::No }
    }
}

/// What a session talks over.
pub(super) enum Inner {
    Reader(Reader),
    Pooled(Loan),
    Transaction(Loan),
    Grouped(Turn),
}

/// A connection to read from.
pub struct Session {
    inner: Inner,
    pub(super) dialect: Dialect,
    pub(super) cache: VolumeCache,
    /// Before its first statement; none in a transaction, whose changes nobody else sees yet.
    pub(super) moment: Option<Moment>,
    again: Again,
    statements: u32,
    /// Those of the whole store.
    tally: Option<Arc<AtomicU64>>,
    held: Held,
}

/// Whether the transaction's savepoint proves that it is still the one that was begun.
///
/// A Galera node that aborts a transaction in favour of another node's says so with the next
/// statement, or does not: when the abort falls into the preparing of a statement the error is
/// lost, and everything from there to the commit is a transaction of its own that succeeds. The
/// savepoint is gone then, and asking for it finds out (seen on MariaDB 10.11, one claim in a
/// thousand under load).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Savepoint,
    /// Another engine, or schema statements, which commit by themselves.
    Nothing,
}

/// A transaction. Rolled back when dropped unfinished.
pub struct Tx(Session);

impl Session {
    pub(super) const fn new(
        inner: Inner,
        dialect: Dialect,
        cache: VolumeCache,
        moment: Option<Moment>,
    ) -> Self {
        let held = match (&inner, dialect) {
            (Inner::Transaction(_), Dialect::Mysql) => Held::Savepoint,
            _ => Held::Nothing,
        };
        Self { inner, dialect, cache, moment, again: Again::No, statements: 0, tally: None, held }
    }

    /// Counts its statements there, too.
    pub(super) fn tallied(mut self, tally: &Arc<AtomicU64>) -> Self {
        self.tally = Some(tally.clone());
        self
    }

    fn connection(&mut self) -> Result<&mut AnyConnection> {
        self.statements += 1;
        if let Some(tally) = &self.tally {
            tally.fetch_add(1, Ordering::Relaxed);
        }
        match &mut self.inner {
            Inner::Reader(reader) => reader.connection(),
            Inner::Pooled(loan) | Inner::Transaction(loan) => Ok(loan.ask()),
            Inner::Grouped(turn) => turn.connection(),
        }
    }

    /// The statement has been answered, well or not.
    fn answered<T>(&mut self, answer: T) -> T {
        if let Inner::Pooled(loan) | Inner::Transaction(loan) = &mut self.inner {
            loan.answered();
        }
        answer
    }

    pub(super) async fn ping(&mut self) -> Result<()> {
        let ping = self.connection()?.ping().await;
        let ping = self.answered(ping);
        ping.map_err(|error| self.failed("ping", error))
    }

    /// Statements sent so far; tests hold lists to a fixed number whatever the page size.
    pub const fn statements(&self) -> u32 {
        self.statements
    }

    /// Only committed rows may be cached: what a transaction reads of itself may be rolled back,
    /// and the version it used given to another change.
    pub(super) const fn may_cache(&self) -> bool {
        matches!(self.inner, Inner::Reader(_) | Inner::Pooled(_))
    }

    /// Turns an engine error into ours, and remembers when it was only a lost race.
    pub(super) fn failed(&mut self, doing: &'static str, error: sqlx::Error) -> Error {
        if self.dialect.is_race(&error) {
            self.again = Again::Yes;
        }
        if let (Inner::Reader(reader), None) = (&mut self.inner, error.as_database_error()) {
            reader.discard();
        }
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Error::unavailable("The database does not answer.").because(error)
            }
            other if self.dialect.is_bad_text(&other) => {
                Error::invalid("A value is too long or contains a character that cannot be stored.")
                    .because(format!("{doing}: {other}"))
            }
            other => Error::internal(format!("{doing}: {other}")),
        }
    }

    pub(super) async fn all(
        &mut self,
        doing: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<AnyRow>> {
        let (sql, values) = self.dialect.build(statement);
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let rows = query.fetch_all(self.connection()?).await;
        self.answered(rows).map_err(|e| self.failed(doing, e))
    }

    pub(super) async fn optional(
        &mut self,
        doing: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Option<AnyRow>> {
        let (sql, values) = self.dialect.build(statement);
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let row = query.fetch_optional(self.connection()?).await;
        self.answered(row).map_err(|e| self.failed(doing, e))
    }

    /// Each row of an answer that may be long, one at a time.
    pub(super) async fn each(
        &mut self,
        doing: &'static str,
        statement: &impl SqlxBinder,
        mut take: impl FnMut(&AnyRow) -> Result<()>,
    ) -> Result<()> {
        let (sql, values) = self.dialect.build(statement);
        let mut rows = sqlx::query_with(AssertSqlSafe(sql), values).fetch(self.connection()?);
        let ended = loop {
            match rows.try_next().await {
                // Left in the middle of the answer, the connection is closed.
                Ok(Some(row)) => take(&row)?,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(rows);
        self.answered(ended).map_err(|error| self.failed(doing, error))
    }

    /// The first column of the only row, as a number.
    pub(super) async fn number(&mut self, doing: &'static str, statement: &impl SqlxBinder) -> Result<i64> {
        let row = self.optional(doing, statement).await?;
        let row = row.ok_or_else(|| Error::internal(format!("{doing}: no row")))?;
        row.try_get(0).map_err(|e| self.failed(doing, e))
    }

    /// How many rows `select` (without order, limit and columns) would give.
    pub(super) async fn count(&mut self, doing: &'static str, select: &SelectStatement) -> Result<i64> {
        let mut counting = select.clone();
        counting.clear_selects().clear_order_by().reset_limit().reset_offset();
        counting.expr(Expr::col(Asterisk).count());
        self.number(doing, &counting).await
    }
}

impl Tx {
    pub(super) const fn new(session: Session) -> Self {
        Self(session)
    }

    /// Commits a success, rolls back a failure, and says whether to run it all again.
    pub(super) async fn finish<T>(self, result: Result<T>) -> std::result::Result<T, (Error, Again)> {
        let mut again = self.0.again;
        let dialect = self.0.dialect;
        let mut transaction = match self.0.inner {
            Inner::Transaction(transaction) => transaction,
            Inner::Grouped(turn) => {
                let value = result.map_err(|error| (error, again))?;
                return turn.commit().await.map(|()| value);
            }
            Inner::Reader(_) | Inner::Pooled(_) => {
                return Err((Error::internal("no transaction to end"), Again::No));
            }
        };
        let mut result = result;
        if self.0.held == Held::Savepoint
            && let Err(error) = transaction.run(Dialect::RELEASE).await
        {
            // Whatever the closure has seen after that was not of this transaction.
            again = Again::when(error.as_database_error().is_some());
            result = Err(Error::unavailable("The database is busy.").because(error));
        }
        match result {
            Ok(value) => match transaction.end("COMMIT").await {
                Ok(()) => Ok(value),
                // On Galera this is where a lost race shows. A lost connection is another matter:
                // nobody knows whether it was committed, so it is not run again.
                Err(error) if dialect.is_refused_commit(&error) => {
                    // Nothing is left to take back; the connection can be used again.
                    let _ = transaction.end("ROLLBACK").await;
                    Err((Error::unavailable("The database is busy.").because(error), Again::Yes))
                }
                Err(error) => {
                    Err((Error::unavailable("The database did not answer.").because(error), Again::No))
                }
            },
            Err(error) => {
                // A failed rollback closes the connection, which rolls back too.
                let _ = transaction.end("ROLLBACK").await;
                Err((error, again))
            }
        }
    }

    /// Runs a statement; the number of rows it matched.
    pub(super) async fn execute(&mut self, doing: &'static str, statement: &impl SqlxBinder) -> Result<u64> {
        let (sql, values) = self.0.dialect.build(statement);
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        match query.execute(self.0.connection()?).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(error) => Err(self.0.failed(doing, error)),
        }
    }

    /// Like `execute`, telling a taken key from other trouble.
    pub(super) async fn insert(
        &mut self,
        doing: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Inserted> {
        let (sql, values) = self.0.dialect.build(statement);
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        match query.execute(self.0.connection()?).await {
            Ok(_) => Ok(Inserted::New),
            Err(sqlx::Error::Database(e)) if e.is_unique_violation() => Ok(Inserted::Duplicate),
            Err(error) => Err(self.0.failed(doing, error)),
        }
    }

    /// Runs schema text (migrations only).
    pub(super) async fn raw(&mut self, doing: &'static str, sql: String) -> Result<()> {
        self.0.held = Held::Nothing;
        match sqlx::raw_sql(AssertSqlSafe(sql)).execute(self.0.connection()?).await {
            Ok(_) => Ok(()),
            // PostgreSQL: two `CREATE … IF NOT EXISTS` at once; run again it is there.
            Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => {
                self.0.again = Again::Yes;
                Err(self.0.failed(doing, error))
            }
            Err(error) => Err(self.0.failed(doing, error)),
        }
    }

    /// The row is not as this transaction read it: run the whole closure again.
    pub(super) fn stale(&mut self, what: &'static str) -> Error {
        self.0.again = Again::Yes;
        Error::unavailable("The resource is being changed by another request, try again.").because(what)
    }

    /// Serialises the transactions that name the same lock, on every replica. Must be the first
    /// statement: what is read after it is then as the previous holder left it. SQLite has one
    /// writer anyway.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lock(&mut self, name: &str) -> Result<()> {
        if self.0.dialect == Dialect::Sqlite {
            return Ok(());
        }
        self.bump_epoch(name).await
    }

    /// Adds one to a row of `locks`, which holds it until the end of the transaction.
    pub(super) async fn bump_epoch(&mut self, name: &str) -> Result<()> {
        let mut update = Query::update();
        update.table("locks").value("epoch", Expr::col("epoch").add(1)).and_where(Expr::col("name").eq(name));
        if self.execute("bump an epoch", &update).await? > 0 {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table("locks").columns(["name", "epoch"]).values_panic([name.into(), 1i64.into()]);
        let more = Expr::col(("locks", "epoch")).add(1);
        insert.on_conflict(OnConflict::column("name").value("epoch", more).to_owned());
        self.execute("make an epoch", &insert).await.map(|_| ())
    }
}

/// Outcome of an insert that may meet a taken key. On PostgreSQL a duplicate spoils the
/// transaction: nothing but returning an error may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inserted {
    New,
    Duplicate,
}

impl Deref for Tx {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}

pub(super) fn acquire_error(error: sqlx::Error) -> Error {
    Error::unavailable("The database does not answer.").because(error)
}
