//! The log levels that administrators set while the processes run, and who follows them.
//!
//! A wish is a row with a serial; each process applies those it has not heard yet, in their order,
//! so that a wish told to one process acts on all of them. It acts on the processes that run then:
//! one that starts later begins with its configuration, as a restarted service of Cinder does, by
//! hearing only what comes after the last wish it finds. No clock takes part in that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_query::{Expr, ExprTrait as _, Order, Query};

use super::row::Columns;
use super::{Session, Store, Tx};
use crate::domain::log_level::{LogLevel, LogLevels, LogWish};
use crate::domain::{Result, Timestamp};

/// Serials are given, and seen, in the order of the commits.
const LOCK: &str = "log-wishes";

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn log_wishes_after(&mut self, serial: i64) -> Result<Vec<(i64, LogWish)>> {
        let mut select = Query::select();
        select
            .columns(["serial", "service_binary", "prefix", "level"])
            .from("log_wishes")
            .and_where(Expr::col("serial").gt(serial))
            .order_by("serial", Order::Asc);
        let rows = self.all("read log wishes", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            let serial = c.int()?;
            let wish = LogWish { binary: c.text()?, prefix: c.text()?, level: c.one_of(LogLevel::parse)? };
            Ok((serial, wish))
        });
        read.collect()
    }

    /// Serial of the last wish of all; 0 before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_log_wish(&mut self) -> Result<i64> {
        let mut select = Query::select();
        select.expr(Expr::col("serial").max()).from("log_wishes");
        let row = self.optional("find the last log wish", &select).await?;
        Ok(row.map(|row| Columns::of(&row).maybe_int()).transpose()?.flatten().unwrap_or_default())
    }
}

impl Tx {
    /// Writes wishes down; those they make void go, so that the table stays as short as the
    /// loggers are few. Must be the first of its transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn insert_log_wishes(&mut self, wishes: &[LogWish], now: Timestamp) -> Result<()> {
        self.lock(LOCK).await?;
        // Taken before any row goes: a serial is never given twice.
        let last = self.last_log_wish().await?;
        for (wish, serial) in wishes.iter().zip(last + 1..) {
            let mut void = Query::delete();
            void.from_table("log_wishes").and_where(Expr::col("service_binary").eq(wish.binary.as_str()));
            if !wish.prefix.is_empty() {
                let at = self.dialect.position(Expr::col("prefix"), &wish.prefix);
                void.and_where(at.eq(1));
            }
            self.execute("forget log wishes", &void).await?;
            let mut insert = Query::insert();
            insert
                .into_table("log_wishes")
                .columns(["serial", "service_binary", "prefix", "level", "created_at"])
                .values_panic([
                    serial.into(),
                    wish.binary.as_str().into(),
                    wish.prefix.as_str().into(),
                    wish.level.as_str().into(),
                    now.0.into(),
                ]);
            self.execute("insert a log wish", &insert).await?;
        }
        Ok(())
    }
}

/// What this process has heard of the wishes, and what they act on.
pub struct LogFollower {
    control: Arc<dyn LogLevels>,
    heard: Mutex<i64>,
}

impl std::fmt::Debug for LogFollower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogFollower").field("heard", &*self.heard()).finish_non_exhaustive()
    }
}

impl LogFollower {
    /// Of a process that starts now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn start(store: &Store, control: Arc<dyn LogLevels>) -> Result<Self> {
        let heard = Mutex::new(store.read().await?.last_log_wish().await?);
        Ok(Self { control, heard })
    }

    /// Does what it has not heard yet. One statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn catch_up(&self, session: &mut Session) -> Result<()> {
        let heard = *self.heard();
        let news = session.log_wishes_after(heard).await?;
        // Somebody else may have read the same meanwhile.
        let mut heard = self.heard();
        for (serial, wish) in news {
            if serial > *heard {
                let targets = wish.apply(&*self.control);
                tracing::info!(
                    serial,
                    binary = wish.binary,
                    ?targets,
                    level = wish.level.as_str(),
                    "log levels set"
                );
                *heard = serial;
            }
        }
        Ok(())
    }

    pub fn control(&self) -> &dyn LogLevels {
        &*self.control
    }

    fn heard(&self) -> MutexGuard<'_, i64> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
