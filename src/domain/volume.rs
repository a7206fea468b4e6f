//! A volume as the gateway knows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::image::Found;
use super::operation::Hints;
use super::status::{AttachStatus, VolumeStatus, migration_is_idle};
use super::{
    AttachmentId, BackendUuid, ClusterId, ClusterName, Gib, GroupId, LightosProject, Metadata, ProjectId,
    SnapshotId, Timestamp, UserId, VolumeId, VolumeTypeId,
};

/// One row of the store. `version` grows with every change; a compare-and-swap names it or the
/// statuses it expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    pub id: VolumeId,
    pub project_id: ProjectId,
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub status: VolumeStatus,
    /// The status to return to after extend, retype, upload, …
    pub previous_status: Option<VolumeStatus>,
    pub attach_status: AttachStatus,
    /// `starting`, `migrating`, `completing`, `success`, `error`, `target:<id>`, …; see
    /// `status::migration_is_idle`.
    pub migration_status: Option<String>,
    pub size: Gib,
    pub volume_type_id: Option<VolumeTypeId>,
    pub availability_zone: Option<String>,
    /// Where the data came from; stays after the source is gone.
    pub snapshot_id: Option<SnapshotId>,
    pub source_volid: Option<VolumeId>,
    pub bootable: bool,
    pub multiattach: bool,
    pub consumes_quota: bool,
    pub group_id: Option<GroupId>,
    /// The user's keys.
    pub metadata: Metadata,
    /// Keys the gateway adds: `readonly`, `attached_mode`.
    pub admin_metadata: Metadata,
    /// Glance properties of the image the data came from.
    pub image_metadata: Metadata,
    pub location: Option<Location>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
}

/// Where a volume lives. Recorded when it is placed, never derived again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub cluster_id: ClusterId,
    pub project: LightosProject,
    /// Copies the cluster keeps, 1–3; a volume takes `size × replicas` of effective capacity.
    pub replicas: u8,
    /// Known once the cluster has answered the create.
    pub uuid: Option<BackendUuid>,
    /// The id the backend name is made from when it is not the volume's own (after a migration).
    pub name_id: Option<VolumeId>,
    /// The whole backend name where no id makes it: an adopted volume on a release that cannot
    /// rename.
    #[serde(default)]
    pub name: Option<String>,
}

/// Metadata the gateway keeps beside the user's: `True` or `False`, once somebody has said so.
pub const READONLY: &str = "readonly";
/// Likewise `rw` or `ro`, from `os-attach` until anything is detached.
pub const ATTACHED_MODE: &str = "attached_mode";

impl Volume {
    /// The cluster it is on, once placed.
    pub fn cluster_id(&self) -> Option<ClusterId> {
        self.location.as_ref().map(|location| location.cluster_id)
    }

    /// What attaching makes of the volume. While an operation is at work on it, that is what it
    /// returns to afterwards.
    pub fn attach_to(&mut self, status: VolumeStatus, attach_status: AttachStatus) {
        self.attach_status = attach_status;
        if self.status.is_transient() {
            self.previous_status = Some(status);
        } else {
            self.status = status;
        }
    }

    /// What the volume becomes when an attachment has gone, or somebody says that none is left. An
    /// operation under way (an upload, a deletion) goes on, and returns to the right status.
    pub fn detached_to(&mut self, (status, attach_status): (VolumeStatus, AttachStatus)) {
        use VolumeStatus as S;
        let of_use =
            |status| matches!(status, S::InUse | S::Attaching | S::Detaching | S::Reserved | S::Available);
        self.attach_status = attach_status;
        if of_use(self.status) || self.is_usable_in_fact() {
            self.status = status;
        } else if self.previous_status.is_some_and(of_use) {
            self.previous_status = Some(status);
        }
        self.admin_metadata.remove(ATTACHED_MODE);
    }

    /// Only its status says that it cannot be used: Cinder forgets that when something detaches.
    fn is_usable_in_fact(&self) -> bool {
        use VolumeStatus as S;
        let made = self.location.as_ref().is_some_and(|place| place.uuid.is_some());
        let blocked = matches!(
            self.status,
            S::Error | S::ErrorDeleting | S::ErrorExtending | S::AwaitingTransfer | S::Maintenance
        );
        made && blocked && migration_is_idle(self.migration_status.as_deref())
    }

    /// Whether hosts may write, as they are told when they connect: how it was said to be attached,
    /// else what the administrator set.
    pub fn access_mode(&self) -> &str {
        let readonly = self.admin_metadata.get(READONLY).is_some_and(|value| value == "True");
        let otherwise = if readonly { "ro" } else { "rw" };
        self.admin_metadata.get(ATTACHED_MODE).map_or(otherwise, String::as_str)
    }

    /// The object's name on its cluster.
    pub fn backend_name(&self) -> String {
        let place = self.location.as_ref();
        match place.and_then(|place| place.name.as_ref()) {
            Some(name) => name.clone(),
            None => volume_name(place.and_then(|place| place.name_id).unwrap_or(self.id)),
        }
    }
}

