//! The state of a cluster as plain data.
//!
//! `Tables` holds everything and changes in one way only: by applying `Record`s. The journal is
//! a list of records, a restart applies them again, and a node that answers stale reads is a
//! second `Tables` that applies the same records later.

pub mod extents;
pub mod ledger;
pub mod node;
pub mod policy;
pub mod project;
pub mod record;
pub mod snapshot;
pub mod tables;
pub mod usage;
pub mod volume;

pub use extents::{Extents, Layer};
pub use ledger::{Kind, Ledger, LedgerKey};
pub use node::{Node, NodeState};
pub use policy::{Limits, Policy, Visibility};
pub use project::{Credential, Project};
pub use record::{Identity, Record};
pub use snapshot::{Snapshot, SnapshotState};
pub use tables::{Tables, What};
pub use volume::{Affinity, Change, Label, Pending, Source, Volume, VolumeState};
