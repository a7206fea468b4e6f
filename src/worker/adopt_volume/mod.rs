//! Taking in a volume that is already on a cluster.
//!
//! `Find` looks for it and binds the row to its UUID, in one transaction that also sees that
//! nobody else has it and that the project may. `Settle` makes it one of ours: our name (where the
//! release can rename), whole GiB, our label, nobody's access. Until it is finished a failure or a
//! delete only unbinds the row: what was not ours is never deleted.

mod find;
mod settle;

use super::flow::Flow;
use super::job::Job;
use crate::domain::manageable::Reference;
use crate::domain::message::{Action, Reason};
use crate::domain::operation::{AdoptVolume, Work};
use crate::domain::quota::Allowance;
use crate::domain::status::VolumeStatus;
use crate::domain::{Gib, Result, VolumeId};
use crate::store::Tx;
pub(super) use find::invalid;

/// What stays the same over all steps.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) volume: VolumeId,
    pub(super) reference: Reference,
    pub(super) allowance: Allowance,
}

impl Order {
    fn at(&self, step: AdoptVolume) -> Work {
        let Self { volume, reference, allowance } = self.clone();
        Work::AdoptVolume { volume, reference, allowance, step }
    }

    fn failed(&self, message: impl Into<String>) -> Flow {
        Flow::next(self.at(AdoptVolume::Fail { message: message.into() }))
    }
}

pub(super) async fn step(job: &mut Job, order: Order, step: AdoptVolume) -> Result<Flow> {
    match step {
        AdoptVolume::Find => find::find(job, &order).await,
        AdoptVolume::Settle => settle::settle(job, &order).await,
        AdoptVolume::Finish { name } => settle::finish(job, &order, &name).await,
        AdoptVolume::Fail { message } => fail(job, &order, &message).await,
    }
}

/// The row points nowhere again, and counts for nothing.
async fn unbind(tx: &mut Tx, volume: VolumeId) -> Result<()> {
    if let Some(mut row) = tx.volume(volume).await?
        && row.location.is_some()
    {
        row.location = None;
        row.size = Gib(0);
        tx.set_backend_name(volume, None).await?;
        tx.update_volume(&row).await?;
    }
    Ok(())
}

async fn fail(job: &Job, order: &Order, message: &str) -> Result<Flow> {
    tracing::warn!(volume = %order.volume, message, "not adopted");
    let reason = &Reason::Other(message.to_owned());
    job.bench
        .store
        .write("fail an adoption", |tx, _| {
            Box::pin(async move {
                unbind(tx, order.volume).await?;
                let (status, action) = (VolumeStatus::ErrorManaging, Action::CreateVolume);
                job.fail_volume(tx, order.volume, status, action, reason).await
            })
        })
        .await?;
    Ok(Flow::Done)
}

/// A delete has overtaken the adoption: it finds nothing to delete on the cluster.
async fn overtaken(job: &Job, order: &Order) -> Result<Flow> {
    job.bench
        .store
        .write("give an adoption up", |tx, _| {
            Box::pin(async move {
                unbind(tx, order.volume).await?;
                tx.release_reservation(job.op.id).await?;
                job.end(tx).await
            })
        })
        .await?;
    Ok(Flow::Done)
}
