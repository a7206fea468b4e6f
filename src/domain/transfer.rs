//! A volume offered to another project.
//!
//! Whoever knows the offer's id and key may take the volume. The key is shown once, when the offer
//! is made; kept is only what it can be recognised by. An offer that was taken up or withdrawn is
//! gone, so `accepted` is always false and the destination always unknown, as upstream.

use super::{ProjectId, Timestamp, TransferId, VolumeId};

/// One row of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    pub volume_id: VolumeId,
    /// Of the volume, whoever made the offer.
    pub source_project_id: ProjectId,
    pub display_name: Option<String>,
    pub salt: String,
    /// Of the salt and the key, as hexadecimal digits.
    pub crypt_hash: String,
    pub no_snapshots: bool,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
}

/// What is asked for when a volume is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// Text: an id that is none is simply not found.
    pub volume_id: String,
    pub name: Option<String>,
    pub snapshots: SnapshotsOf,
}

/// What becomes of the snapshots of a volume that changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotsOf {
    GoAlong,
    StayBehind,
}
