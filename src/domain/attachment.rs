//! Attachments: who may reach a volume, and how.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::status::{AttachStatus, VolumeStatus};
use super::{AttachmentId, ProjectId, Timestamp, VolumeId};

/// One row of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub volume_id: VolumeId,
    pub project_id: ProjectId,
    /// Nova's server; absent for Glance, Ironic and the like.
    pub instance_id: Option<String>,
    pub host: Option<String>,
    pub mountpoint: Option<String>,
    pub status: AttachStatus,
    /// `rw`, `ro`; absent until it is connected (shown as the text "null").
    pub mode: Option<String>,
    pub attached_at: Option<Timestamp>,
    /// As given by the host that connects.
    pub connector: Option<Connector>,
    /// What the host needs to connect, as JSON; `{}` while only reserved, absent for the old
    /// style of attaching.
    pub connection_info: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// What os-brick says of a host, as far as it matters to Lightbits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    pub host: Option<String>,
    /// The host NQN.
    pub nqn: String,
    /// All addresses of the host.
    #[serde(default)]
    pub ips: Vec<String>,
    pub mountpoint: Option<String>,
    pub mode: Option<String>,
}

impl Connector {
    /// The same entries in the access lists stand for both.
    pub fn is_same_host(&self, other: &Self) -> bool {
        self.nqn == other.nqn && self.ips == other.ips
    }
}

/// What is asked for by `POST /attachments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    pub volume_id: String,
    pub instance_id: Option<String>,
    pub connector: Option<Connector>,
    /// `rw` or `ro` (3.54 and later); wins over the connector's.
    pub mode: Option<String>,
}

/// What the volume becomes when the attachments that are left are these (`cinder-behaviours`
/// §6.3): the first in the order attached, attaching, detaching, reserved decides.
pub fn volume_after(left: &[Attachment]) -> (VolumeStatus, AttachStatus) {
    let states: BTreeSet<&str> = left.iter().map(|attachment| attachment.status.as_str()).collect();
    for (attachment, volume) in [
        (AttachStatus::Attached, VolumeStatus::InUse),
        (AttachStatus::Attaching, VolumeStatus::Attaching),
        (AttachStatus::Detaching, VolumeStatus::Detaching),
        (AttachStatus::Reserved, VolumeStatus::Reserved),
    ] {
        if states.contains(attachment.as_str()) {
            return (volume, attachment);
        }
    }
    (VolumeStatus::Available, AttachStatus::Detached)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(status: AttachStatus) -> Attachment {
        Attachment {
            id: AttachmentId::random(),
            volume_id: VolumeId::random(),
            project_id: ProjectId::new("p"),
            instance_id: None,
            host: None,
            mountpoint: None,
            status,
            mode: None,
            attached_at: None,
            connector: None,
            connection_info: None,
            created_at: Timestamp(0),
            updated_at: None,
            version: 1,
        }
    }

    #[test]
    fn the_strongest_attachment_decides() {
        use AttachStatus as A;
        assert_eq!(volume_after(&[]), (VolumeStatus::Available, A::Detached));
        let all = [with(A::Reserved), with(A::ErrorAttaching), with(A::Attached)];
        assert_eq!(volume_after(&all), (VolumeStatus::InUse, A::Attached));
        assert_eq!(volume_after(&all[..2]), (VolumeStatus::Reserved, A::Reserved));
        assert_eq!(volume_after(&[with(A::ErrorDetaching)]), (VolumeStatus::Available, A::Detached));
    }
}
