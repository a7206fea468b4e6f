//! What the cluster does and refuses, as pure functions: the state and the time in, records and
//! an answer out. Nothing here changes anything by itself, so every rule can be tested alone.

pub mod capacity;
pub mod changed_blocks;
pub mod due;
pub mod hosts;
pub mod input;
pub mod layers;
pub mod nodes;
pub mod placement;
pub mod policies;
pub mod projects;
pub mod protection;
pub mod snapshots;
pub mod volumes;
pub mod writes;

use std::time::Duration;

use super::model::{Kind, Ledger, LedgerKey, Record, Tables};
use super::options::Options;
use crate::domain::Timestamp;
use uuid::Uuid;

/// The world as one operation sees it.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub tables: &'a Tables,
    pub options: &'a Options,
    pub now: Timestamp,
    /// Counts operations; what varies from one to the next (which transient error) turns on it.
    pub turn: u64,
    pub fate: Fate,
}

/// Whether an accepted operation will work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Good,
    /// An injected fault: the object ends `Failed`.
    Doomed,
}

impl Moment<'_> {
    pub const fn after(&self, delay: Duration) -> Timestamp {
        self.now.plus(delay)
    }
    /// The ledger line of a name after one more accepted create.
    fn created(&self, kind: Kind, project: &str, name: &str, uuid: Uuid) -> Record {
        let (key, mut ledger) = self.ledger(kind, project, name);
        ledger.creates.push(uuid);
        Record::Ledger(key, ledger)
    }
    /// The same after one more accepted delete.
    fn deleted(&self, kind: Kind, project: &str, name: &str) -> Record {
        let (key, mut ledger) = self.ledger(kind, project, name);
        ledger.deletes += 1;
        Record::Ledger(key, ledger)
    }
    fn ledger(&self, kind: Kind, project: &str, name: &str) -> (LedgerKey, Ledger) {
        let key = LedgerKey { kind, project: project.to_owned(), name: name.to_owned() };
        let ledger = self.tables.ledger.get(&key).cloned().unwrap_or_default();
        (key, ledger)
    }
}
