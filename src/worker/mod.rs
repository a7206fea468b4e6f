//! The durable operations: driver, leases, one file an operation.
//!
//! An operation is a row with a step in it. The worker claims the row by lease, does what the
//! step says and goes on to the next. A step is written down before the next where it decides
//! something (where to place, that capacity is reserved, that the object exists); between two
//! such points everything can be done twice, because names come from ids: doing it again finds
//! what is there. So a process may die at any instruction and another carries on (design,
//! invariants 1–4).
//!
//! Nothing here gives up on an unknown outcome. Trouble means waiting and asking the same cluster
//! again; only its definite "no" frees the choice of another.

mod access;
mod adopt_snapshot;
mod adopt_volume;
mod apply_qos;
mod backup;
mod complete_migration;
mod connect;
mod copying;
mod create_snapshot;
mod create_volume;
mod delete_snapshot;
mod delete_volume;
mod disconnect;
mod driver;
mod extend_volume;
mod failure;
mod flow;
mod groups;
mod image_copy;
mod janitor;
mod job;
mod list_remote;
mod migrate_volume;
mod moving;
mod notify_compute;
mod places;
mod policy;
mod reimage_volume;
mod relabel;
mod release;
mod remote;
mod removal;
mod restore_to_new;
mod retype_volume;
mod revert_volume;
mod upload_volume;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use driver::Worker;

use crate::backup::Vault;
use crate::compute::Compute;
use crate::datapath::DataPath;
use crate::domain::{Clock, VolumeId};
use crate::fleet::Clients;
use crate::image::Glance;
use crate::placement::Rank;
use crate::store::{Dispatch, LogFollower, Store};

/// What the worker needs to know of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Operations at work at once on one cluster (and on none yet).
    pub concurrency: usize,
    /// How often the store is asked for operations that nobody holds.
    pub sweep: Duration,
    pub rank: Rank,
    /// A request that was sent and not answered can still land for this long: the deadline of a
    /// call and then some (`federation` §2.5).
    pub doubt: Duration,
    /// Whom to tell that a volume of a server has grown, if anybody.
    pub compute: Option<Compute>,
    /// Where the data of backups is kept; `None`: there are no backups.
    pub backups: Option<Vault>,
    /// How volumes are opened for copies; `None`: what needs a copy fails.
    pub data_path: Option<DataPath>,
    /// Where images come from and go to.
    pub images: Option<Glance>,
    /// Who sets the log levels that administrators ask of all processes.
    pub logs: Option<Arc<LogFollower>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 256,
            sweep: Duration::from_secs(2),
            rank: Rank::default(),
            doubt: Duration::from_secs(45),
            compute: None,
            backups: None,
            data_path: None,
            images: None,
            logs: None,
        }
    }
}

/// What every operation works with.
#[derive(Debug)]
struct Bench {
    store: Store,
    clients: Clients,
    dispatch: Dispatch,
    clock: Clock,
    settings: Settings,
    stop: CancellationToken,
    turns: Turns,
}

/// A cluster takes one snapshot of a volume at a time and answers the others with transient
/// errors (`lightbits-api` §3.2), so those of one volume take turns here.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<VolumeId, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn take(&self, volume: VolumeId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(volume).or_default().clone()
        };
        turn.lock_owned().await
    }
}
