//! Group commit for SQLite: one sync of the disk for all the writes that are waiting for one.
//!
//! SQLite has one writer, and a commit that survives a power cut costs milliseconds of `fsync`.
//! So writers take turns on a fair lock; each runs its closure behind a savepoint of the open
//! transaction and queues again for the commit. Whoever gets the lock while the transaction is
//! still open commits it for all that finished before; the others find it settled. A lone writer
//! pays one commit as ever, and nobody hears of success before the disk has it.
//!
//! * A closure that fails or is dropped is rolled back to its savepoint; the others stay.
//! * When the commit fails, all its members fail: what one read of another's work inside the
//!   transaction was never seen outside.
//! * Statements that change the state of the connection run in tasks of their own, so that a
//!   dropped future cannot leave it between two states.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Executor as _};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::Dialect;
use super::commits::Commits;
use super::connections::ACQUIRE_TIMEOUT;
use super::session::{self, Again};
use crate::domain::{Error, Result};

/// How a batch ended, for each of its members.
type Outcome = std::result::Result<(), Failure>;

#[derive(Debug, Clone)]
struct Failure {
    why: Arc<str>,
    again: Again,
}

/// The writers' queue.
#[derive(Debug, Clone)]
pub(super) struct Group(Arc<Mutex<Writer>>);

#[derive(Debug)]
struct Writer {
    pool: AnyPool,
    commits: Commits,
    open: Option<Open>,
}

/// The open transaction.
#[derive(Debug)]
struct Open {
    connection: PoolConnection<Any>,
    outcome: watch::Sender<Option<Outcome>>,
    /// Closures that finished and wait for the commit.
    finished: u32,
    /// The savepoint of the last one that finished is still there.
    savepoint: bool,
}

/// One closure's turn. Dropped unfinished, its statements are undone.
pub(super) struct Turn {
    group: Group,
    writer: Option<OwnedMutexGuard<Writer>>,
}

impl Group {
    pub(super) fn new(pool: AnyPool, commits: Commits) -> Self {
        Self(Arc::new(Mutex::new(Writer { pool, commits, open: None })))
    }

    /// Waits for the turn to write.
    pub(super) async fn turn(&self) -> std::result::Result<Turn, (Error, Again)> {
        let lock = tokio::time::timeout(ACQUIRE_TIMEOUT, self.0.clone().lock_owned());
        let mut writer =
            lock.await.map_err(|_| (session::acquire_error(sqlx::Error::PoolTimedOut), Again::No))?;
        let group = self.clone();
        settled(async move {
            writer.enter().await.map_err(|error| {
                let again = Again::when(Dialect::Sqlite.is_race(&error));
                (session::acquire_error(error), again)
            })?;
            Ok(Turn { group, writer: Some(writer) })
        })
        .await
        .unwrap_or_else(|error| Err((error, Again::No)))
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> Result<&mut AnyConnection> {
        let open = self.writer.as_mut().and_then(|writer| writer.open.as_mut());
        open.map(|open| &mut *open.connection).ok_or_else(|| Error::internal("a turn without a transaction"))
    }

    /// Keeps what was written, and waits until it is on the disk. Dropping this future no longer
    /// takes anything back.
    pub(super) async fn commit(mut self) -> std::result::Result<(), (Error, Again)> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let Some(open) = writer.open.as_mut() else { return Ok(()) };
        open.finished += 1;
        open.savepoint = true;
        let outcome = open.outcome.subscribe();
        drop(writer);
        let lock = self.group.0.clone().lock_owned();
        let outcome = settled(share_commit(lock, outcome)).await.unwrap_or_else(|error| {
            Err(Failure { why: error.detail().unwrap_or_default().into(), again: Again::No })
        });
        outcome.map_err(|failure| {
            let text = "The database did not answer.";
            (Error::unavailable(text).because(failure.why.to_string()), failure.again)
        })
    }
}

/// Waits for the end of the batch, or ends it when its turn comes first.
async fn share_commit(
    lock: impl Future<Output = OwnedMutexGuard<Writer>>,
    mut outcome: watch::Receiver<Option<Outcome>>,
) -> Outcome {
    let is_settled = |outcome: &Option<Outcome>| outcome.is_some();
    let writer = tokio::select! {
        biased;
        _ = outcome.wait_for(is_settled) => None,
        writer = lock => Some(writer),
    };
    if let Some(mut writer) = writer
        && outcome.borrow().is_none()
    {
        writer.commit().await;
    }
    let nobody = || Err(Failure { why: "the batch was left without an outcome".into(), again: Again::No });
    let ended = outcome.borrow().clone();
    ended.unwrap_or_else(nobody)
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Without a runtime the process is going down, and the connection with it.
        if let (Some(mut writer), Ok(runtime)) = (self.writer.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { writer.undo().await });
        }
    }
}

