//! The steps of the operations that have more than one, in their order.
//!
//! What they carry is what a process that takes over has to know; the rest it looks up.

use serde::{Deserialize, Serialize};

use crate::domain::{BackendUuid, ClusterId, VolumeId};

/// Steps of a create. A refused `CreateRemote` goes back to `Place` with the cluster excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum CreateVolume {
    Place {
        excluded: Vec<ClusterId>,
    },
    /// Clone only: take `for_clone_<id>` of the source.
    SnapshotSource {
        excluded: Vec<ClusterId>,
    },
    /// From here on a volume of this name may exist on the cluster.
    CreateRemote {
        excluded: Vec<ClusterId>,
    },
    AwaitAvailable {
        uuid: BackendUuid,
        excluded: Vec<ClusterId>,
    },
    /// Clone only: delete `for_clone_<id>`; the cluster keeps it hidden while it is needed.
    DropIntermediate {
        uuid: BackendUuid,
    },
    /// The volume is there and empty: image or backup are copied into it.
    Fill {
        uuid: BackendUuid,
    },
    Finish {
        uuid: BackendUuid,
    },
    /// The volume is available, but a create that nobody answered may still land once the name
    /// comes free: until `not_before` the operation stays, and a delete waits for its end.
    Guard,
    /// The create is known not to have happened or has been undone; the volume turns `error`.
    Fail {
        message: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum DeleteVolume {
    /// Cascade: the snapshots first.
    DeleteSnapshots,
    DeleteRemote,
    AwaitGone,
    Finish,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum ExtendVolume {
    /// Capacity is checked and reserved on the owner.
    Reserve,
    ResizeRemote,
    AwaitSize,
    Finish,
    Fail {
        message: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum RevertVolume {
    Rollback,
    AwaitAvailable,
    Finish,
    Fail { message: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum MigrateVolume {
    /// Accepted: `starting`.
    Begin,
    /// `migrating`, and there is no data path to copy it by.
    Copy,
    Move {
        step: Moving,
    },
}

/// Steps by which a volume gets to another place. `copy` is the volume that its data goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum Moving {
    /// An operation of its own makes the copy.
    AwaitCopy { copy: VolumeId },
    /// It is there, and a server has the volume: Nova is asked to copy it.
    AskCompute { copy: VolumeId },
    /// Whatever comes before `done` (bytes) is durable in the copy.
    Copy {
        copy: VolumeId,
        #[serde(default)]
        done: u64,
    },
    /// All is there: the volume takes the place of its copy.
    Arrive { copy: VolumeId },
    /// The volume stays where it is, and the copy goes.
    Fail { copy: VolumeId, message: String },
    /// That is written down; our name may still be on the access list of the volume.
    Leave,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum RetypeVolume {
    /// What the cluster has to change, if anything; decided anew whenever it is taken up.
    ChangeRemote,
    /// It can only be had elsewhere.
    Move {
        step: Moving,
    },
    Finish,
    Fail {
        message: String,
        /// Of a migration that could not be.
        migration_status: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum CreateSnapshot {
    CreateRemote,
    AwaitAvailable {
        uuid: BackendUuid,
    },
    Finish {
        uuid: BackendUuid,
    },
    /// As that of a volume.
    Guard,
    Fail {
        message: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum DeleteSnapshot {
    DeleteRemote,
    AwaitGone,
    Finish,
}

/// Steps of an adoption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum AdoptVolume {
    /// Look for it, check it, and bind the row to it.
    Find,
    /// Give it our name, a whole number of GiB, our label, and nobody's access.
    Settle,
    /// `name`: what it is called in the end.
    Finish { name: String },
    /// It stays what it was on the cluster; the row forgets it.
    Fail { message: String },
}
