//! From the transaction that starts an operation to the worker of the same process.
//!
//! Only a short cut: the row is the truth. An operation that is announced to a worker which never
//! hears of it is found again when its lease runs out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::operation::{Lane, Operation, OperationStatus, Work};
use crate::domain::{Clock, Ctx, OperationId, Result, Timestamp};

use super::Tx;

/// How long a worker may be silent before another takes its operation over.
pub const LEASE: Duration = Duration::from_secs(30);

/// The sending end; one for the process, cheap to clone.
#[derive(Debug, Clone)]
pub struct Dispatch {
    owner: Arc<str>,
    sender: mpsc::UnboundedSender<Operation>,
}

impl Dispatch {
    /// A fresh identity for this process, and what its worker listens to.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Operation>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let owner = Arc::from(uuid::Uuid::new_v4().to_string());
        (Self { owner, sender }, receiver)
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
}
