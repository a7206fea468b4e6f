//! A volume moves: its data is copied to another volume, whose place it then takes.
//!
//! The copy is a volume like any other, made (placed, reserved) by an operation of its own. It is
//! marked as the target of the move, counts for no quota, and members do not see it. When all data
//! is there the two change places in one transaction (`complete_migration`), and the old place goes
//! with the copy's row. Until that transaction the volume is what and where it was: a move can be
//! broken off at any time, and all that is to do then is to delete the copy.
//!
//! Nobody may write to the volume meanwhile. Cinder leaves that to chance, where the volume was
//! not locked: whoever is let in to the volume, or writes to it otherwise, ends the move instead
//! ([`give_way`]).
//!
//! | file | idea |
//! |---|---|
//! | `depart` | the copy is ordered |
//! | `ask_compute` | what a server has, Nova copies: it is asked to, and completes the move later |
//! | `copy` | its data is copied, and how far is written down now and then |
//! | `transfer` | chunk by chunk, from disk to disk |
//! | `arrive` | the volume takes the place of the copy |
//! | `fail` | or stays where it is |

mod arrive;
mod ask_compute;
mod copy;
mod depart;
mod fail;
mod transfer;

pub(super) use depart::{Departure, Destination, Where, depart};
pub(super) use fail::give_way;

use super::flow::Flow;
use super::job::Job;
use super::retype_volume::Change;
use crate::domain::message::Action;
use crate::domain::operation::{MigrateVolume, Moving, OperationStatus, RetypeVolume, Work};
use crate::domain::status::{AttachStatus, VolumeStatus, migration_is_idle};
use crate::domain::volume::Volume;
use crate::domain::{ClusterId, Result, VolumeId};
use crate::store::{Session, Tx};

/// What the move is part of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Course {
    Migrate { volume: VolumeId, target: ClusterId },
    Retype(Change),
}

impl Course {
    const fn volume(self) -> VolumeId {
        match self {
            Self::Migrate { volume, .. } => volume,
            Self::Retype(change) => change.volume,
        }
    }

    const fn at(self, step: Moving) -> Work {
        match self {
            Self::Migrate { volume, target } => {
                Work::MigrateVolume { volume, target, step: MigrateVolume::Move { step } }
            }
            Self::Retype(change) => change.at(RetypeVolume::Move { step }),
        }
    }

    const fn action(self) -> Action {
        match self {
            Self::Migrate { .. } => Action::MigrateVolume,
            Self::Retype(_) => Action::RetypeVolume,
        }
    }

    /// Whether it has not been called off before it began.
    fn is_on(self, row: &Volume) -> bool {
        match self {
            Self::Migrate { .. } => !migration_is_idle(row.migration_status.as_deref()),
            Self::Retype(_) => row.status == VolumeStatus::Retyping,
        }
    }

    /// What the volume is again, if it is still what the move has made of it.
    fn returns_to(self, row: &Volume) -> Option<VolumeStatus> {
        match (self, row.status) {
            (Self::Migrate { .. }, VolumeStatus::Maintenance) => row.previous_status,
            (Self::Retype(_), VolumeStatus::Retyping) if row.attach_status == AttachStatus::Detached => {
                Some(VolumeStatus::Available)
            }
            (Self::Retype(change), VolumeStatus::Retyping) => Some(change.previous),
            _ => None,
        }
    }
}

pub(super) async fn step(job: &mut Job, course: Course, step: Moving) -> Result<Flow> {
    match step {
        Moving::AwaitCopy { copy } => copy::wait(job, course, copy).await,
        Moving::AskCompute { copy } => ask_compute::ask(job, course, copy).await,
        Moving::Copy { copy, done } => copy::copy(job, course, copy, done).await,
        Moving::Arrive { copy } => arrive::arrive(job, course, copy).await,
        Moving::Fail { copy, message } => fail::fail(job, course, copy, &message).await,
        Moving::Leave => fail::leave(job, course).await,
    }
}

/// The move is to end in failure; the volume is told so in the next step.
async fn fails(job: &Job, course: Course, copy: VolumeId, why: &str) -> Result<Flow> {
    let message = format!("{}.", why.trim_end_matches('.'));
    job.advance(course.at(Moving::Fail { copy, message })).await
}

/// The two volumes of a move.
struct Pair {
    volume: Volume,
    copy: Volume,
}

/// Both as they have to be all the time, or why the move cannot go on.
fn pair(volume: Option<Volume>, copy: Option<Volume>) -> std::result::Result<Pair, &'static str> {
    let Some(volume) = volume.filter(|row| !migration_is_idle(row.migration_status.as_deref())) else {
        return Err("The migration was called off");
    };
    let Some(copy) = copy.filter(|row| is_copy_of(row, volume.id)) else {
        return Err("The volume that it was copied to is gone");
    };
    if volume.size != copy.size {
        return Err("The size of the volume was changed while it was being copied");
    }
    Ok(Pair { volume, copy })
}

fn is_copy_of(row: &Volume, volume: VolumeId) -> bool {
    row.migration_status.as_deref() == Some(&*format!("target:{volume}"))
}

async fn look(job: &Job, course: Course, copy: VolumeId) -> Result<std::result::Result<Pair, &'static str>> {
    let mut session = job.bench.store.read().await?;
    let [mut volume, mut other] = [None, None];
    for (id, row) in [(course.volume(), &mut volume), (copy, &mut other)] {
        *row = session.find_volume(id, None).await?.map(|details| details.volume.clone());
    }
    if is_overtaken(job, &mut session).await? {
        volume = None;
    }
    Ok(pair(volume, other))
}

async fn look_in(
    job: &Job,
    tx: &mut Tx,
    course: Course,
    copy: VolumeId,
) -> Result<std::result::Result<Pair, &'static str>> {
    let (mut volume, copy) = (tx.volume(course.volume()).await?, tx.volume(copy).await?);
    if is_overtaken(job, tx).await? {
        volume = None;
    }
    Ok(pair(volume, copy))
}

/// An administrator has called this move off, and begun another since.
async fn is_overtaken(job: &Job, session: &mut Session) -> Result<bool> {
    let all = session.operations_of(&job.op.resource_id).await?;
    Ok(all.iter().any(|op| {
        op.status == OperationStatus::Open
            && op.work.moves_its_volume()
            && (op.created_at, op.id) > (job.op.created_at, job.op.id)
    }))
}