impl Writer {
    /// Opens the transaction if there is none, and sets the savepoint. It takes the lock at once:
    /// upgrading a read snapshot later fails with 517, which no busy timeout helps against.
    async fn enter(&mut self) -> sqlx::Result<()> {
        if let Some(open) = &mut self.open {
            let sql = if open.savepoint { "RELEASE turn; SAVEPOINT turn" } else { "SAVEPOINT turn" };
            open.savepoint = false;
            match run(&mut open.connection, sql).await {
                Ok(()) => return Ok(()),
                // The engine has rolled it back by itself (full disk, I/O error).
                Err(error) => self.fail(&error).await,
            }
        }
        let mut connection = self.pool.acquire().await?;
        if let Err(error) = run(&mut connection, "BEGIN IMMEDIATE; SAVEPOINT turn").await {
            let _ = run(&mut connection, "ROLLBACK").await;
            return Err(error);
        }
        let (outcome, _) = watch::channel(None);
        self.open = Some(Open { connection, outcome, finished: 0, savepoint: false });
        Ok(())
    }

    /// Takes back the statements of the present turn.
    async fn undo(&mut self) {
        let Some(open) = &mut self.open else { return };
        let undone = if open.finished == 0 {
            run(&mut open.connection, "ROLLBACK").await
        } else {
            run(&mut open.connection, "ROLLBACK TO turn; RELEASE turn").await
        };
        match undone {
            Ok(()) if open.finished == 0 => self.open = None,
            Ok(()) => {}
            Err(error) => self.fail(&error).await,
        }
    }

    async fn commit(&mut self) {
        let Some(open) = &mut self.open else { return };
        let under_way = self.commits.begin();
        let committed = run(&mut open.connection, "COMMIT").await;
        drop(under_way);
        match committed {
            Ok(()) => {
                open.outcome.send_replace(Some(Ok(())));
                self.open = None;
            }
            Err(error) => self.fail(&error).await,
        }
    }

    /// Ends the transaction without a commit.
    async fn fail(&mut self, error: &sqlx::Error) {
        let Some(mut open) = self.open.take() else { return };
        let again = Again::when(Dialect::Sqlite.is_race(error));
        let why = Arc::from(error.to_string());
        // It may be over already, which is what we want.
        let _ = run(&mut open.connection, "ROLLBACK").await;
        open.outcome.send_replace(Some(Err(Failure { why, again })));
    }
}

async fn run(connection: &mut AnyConnection, sql: &'static str) -> sqlx::Result<()> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(|_| ())
}

/// Runs to its end even when the caller is dropped.
async fn settled<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|e| Error::internal("a write was cut off").because(e))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::domain::page::{ListQuery, Scope};
    use crate::domain::volume_type::VolumeType;
    use crate::domain::{Clock, ErrorKind, Metadata, Result, Timestamp, VolumeTypeId};
    use crate::store::Store;

    async fn insert(store: Arc<Store>) -> (String, Result<()>) {
        let id = VolumeTypeId::random();
        let t = VolumeType {
            id,
            name: id.to_string(),
            description: Some("x".repeat(20_000)),
            is_public: true,
            qos_specs_id: None,
            extra_specs: Metadata::new(),
            created_at: Timestamp(1),
            updated_at: None,
        };
        let outcome = store.write("insert", |tx, _| Box::pin(tx.insert_type(&t))).await;
        (t.name, outcome)
    }

    async fn limit_pages(store: &Store, pages: u32) {
        let sql = format!("PRAGMA max_page_count = {pages}");
        store.write("limit", |tx, _| Box::pin(tx.raw("limit", sql.clone()))).await.unwrap();
    }

    /// A full disk strikes in the middle of a batch: whoever was told of success has its row,
    /// whoever was told of failure has none, and there is a life after.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_disk_lies_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/hearth.db", folder.path().display());
        let store = Arc::new(Store::connect(&url, 2).await.unwrap());
        store.migrate(&Clock::System).await.unwrap();
        // The empty schema takes about 40 pages of 4 KiB, each row six.
        limit_pages(&store, 150).await;
        let writers: Vec<_> = (0..60).map(|_| tokio::spawn(insert(store.clone()))).collect();
        let (mut kept, mut lost) = (Vec::new(), Vec::new());
        for writer in writers {
            match writer.await.unwrap() {
                (name, Ok(())) => kept.push(name),
                (name, Err(error)) => {
                    assert!(matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable));
                    lost.push(name);
                }
            }
        }
        limit_pages(&store, 1_000_000).await;
        kept.push(insert(store.clone()).await.0);
        let mut session = store.read().await.unwrap();
        let page = session.list_types(&ListQuery::new(Scope::AllProjects), None).await.unwrap();
        let there: Vec<String> = page.items.into_iter().map(|t| t.name).collect();
        assert!(kept.iter().all(|name| there.contains(name)), "{} of {} kept", there.len(), kept.len());
        assert!(lost.iter().all(|name| !there.contains(name)));
        assert!(!kept.is_empty() && !lost.is_empty(), "{} kept, {} lost", kept.len(), lost.len());
    }
}
