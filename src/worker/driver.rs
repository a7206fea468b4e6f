//! Gets operations and runs them: those started by this process at once, those that nobody holds
//! by asking the store now and then. Both ways lead to the same code.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::flow::{Flow, pause};
use super::job::{Job, Origin, is_lost_lease};
use super::places::Places;
use super::{Bench, Settings, Turns};
use crate::domain::operation::{Operation, OperationStatus};
use crate::domain::{Clock, OperationId, Result};
use crate::fleet::Clients;
use crate::store::{Dispatch, LEASE, Store};
use crate::telemetry::metrics as names;

/// Tries of a step after which the trouble is written into the row, for the operator to see.
const NOTE_AFTER: u32 = 4;
/// Unheld operations taken in one sweep.
const SWEEP_LIMIT: u64 = 200;
/// How long an operation whose lease is not ours any more may take to notice its own end.
const OWN_END: Duration = Duration::from_secs(1);

/// The worker of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Worker {
    bench: Arc<Bench>,
    /// In hand or queued here, so that the sweep does not take them twice.
    in_hand: Arc<Mutex<HashSet<OperationId>>>,
    places: Arc<Places>,
    tracker: TaskTracker,
}

impl Worker {
    pub fn new(store: Store, clients: Clients, dispatch: Dispatch, clock: Clock, settings: Settings) -> Self {
        let places = Arc::new(Places::new(settings.concurrency));
        let stop = CancellationToken::new();
        let turns = Turns::default();
        let bench = Bench { store, clients, dispatch, clock, settings, stop, turns };
        Self { bench: Arc::new(bench), in_hand: Arc::default(), places, tracker: TaskTracker::new() }
    }

