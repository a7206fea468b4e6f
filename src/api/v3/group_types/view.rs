//! A group type as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::page::NextLink;
use crate::auth::Target;
use crate::domain::group_type::GroupType;

/// Whether the specs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specs {
    Shown,
    Hidden,
}

impl Specs {
    pub fn of(call: &Call) -> Self {
        if call.may("group:access_group_types_specs", &Target::own(&call.ctx)) {
            Self::Shown
        } else {
            Self::Hidden
        }
    }
}

pub struct View<'a> {
    pub group_type: &'a GroupType,
    pub specs: Specs,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.group_type.id)?;
        map.serialize_entry("name", &self.group_type.name)?;
        map.serialize_entry("description", &self.group_type.description)?;
        map.serialize_entry("is_public", &self.group_type.is_public)?;
        if self.specs == Specs::Shown {
            map.serialize_entry("group_specs", &self.group_type.specs)?;
        }
        map.end()
    }
}

/// `{"group_type": …}`.
#[derive(Serialize)]
pub struct One<'a> {
    pub group_type: View<'a>,
}

/// `{"group_types": […]}`; the links' key is singular.
#[derive(Serialize)]
pub struct List<'a> {
    pub group_types: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_type_links: Option<[NextLink; 1]>,
}
