//! The few places where the three engines differ (`anchors-rust` §4, all measured).

use sea_query::{
    ExprTrait as _, Func, MysqlQueryBuilder, PostgresQueryBuilder, QueryStatementWriter, SimpleExpr,
    SqliteQueryBuilder,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::domain::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    /// MariaDB, alone or as Galera.
    Mysql,
    Postgres,
}

/// Error of the engine that only says "somebody else was faster".
const SQLITE_BUSY: &[&str] = &["5", "6", "261", "517"];

impl Dialect {
    /// # Errors
    /// `Invalid` for any other scheme.
    pub fn of_url(url: &str) -> Result<Self> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("mysql" | "mariadb") => Ok(Self::Mysql),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            other => Err(Error::invalid(format!(
                "database url: unknown scheme {:?}; use sqlite://, mysql:// or postgres://",
                other.unwrap_or_default()
            ))),
        }
    }

    /// SQLite files are created when missing.
    pub(super) fn complete_url(self, url: &str) -> String {
        match self {
            Self::Sqlite if !url.contains('?') && !url.contains(":memory:") => format!("{url}?mode=rwc"),
            Self::Mysql => url.replacen("mariadb:", "mysql:", 1),
            Self::Sqlite | Self::Postgres => url.to_owned(),
        }
    }

    pub(super) async fn prepare_connection(self, connection: &mut AnyConnection) -> sqlx::Result<()> {
        match self {
            Self::Sqlite => {
                for pragma in [
                    "PRAGMA journal_mode = WAL",
                    // The 202 has to survive a power cut, not only a crash.
                    "PRAGMA synchronous = FULL",
                    "PRAGMA busy_timeout = 10000",
                    // Each connection has its own; the kernel's cache they share.
                    "PRAGMA cache_size = -4000",
                    "PRAGMA temp_store = MEMORY",
                ] {
                    connection.execute(pragma).await?;
                }
            }
            Self::Mysql => {
                connection.execute("SET SESSION innodb_lock_wait_timeout = 10").await?;
                // Galera: read what another node has committed (17 % stale without). Fails
                // harmlessly where the variable does not exist.
                let _ = connection.execute("SET SESSION wsrep_sync_wait = 1").await;
            }
            Self::Postgres => {
                connection.execute("SET lock_timeout = '10s'").await?;
            }
        }
        Ok(())
    }

    /// How a transaction begins. On MySQL no statement may commit by itself: after an abort that
    /// nobody was told of (see `session::Held`) the rest of the transaction would stay.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "BEGIN",
            Self::Mysql => "SET autocommit = 0; START TRANSACTION; SAVEPOINT held",
        }
    }

    /// Fails when the transaction is not the one that was begun (MySQL).
    pub(super) const RELEASE: &'static str = "RELEASE SAVEPOINT held";

    /// Makes a pooled connection fit for use, and finds out whether it still works.
    pub(super) async fn check_connection(self, connection: &mut AnyConnection) -> sqlx::Result<()> {
        match self {
            // A file does not hang up.
            Self::Sqlite => Ok(()),
            Self::Mysql => connection.execute("SET autocommit = 1").await.map(|_| ()),
            Self::Postgres => connection.ping().await,
        }
    }

    pub(super) fn build(self, statement: &impl SqlxBinder) -> (String, SqlxValues) {
        match self {
            Self::Sqlite => statement.build_sqlx(SqliteQueryBuilder),
            Self::Mysql => statement.build_sqlx(MysqlQueryBuilder),
            Self::Postgres => statement.build_sqlx(PostgresQueryBuilder),
        }
    }

    /// The statement as text, for logs and tests.
    pub fn text(self, statement: &impl QueryStatementWriter) -> String {
        match self {
            Self::Sqlite => statement.to_string(SqliteQueryBuilder),
            Self::Mysql => statement.to_string(MysqlQueryBuilder),
            Self::Postgres => statement.to_string(PostgresQueryBuilder),
        }
    }

    /// `position of needle in haystack`, 0 when absent; compares bytes on every engine.
    pub(super) fn position(self, haystack: SimpleExpr, needle: &str) -> SimpleExpr {
        let function = match self {
            Self::Sqlite | Self::Mysql => "instr",
            Self::Postgres => "strpos",
        };
        Func::cust(function).arg(haystack).arg(needle).into()
    }

    /// `SUM` of a BIGINT as a BIGINT: MariaDB answers DECIMAL and PostgreSQL NUMERIC otherwise,
    /// which `Any` cannot read.
    pub(super) fn sum(self, expression: SimpleExpr) -> SimpleExpr {
        let sum = SimpleExpr::from(Func::sum(expression));
        let sum = SimpleExpr::from(Func::coalesce([sum, 0i64.into()]));
        let target = match self {
            Self::Sqlite | Self::Postgres => "BIGINT",
            Self::Mysql => "SIGNED",
        };
        sum.cast_as(target)
    }

    /// `CREATE TABLE` with `columns` written in `VARCHAR(n)`, `TEXT`, `LONGTEXT` (without a
    /// practical limit) and `BIGINT`. Text compares byte by byte on every engine, whatever the
    /// database was created with.
    pub(super) fn create_table(self, name: &str, columns: &str) -> String {
        let create = "CREATE TABLE IF NOT EXISTS";
        match self {
            // `utf8mb4_bin` would call "a" and "a " equal.
            Self::Mysql => format!(
                "{create} {name} ({columns}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"
            ),
            Self::Sqlite => format!("{create} {name} ({})", columns.replace("LONGTEXT", "TEXT")),
            Self::Postgres => {
                let columns = columns.replace("LONGTEXT", "TEXT");
                let collated = columns.split_whitespace().map(|word| {
                    let kind = word.trim_end_matches(',');
                    let comma = if kind.len() < word.len() { "," } else { "" };
                    if kind == "TEXT" || kind.starts_with("VARCHAR(") {
                        format!("{kind} COLLATE \"C\"{comma}")
                    } else {
                        word.to_owned()
                    }
                });
                format!("{create} {name} ({})", collated.collect::<Vec<_>>().join(" "))
            }
        }
    }

    /// Any column as text.
    pub(super) fn as_text(self, expression: SimpleExpr) -> SimpleExpr {
        expression.cast_as(match self {
            Self::Sqlite | Self::Postgres => "TEXT",
            Self::Mysql => "CHAR",
        })
    }

    /// Text the engine refuses: longer than its column, or with a NUL (PostgreSQL).
    pub(super) fn is_bad_text(self, error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        self != Self::Sqlite && matches!(code.as_deref(), Some("22001" | "22021"))
    }

    /// Whether a commit was certainly not done, because somebody else was faster.
    pub(super) fn is_refused_commit(self, error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        // An interrupted commit may have got through.
        code.is_some_and(|code| code != "70100") && self.is_race(error)
    }

    /// Whether the same transaction may succeed when run again.
    pub(super) fn is_race(self, error: &sqlx::Error) -> bool {
        let sqlx::Error::Database(database) = error else {
            return matches!(error, sqlx::Error::Io(_));
        };
        let code = database.code().unwrap_or_default();
        match self {
            Self::Sqlite => SQLITE_BUSY.contains(&code.as_ref()),
            // 40001: deadlock, Galera certification. 08S01/1047: the node has not joined yet.
            // 70100: interrupted, which some releases say of a transaction that Galera aborts.
            // HY000 with 1205 or, from 11.6 on, 1020 (a row newer than the snapshot).
            Self::Mysql => {
                let message = database.message();
                matches!(code.as_ref(), "40001" | "08S01" | "70100")
                    || message.contains("Lock wait timeout")
                    || message.contains("Record has changed since last read")
            }
            Self::Postgres => matches!(code.as_ref(), "40001" | "40P01" | "55P03"),
        }
    }
}