    /// Runs until `stop`: takes what is announced and sweeps for the rest.
    pub fn start(&self, mut announced: mpsc::UnboundedReceiver<Operation>) {
        let bench = &self.bench;
        let janitor = super::janitor::run(bench.store.clone(), bench.clock.clone(), bench.stop.clone());
        self.tracker.spawn(janitor);
        let worker = self.clone();
        self.tracker.spawn(async move {
            let mut sweep = tokio::time::interval(worker.bench.settings.sweep);
            sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = worker.bench.stop.cancelled() => break,
                    Some(op) = announced.recv() => worker.take(op, Origin::Fresh),
                    _ = sweep.tick() => {
                        if let Err(error) = worker.sweep().await {
                            tracing::warn!(%error, detail = error.detail(), "looking for operations failed");
                        }
                    }
                }
            }
            // What was announced and not begun goes to whoever comes next.
            while let Ok(op) = announced.try_recv() {
                worker.hand_over(op.id).await;
            }
        });
    }

    /// Stops taking operations, lets each come to the end of its step and hands it over.
    pub async fn stop(&self) {
        self.bench.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Operations in hand now.
    pub fn busy(&self) -> usize {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    async fn sweep(&self) -> Result<()> {
        let now = self.bench.clock.now();
        let mut session = self.bench.store.read().await?;
        if let Some(logs) = &self.bench.settings.logs {
            logs.catch_up(&mut session).await?;
        }
        let due = session.due_operations(now, SWEEP_LIMIT).await?;
        metrics::gauge!(names::OPERATIONS_STUCK).set(session.count_stuck_operations().await? as f64);
        drop(session);
        for id in due {
            if self.is_in_hand(id) {
                continue;
            }
            let until = self.bench.dispatch.lease_until(&self.bench.clock);
            let owner = self.bench.dispatch.owner();
            if let Some(op) = self.bench.store.claim_operation(id, owner, now, until).await? {
                tracing::info!(operation = %op.id, kind = op.work.name(), resource = op.resource_id, "taken over");
                self.take(op, Origin::TakenOver);
            }
        }
        Ok(())
    }

    fn is_in_hand(&self, id: OperationId) -> bool {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    fn take(&self, op: Operation, origin: Origin) {
        let Some(held) = InHand::take(&self.in_hand, op.id) else { return };
        let worker = self.clone();
        self.tracker.spawn(async move {
            worker.hold(Job::new(worker.bench.clone(), op, origin)).await;
            worker.bench.dispatch.ended(held.id, None);
            drop(held);
        });
    }

    /// Runs the job and keeps its lease alive. A lease that is lost ends it on the spot: every
    /// await in it is a point where a crash would be harmless too.
    async fn hold(&self, job: Job) {
        let id = job.op.id;
        let mut renewal = tokio::time::interval(LEASE / 3);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        renewal.tick().await;
        let mut renewed = Instant::now();
        let mut walk = Box::pin(self.walk(job));
        loop {
            tokio::select! {
                () = &mut walk => return,
                _ = renewal.tick() => {
                    let until = self.bench.dispatch.lease_until(&self.bench.clock);
                    match self.bench.store.renew_operation(id, self.bench.dispatch.owner(), until).await {
                        Ok(true) => renewed = Instant::now(),
                        Ok(false) => {
                            // It may just have deleted its own row, or put it down: let it see
                            // that by itself.
                            if tokio::time::timeout(OWN_END, &mut walk).await.is_err() {
                                tracing::warn!(operation = %id, "stopped, the lease is lost");
                            }
                            return;
                        }
                        Err(error) if renewed.elapsed() > LEASE - LEASE / 6 => {
                            tracing::warn!(operation = %id, %error, "stopped, the lease could not be renewed");
                            return;
                        }
                        Err(error) => tracing::warn!(operation = %id, %error, "lease not renewed"),
                    }
                }
            }
        }
    }

    async fn walk(&self, mut job: Job) {
        loop {
            if self.bench.stop.is_cancelled() {
                return self.hand_over(job.op.id).await;
            }
            let kind = job.op.work.name();
            let stepped = self.step(&mut job).await;
            let outcome = match &stepped {
                Ok(Flow::Next(_)) => "next",
                Ok(Flow::Done) => "done",
                Ok(Flow::Again(_)) => "again",
                Ok(Flow::NeedsOperator(_)) => "needs-operator",
                Err(_) => "error",
            };
            metrics::counter!(names::OPERATION_STEPS, "operation" => kind, "outcome" => outcome).increment(1);
            let flow = match stepped {
                Ok(flow) => flow,
                Err(error) if is_lost_lease(&error) => return,
                Err(error) => {
                    let detail = error.detail().unwrap_or_default();
                    tracing::warn!(operation = %job.op.id, kind = job.op.work.name(), %error, detail, "step failed");
                    Flow::Again(error.to_string())
                }
            };
            match flow {
                Flow::Done => {
                    self.bench.dispatch.ended(job.op.id, job.told.take());
                    let seconds = (job.now().0 - job.op.created_at.0) as f64 / 1e6;
                    metrics::histogram!(names::OPERATION_SECONDS, "operation" => kind).record(seconds);
                    return;
                }
                Flow::Next(work) => {
                    job.op.work = *work;
                    job.tries = 0;
                    job.found();
                }
                Flow::Again(why) => self.rest(&mut job, &why).await,
                Flow::NeedsOperator(why) => {
                    tracing::error!(operation = %job.op.id, resource = job.op.resource_id, why, "needs an operator");
                    if let Err(error) = job.note(&why, OperationStatus::NeedsOperator).await {
                        tracing::warn!(%error, "could not note it");
                    }
                    return;
                }
            }
        }
    }

    async fn step(&self, job: &mut Job) -> Result<Flow> {
        job.locate().await?;
        let _place = self.places.enter(job.op.cluster_id).await;
        if self.bench.stop.is_cancelled() {
            return Ok(Flow::Again("this process is stopping".to_owned()));
        }
        job.step().await
    }

    /// Waits before the next try, in place: the lease is kept, nobody else would fare better.
    async fn rest(&self, job: &mut Job, why: &str) {
        job.tries += 1;
        if job.tries == NOTE_AFTER || job.tries.is_multiple_of(20) {
            tracing::warn!(operation = %job.op.id, kind = job.op.work.name(), resource = job.op.resource_id,
                tries = job.tries, why, "still trying");
            if let Err(error) = job.note(why, OperationStatus::Open).await {
                tracing::warn!(%error, "could not note it");
            }
        }
        tokio::select! {
            () = self.bench.stop.cancelled() => {}
            () = tokio::time::sleep(pause(job.tries)) => {}
        }
    }

    async fn hand_over(&self, id: OperationId) {
        if let Err(error) = self.bench.store.hand_over_operation(id, self.bench.dispatch.owner()).await {
            tracing::warn!(operation = %id, %error, "not handed over; its lease will run out");
        }
    }
}

/// An operation this process works on, for as long as it lives: a step that dies unexpectedly
/// leaves its operation to the next sweep.
struct InHand {
    all: Arc<Mutex<HashSet<OperationId>>>,
    id: OperationId,
}

impl InHand {
    /// `None` when it is in hand already.
    fn take(all: &Arc<Mutex<HashSet<OperationId>>>, id: OperationId) -> Option<Self> {
        let fresh = all.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        fresh.then(|| Self { all: all.clone(), id })
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