/// What a user asks for when creating a volume; syntactically sound, nothing looked up yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewVolume {
    pub name: Option<String>,
    pub description: Option<String>,
    /// `None`: that of the source.
    pub size: Option<Gib>,
    /// Id or name.
    pub volume_type: Option<String>,
    pub availability_zone: Option<String>,
    pub metadata: Metadata,
    /// At most one of the four sources may be given (400), but each is looked up first (404).
    /// They stay text: an id that is none is simply not found.
    pub snapshot_id: Option<String>,
    pub source_volid: Option<String>,
    /// Id, URL ending in an id, or unique name of a Glance image.
    pub image_ref: Option<String>,
    /// What the image service said to that, where there is one.
    pub image: Option<Found>,
    pub backup_id: Option<String>,
    pub group_id: Option<String>,
    pub consistencygroup_id: Option<String>,
    /// What is refused only when everything named has been found, as Cinder does: the sentence.
    pub refusal: Option<&'static str>,
    /// What the caller is told if the type turns out to allow several attachments, where that is
    /// not for the caller to have.
    pub multiattach_refusal: Option<String>,
    pub hints: Hints,
}

/// What `PUT /volumes/{id}` changes; an absent field stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeChanges {
    /// `Some(None)` takes the name away.
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    /// Replaces all of the user's keys.
    pub metadata: Option<Metadata>,
}

/// `os-reset_status`: at least one is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusReset {
    pub status: Option<VolumeStatus>,
    pub attach_status: Option<AttachStatus>,
    /// `none` as Cinder spells it is `Some(None)`.
    pub migration_status: Option<Option<String>>,
}

/// How `DELETE /volumes/{id}` goes about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeleteMode {
    /// Its snapshots go with it.
    pub cascade: bool,
    /// In any status.
    pub force: bool,
}

/// A volume with what only other rows know of it; what `service::volumes` gives to the views.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeDetails {
    pub volume: Volume,
    /// Name of its type.
    pub type_name: Option<Arc<str>>,
    /// Name of the cluster it lives on.
    pub cluster: Option<ClusterName>,
    /// Its group, if that belongs to the legacy consistency group API.
    pub consistency_group: Option<GroupId>,
    /// Those in state `attached`.
    pub attachments: Vec<AttachedTo>,
}

/// One finished attachment as a volume shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedTo {
    pub id: AttachmentId,
    pub server_id: Option<String>,
    pub host_name: Option<String>,
    pub device: Option<String>,
    pub attached_at: Option<Timestamp>,
}

/// `GET /volumes/summary`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeSummary {
    pub count: u64,
    /// GiB; a sum can be more than a `Gib` holds.
    pub total_size_gib: u64,
    /// Each key with its distinct values.
    pub metadata: BTreeMap<String, BTreeSet<String>>,
}

/// `volume-<uuid>`, the name stock Cinder gives with its default template, so that an existing
/// deployment can be taken over.
pub fn volume_name(id: VolumeId) -> String {
    format!("volume-{id}")
}

/// `snapshot-<uuid>`.
pub fn snapshot_name(id: SnapshotId) -> String {
    format!("snapshot-{id}")
}

/// `for_clone_<uuid of the new volume>`: the intermediate snapshot of a volume-to-volume clone.
pub fn clone_snapshot_name(id: VolumeId) -> String {
    format!("for_clone_{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Timestamp, UserId};

    fn volume(status: VolumeStatus, previous_status: Option<VolumeStatus>) -> Volume {
        Volume {
            id: VolumeId::random(),
            project_id: ProjectId::new("p"),
            user_id: UserId::new("u"),
            name: None,
            description: None,
            status,
            previous_status,
            attach_status: AttachStatus::Detached,
            migration_status: None,
            size: Gib(1),
            volume_type_id: None,
            availability_zone: None,
            snapshot_id: None,
            source_volid: None,
            bootable: false,
            multiattach: false,
            consumes_quota: true,
            group_id: None,
            metadata: Metadata::new(),
            admin_metadata: Metadata::new(),
            image_metadata: Metadata::new(),
            location: None,
            created_at: Timestamp(0),
            updated_at: None,
            version: 1,
        }
    }

    #[test]
    fn attaching_takes_no_operation_away_from_a_volume() {
        use VolumeStatus as S;
        let mut free = volume(S::Reserved, None);
        free.attach_to(S::InUse, AttachStatus::Attached);
        assert_eq!((free.status, free.previous_status), (S::InUse, None));
        let mut grows = volume(S::Extending, Some(S::Reserved));
        grows.attach_to(S::InUse, AttachStatus::Attached);
        assert_eq!((grows.status, grows.previous_status), (S::Extending, Some(S::InUse)));
        grows.detached_to((S::Available, AttachStatus::Detached));
        assert_eq!((grows.status, grows.previous_status), (S::Extending, Some(S::Available)));
        // What was never made stays what it is.
        let mut failed = volume(S::Error, None);
        failed.detached_to((S::Available, AttachStatus::Detached));
        assert_eq!((failed.status, failed.attach_status), (S::Error, AttachStatus::Detached));
        failed.location = Some(Location {
            cluster_id: ClusterId::random(),
            project: LightosProject::new("default"),
            replicas: 3,
            uuid: Some(BackendUuid::from_uuid(uuid::Uuid::nil())),
            name_id: None,
            name: None,
        });
        failed.detached_to((S::InUse, AttachStatus::Attached));
        assert_eq!((failed.status, failed.attach_status), (S::InUse, AttachStatus::Attached));
    }
}
