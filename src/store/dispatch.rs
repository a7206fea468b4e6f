//! From the transaction that starts an operation to the worker of the same process.
//!
//! Only a short cut: the row is the truth. An operation that is announced to a worker which never
//! hears of it is found again when its lease runs out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::domain::operation::{Lane, Operation, OperationStatus, Work};
use crate::domain::{Clock, Ctx, Error, OperationId, Result, Timestamp};

use super::{Store, Tx};

/// How often a waiting request looks at the store, in case another process has the operation.
const LOOK: Duration = Duration::from_millis(500);

/// How long a worker may be silent before another takes its operation over.
pub const LEASE: Duration = Duration::from_secs(30);

/// The sending end; one for the process, cheap to clone.
#[derive(Debug, Clone)]
pub struct Dispatch {
    owner: Arc<str>,
    sender: mpsc::UnboundedSender<Operation>,
    /// Requests that must answer with the outcome.
    waiting: Arc<Mutex<HashMap<OperationId, oneshot::Sender<Option<String>>>>>,
}

impl Dispatch {
    /// A fresh identity for this process, and what its worker listens to.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Operation>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let owner = Arc::from(uuid::Uuid::new_v4().to_string());
        (Self { owner, sender, waiting: Arc::default() }, receiver)
    }

    /// Who holds the leases of this process.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn lease_until(&self, clock: &Clock) -> Timestamp {
        clock.now().plus(LEASE)
    }

    /// An operation of this caller, to be inserted and announced.
    pub fn plan(ctx: &Ctx, work: Work) -> Operation {
        let now = ctx.clock.now();
        Operation {
            id: OperationId::random(),
            resource_id: work.resource_id(),
            work,
            status: OperationStatus::Open,
            lane: Lane::User,
            cluster_id: None,
            request_id: ctx.request_id.clone(),
            project_id: ctx.project_id.clone(),
            user_id: ctx.user_id.clone(),
            attempt: 0,
            not_before: now,
            note: None,
            created_at: now,
        }
    }

    /// What an operation leaves for another to do, in the name of the same caller.
    pub fn follow_up(operation: &Operation, work: Work, clock: &Clock) -> Operation {
        let now = clock.now();
        Operation {
            id: OperationId::random(),
            resource_id: work.resource_id(),
            work,
            status: OperationStatus::Open,
            cluster_id: None,
            attempt: 0,
            not_before: now,
            note: None,
            created_at: now,
            ..operation.clone()
        }
    }

    /// Part of the transaction that changes the resource.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn insert(&self, tx: &mut Tx, operation: &Operation, clock: &Clock) -> Result<()> {
        tx.insert_operation(operation, &self.owner, self.lease_until(clock)).await
    }

    /// After the commit.
    pub fn announce(&self, operation: Operation) {
        // A worker that is gone is no loss: the lease will say so.
        let _ = self.sender.send(operation);
    }

    /// After the commit, for what Cinder answers synchronously: waits for the operation to end.
    /// It goes on all the same when patience ends, or when the caller does. What it has to say is
    /// lost when another process has taken it over; the caller can ask again.
    ///
    /// # Errors
    /// `Unavailable` when it takes longer than that.
    pub async fn announce_and_wait(
        &self,
        operation: Operation,
        store: &Store,
        patience: Duration,
    ) -> Result<Option<String>> {
        let id = operation.id;
        let (sender, mut done) = oneshot::channel();
        self.lock().insert(id, sender);
        self.announce(operation);
        let ended = tokio::time::timeout(patience, async {
            loop {
                if let Ok(told) = tokio::time::timeout(LOOK, &mut done).await {
                    return Ok(told.unwrap_or_default());
                }
                match store.read().await?.find_operation(id).await? {
                    Some(open) if open.status == OperationStatus::Open => {}
                    _ => return Ok(None),
                }
            }
        })
        .await;
        self.lock().remove(&id);
        ended.unwrap_or_else(|_| {
            Err(Error::unavailable("The cluster of the volume does not answer, try again later."))
        })
    }

    /// The worker has let go of it; `told` is what it has to say to whoever waits.
    pub fn ended(&self, id: OperationId, told: Option<String>) {
        if let Some(waiting) = self.lock().remove(&id) {
            let _ = waiting.send(told);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, oneshot::Sender<Option<String>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
