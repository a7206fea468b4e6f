//! The few places where the three engines differ (`anchors-rust` §4, all measured).

use sea_query::{
    ExprTrait as _, Func, MysqlQueryBuilder, PostgresQueryBuilder, QueryStatementWriter, SimpleExpr,
    SqliteQueryBuilder,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{AnyConnection, Executor as _};

use crate::domain::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    /// MariaDB or MySQL; Galera is told apart at run time by `wsrep_on`.
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

    /// Writers on SQLite take the lock at once: upgrading a read snapshot later fails with 517,
    /// which no busy timeout helps against.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Mysql | Self::Postgres => "BEGIN",
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
                    "PRAGMA cache_size = -16000",
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

    /// The suffix of `CREATE TABLE`: MariaDB must compare bytes, as the other two do.
    pub(super) const fn table_options(self) -> &'static str {
        match self {
            Self::Mysql => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
            Self::Sqlite | Self::Postgres => "",
        }
    }

    /// Text without a practical limit (MariaDB's TEXT ends at 64 KiB).
    pub(super) const fn long_text(self) -> &'static str {
        match self {
            Self::Mysql => "LONGTEXT",
            Self::Sqlite | Self::Postgres => "TEXT",
        }
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
            // HY000 with 1205: lock wait timeout.
            Self::Mysql => {
                matches!(code.as_ref(), "40001" | "08S01") || database.message().contains("Lock wait timeout")
            }
            Self::Postgres => matches!(code.as_ref(), "40001" | "40P01" | "55P03"),
        }
    }
}
