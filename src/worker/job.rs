//! One operation in the hands of this process.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::flow::Flow;
use crate::domain::operation::{Operation, OperationStatus, Work};
use crate::domain::{ClusterId, Error, Result, Timestamp};
use crate::lightbits;
use crate::store::Tx;

/// A request that was sent and not answered can still land for this long: the deadline of a call
/// and then some (`federation` §2.5).
const DOUBT: Duration = Duration::from_secs(45);

pub(super) struct Job {
    pub(super) bench: Arc<Bench>,
    pub(super) op: Operation,
    /// Tries of the present step, in this process.
    pub(super) tries: u32,
    /// Until then a create of ours may land although nobody knows of it. Until it has passed, a
    /// refusal does not prove that there is nothing.
    pub(super) doubt_until: Timestamp,
    /// What whoever waits for the operation is told when it ends.
    pub(super) told: Option<String>,
    /// A create may have reached the present cluster, and only its word proves otherwise: time
    /// does not, since it may have landed before the cluster went away.
    pub(super) bound: bool,
}

/// How an operation came into our hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Started by this process a moment ago; nothing has been sent for it.
    Fresh,
    /// Taken over: whoever had it may have sent anything.
    TakenOver,
}

impl Job {
    pub(super) fn new(bench: Arc<Bench>, op: Operation, origin: Origin) -> Self {
        let now = bench.clock.now();
        let doubt_until = match origin {
            Origin::Fresh => now,
            Origin::TakenOver => now.plus(DOUBT),
        };
        Self { bench, op, tries: 0, doubt_until, told: None, bound: origin == Origin::TakenOver }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.bench.clock.now()
    }

    /// An answer did not come: what was asked for may still happen.
    pub(super) fn doubt(&mut self) {
        self.doubt_until = self.now().plus(DOUBT);
        self.bound = true;
    }

    pub(super) fn in_doubt(&self) -> bool {
        self.now() < self.doubt_until
    }

    /// The client of a cluster, or why there is none now.
    pub(super) fn client(&self, cluster: ClusterId) -> Result<lightbits::Cluster, Flow> {
        self.bench.clients.get(cluster).ok_or_else(|| {
            Flow::Again(format!("cluster {cluster} is not registered, or was not reached since the start"))
        })
    }

    pub(super) async fn step(&mut self) -> Result<Flow> {
        match self.op.work.clone() {
            Work::CreateVolume { volume, source, hints, step } => {
                super::create_volume::step(self, volume, source, hints, step).await
            }
            Work::DeleteVolume { volume, step, .. } => super::delete_volume::step(self, volume, step).await,
            Work::ExtendVolume { volume, new_size, previous, step } => {
                let growth = super::extend_volume::Growth { volume, new_size, previous };
                super::extend_volume::step(self, growth, step).await
            }
            Work::RevertVolume { volume, snapshot, previous, step } => {
                let back = super::revert_volume::Return { volume, snapshot, previous };
                super::revert_volume::step(self, back, step).await
            }
            Work::CreateSnapshot { snapshot, step } => {
                super::create_snapshot::step(self, snapshot, step).await
            }
            Work::DeleteSnapshot { snapshot, step } => {
                super::delete_snapshot::step(self, snapshot, step).await
            }
            Work::Connect { volume, attachment, connector } => {
                super::connect::step(self, volume, attachment, &connector).await
            }
            Work::Disconnect { volume, attachment, connector } => {
                super::disconnect::step(self, volume, attachment, &connector).await
            }
        }
    }

    /// Writes the operation down as part of the transaction that decides its next step.
    pub(super) async fn save(&self, tx: &mut Tx, work: &Work, cluster: Option<ClusterId>) -> Result<()> {
        let mut op = self.op.clone();
        op.work = work.clone();
        op.cluster_id = cluster.or(op.cluster_id);
        let until = self.bench.dispatch.lease_until(&self.bench.clock);
        tx.update_operation(&op, self.bench.dispatch.owner(), until).await
    }

    /// Ends the operation as part of the transaction that finishes it.
    pub(super) async fn end(&self, tx: &mut Tx) -> Result<()> {
        tx.delete_operation(self.op.id, self.bench.dispatch.owner()).await
    }

    /// Ends the operation without a change: there was none to make, or something newer (a delete)
    /// has overtaken it.
    pub(super) async fn end_superseded(&self) -> Result<Flow> {
        self.bench.store.write("end a superseded operation", |tx, _| Box::pin(self.end(tx))).await?;
        Ok(Flow::Done)
    }

    /// Leaves a note for the operator in the row, and the count of tries.
    pub(super) async fn note(&mut self, note: &str, status: OperationStatus) -> Result<()> {
        self.op.attempt = self.tries;
        self.op.note = Some(note.to_owned());
        self.op.status = status;
        let until = self.bench.dispatch.lease_until(&self.bench.clock);
        let op = &self.op;
        let owner = self.bench.dispatch.owner();
        self.bench
            .store
            .write("note on an operation", |tx, _| {
                Box::pin(async move { tx.update_operation(op, owner, until).await })
            })
            .await
    }

    /// Other open operations of the same resource: they have to end first.
    pub(super) async fn others_at_work(&self) -> Result<bool> {
        let mut session = self.bench.store.read().await?;
        let all = session.operations_of(&self.op.resource_id).await?;
        Ok(all.iter().any(|other| other.id != self.op.id && other.status == OperationStatus::Open))
    }
}

/// The lease has gone to another process: stop at once.
pub(super) fn is_lost_lease(error: &Error) -> bool {
    error.kind() == crate::domain::ErrorKind::Conflict
}
