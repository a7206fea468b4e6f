//! Connections to read a SQLite file with.
//!
//! Not sqlx's pool, which asks each connection that comes back whether it is still alive: a trip
//! to the connection's thread as dear as a short read itself, for a file that cannot hang up.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AnyConnection, Connection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Dialect;
use super::connections::ACQUIRE_TIMEOUT;
use super::session::acquire_error;
use crate::domain::Result;

#[derive(Clone)]
pub(super) struct Readers {
    url: Arc<str>,
    free: Arc<Mutex<Vec<AnyConnection>>>,
    permits: Arc<Semaphore>,
    count: u32,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readers({} free)", self.permits.available_permits())
    }
}

/// A connection on loan.
pub(super) struct Reader {
    connection: Option<AnyConnection>,
    free: Arc<Mutex<Vec<AnyConnection>>>,
    /// Dropped after `drop` has put the connection back.
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(url: &str, count: u32) -> Self {
        let permits = Arc::new(Semaphore::new(count as usize));
        Self { url: url.into(), free: Arc::default(), permits, count }
    }

    pub(super) async fn acquire(&self) -> Result<Reader> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.permits.clone().acquire_owned());
        let permit = permit.await.map_err(|_| acquire_error(sqlx::Error::PoolTimedOut))?;
        let permit = permit.map_err(|_| acquire_error(sqlx::Error::PoolClosed))?;
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match free {
            Some(connection) => connection,
            None => self.open().await.map_err(acquire_error)?,
        };
        Ok(Reader { connection: Some(connection), free: self.free.clone(), _permit: permit })
    }

    async fn open(&self) -> sqlx::Result<AnyConnection> {
        let mut connection = AnyConnection::connect(&self.url).await?;
        Dialect::Sqlite.prepare_connection(&mut connection).await?;
        Ok(connection)
    }

    /// Waits for the connections on loan, and closes them all.
    pub(super) async fn close(&self) {
        let all = self.permits.acquire_many(self.count).await;
        self.permits.close();
        drop(all);
        let free = std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in free {
            // One that is broken is closed by being dropped.
            let _ = connection.close().await;
        }
    }
}

impl Reader {
    pub(super) fn connection(&mut self) -> Result<&mut AnyConnection> {
        self.connection.as_mut().ok_or_else(|| acquire_error(sqlx::Error::WorkerCrashed))
    }

    /// Never to be used again.
    pub(super) fn discard(&mut self) {
        self.connection = None;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
