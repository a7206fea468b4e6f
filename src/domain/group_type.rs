//! Group types: what kind of group an administrator offers, with specs that say what it promises.

use std::collections::BTreeMap;

use super::{GroupTypeId, Timestamp};

/// The type of legacy consistency groups; made by the migration that makes the group tables.
/// Groups of it are shown by the consistency group API only.
pub const DEFAULT_CGSNAPSHOT_TYPE: &str = "default_cgsnapshot_type";

/// Promises that all snapshots of a group snapshot are of one moment.
pub const CONSISTENT_SNAPSHOTS: &str = "consistent_group_snapshot_enabled";
/// Promise that the group is mirrored elsewhere.
const REPLICATION: [&str; 2] = ["group_replication_enabled", "consistent_group_replication_enabled"];

/// Unlike extra specs these may be null.
pub type GroupSpecs = BTreeMap<String, Option<String>>;

#[derive(Debug, Clone, PartialEq)]
pub struct GroupType {
    pub id: GroupTypeId,
    pub name: String,
    pub description: Option<String>,
    pub is_public: bool,
    pub specs: GroupSpecs,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
}

impl GroupType {
    /// Whether its groups belong to the consistency group API.
    pub fn is_legacy(&self) -> bool {
        self.name == DEFAULT_CGSNAPSHOT_TYPE
    }

    /// Whether its snapshots are promised to be of one moment, which no Lightbits cluster can do.
    pub fn promises_consistency(&self) -> bool {
        self.promises(CONSISTENT_SNAPSHOTS)
    }

    pub fn promises_replication(&self) -> bool {
        REPLICATION.iter().any(|key| self.promises(key))
    }

    fn promises(&self, key: &str) -> bool {
        self.specs.get(key).is_some_and(|value| value.as_deref() == Some("<is> True"))
    }
}

/// What an administrator asks for when making one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewGroupType {
    pub name: String,
    pub description: Option<String>,
    pub is_public: bool,
    pub specs: GroupSpecs,
}
