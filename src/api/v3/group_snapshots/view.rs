//! A group snapshot as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::group::GroupSnapshot;
use crate::domain::{GroupSnapshotId, GroupTypeId};

/// In the short list the type is left out.
#[derive(Serialize)]
pub struct Summary<'a> {
    pub id: GroupSnapshotId,
    pub name: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_type_id: Option<GroupTypeId>,
}

/// Whether the project is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    Shown,
    Hidden,
}

impl Project {
    pub fn of(call: &Call) -> Self {
        let rule = "group:group_snapshot_project_attribute";
        if call.version().at_least(58) && call.may(rule, &Target::own(&call.ctx)) {
            Self::Shown
        } else {
            Self::Hidden
        }
    }
}

pub struct Detail<'a> {
    pub snapshot: &'a GroupSnapshot,
    pub project: Project,
}

impl Serialize for Detail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let snapshot = self.snapshot;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &snapshot.id)?;
        map.serialize_entry("group_id", &snapshot.group_id)?;
        map.serialize_entry("group_type_id", &snapshot.group_type_id)?;
        map.serialize_entry("status", snapshot.status.as_str())?;
        map.serialize_entry("created_at", &Time(snapshot.created_at))?;
        map.serialize_entry("name", &snapshot.name)?;
        map.serialize_entry("description", &snapshot.description)?;
        if self.project == Project::Shown {
            map.serialize_entry("project_id", &snapshot.project_id)?;
        }
        map.end()
    }
}

/// `{"group_snapshot": …}`.
#[derive(Serialize)]
pub struct One<S> {
    pub group_snapshot: S,
}

/// `{"group_snapshots": […]}`.
#[derive(Serialize)]
pub struct List<S> {
    pub group_snapshots: Vec<S>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_snapshot_links: Option<[NextLink; 1]>,
}
