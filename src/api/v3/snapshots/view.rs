//! A snapshot as JSON, at the asked microversion.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::Microversion;
use crate::domain::snapshot::Snapshot;

/// How much of a snapshot is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The short list, and what has been taken in: nine fields at every version.
    Summary,
    /// Replies of create and update.
    Detail(Microversion),
    /// Show and the detailed list: project and progress as well.
    Extended(Microversion),
}

impl Shape {
    /// For show and detail.
    pub fn of(call: &Call) -> Self {
        let rule = "volume_extension:extended_snapshot_attributes";
        if call.may(rule, &Target::own(&call.ctx)) {
            Self::Extended(call.version())
        } else {
            Self::Detail(call.version())
        }
    }
}

pub struct View<'a> {
    pub snapshot: &'a Snapshot,
    pub shape: Shape,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let snapshot = self.snapshot;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &snapshot.id)?;
        map.serialize_entry("created_at", &Time(snapshot.created_at))?;
        map.serialize_entry("updated_at", &snapshot.updated_at.map(Time))?;
        map.serialize_entry("name", &snapshot.name)?;
        map.serialize_entry("description", &snapshot.description)?;
        map.serialize_entry("volume_id", &snapshot.volume_id)?;
        map.serialize_entry("status", snapshot.status.as_str())?;
        map.serialize_entry("size", &snapshot.volume_size)?;
        map.serialize_entry("metadata", &snapshot.metadata)?;
        let (version, extended) = match self.shape {
            Shape::Summary => return map.end(),
            Shape::Detail(version) => (version, false),
            Shape::Extended(version) => (version, true),
        };
        if version.at_least(14) {
            map.serialize_entry("group_snapshot_id", &snapshot.group_snapshot_id)?;
        }
        if version.at_least(41) {
            map.serialize_entry("user_id", &snapshot.user_id)?;
        }
        if version.at_least(65) {
            map.serialize_entry("consumes_quota", &snapshot.consumes_quota)?;
        }
        if extended {
            map.serialize_entry("os-extended-snapshot-attributes:project_id", &snapshot.project_id)?;
            map.serialize_entry("os-extended-snapshot-attributes:progress", &snapshot.progress)?;
        }
        map.end()
    }
}

/// `{"snapshot": …}`.
#[derive(Serialize)]
pub struct One<'a> {
    pub snapshot: View<'a>,
}

/// `{"snapshots": […]}`.
#[derive(Serialize)]
pub struct List<'a> {
    pub snapshots: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshots_links: Option<[NextLink; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}
