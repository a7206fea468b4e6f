//! The ground truth that outlives objects: how often each name was created and deleted, ever.
//! A checker proves from it that nothing was made twice.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Volume,
    Snapshot,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerKey {
    pub kind: Kind,
    pub project: String,
    pub name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Every UUID that the name was given to, in order; one for each accepted create.
    pub creates: Vec<Uuid>,
    /// Accepted deletes.
    pub deletes: u32,
}
