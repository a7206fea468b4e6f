//! A group and a group snapshot in the words of consistency groups, the same at every
//! microversion.

use serde::Serialize;

use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::domain::group::{Group, GroupSnapshot};
use crate::domain::{GroupId, GroupSnapshotId, VolumeTypeId};

#[derive(Serialize)]
pub struct Summary<'a, I> {
    pub id: I,
    pub name: &'a Option<String>,
}

#[derive(Serialize)]
pub struct Detail<'a> {
    id: GroupId,
    status: &'static str,
    availability_zone: &'a Option<String>,
    created_at: Time,
    name: &'a Option<String>,
    description: &'a Option<String>,
    volume_types: &'a [VolumeTypeId],
}

impl<'a> Detail<'a> {
    pub fn of(group: &'a Group) -> Self {
        Self {
            id: group.id,
            status: group.status.as_str(),
            availability_zone: &group.availability_zone,
            created_at: Time(group.created_at),
            name: &group.name,
            description: &group.description,
            volume_types: &group.volume_types,
        }
    }
}

/// `{"consistencygroup": …}`.
#[derive(Serialize)]
pub struct One<G> {
    pub consistencygroup: G,
}

/// `{"consistencygroups": […]}`.
#[derive(Serialize)]
pub struct List<G> {
    pub consistencygroups: Vec<G>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistencygroup_links: Option<[NextLink; 1]>,
}

#[derive(Serialize)]
pub struct Snapshot<'a> {
    id: GroupSnapshotId,
    consistencygroup_id: GroupId,
    status: &'static str,
    created_at: Time,
    name: &'a Option<String>,
    description: &'a Option<String>,
}

impl<'a> Snapshot<'a> {
    pub fn of(snapshot: &'a GroupSnapshot) -> Self {
        Self {
            id: snapshot.id,
            consistencygroup_id: snapshot.group_id,
            status: snapshot.status.as_str(),
            created_at: Time(snapshot.created_at),
            name: &snapshot.name,
            description: &snapshot.description,
        }
    }
}

/// `{"cgsnapshot": …}`.
#[derive(Serialize)]
pub struct OneSnapshot<S> {
    pub cgsnapshot: S,
}

/// `{"cgsnapshots": […]}`, without links.
#[derive(Serialize)]
pub struct Snapshots<S> {
    pub cgsnapshots: Vec<S>,
}
