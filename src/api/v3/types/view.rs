//! A volume type as JSON. Its shape is the same at every microversion; what it shows depends on
//! the caller, since extra specs may tell how a cloud is built.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::call::Call;
use crate::api::page::NextLink;
use crate::auth::Target;
use crate::domain::Metadata;
use crate::domain::volume_type::VolumeType;

/// Specs that every user may see, since they say what one gets.
const USER_VISIBLE: [&str; 3] = ["RESKEY:availability_zones", "multiattach", "replication_enabled"];

/// What the caller may see, asked once a request.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    pub extra_specs: bool,
    pub sensitive_specs: bool,
    pub qos: bool,
    /// `os-volume-type-access:is_public`.
    pub access: bool,
}

impl Sees {
    pub fn of(call: &Call) -> Self {
        let own = Target::own(&call.ctx);
        Self {
            extra_specs: call.may("volume_extension:access_types_extra_specs", &own),
            sensitive_specs: call.may("volume_extension:types_extra_specs:read_sensitive", &own),
            qos: call.may("volume_extension:access_types_qos_specs_id", &own),
            access: call.may("volume_extension:volume_type_access", &own),
        }
    }
}

pub struct View<'a> {
    pub volume_type: &'a VolumeType,
    pub sees: Sees,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (found, sees) = (self.volume_type, self.sees);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &found.id)?;
        map.serialize_entry("name", &found.name)?;
        map.serialize_entry("is_public", &found.is_public)?;
        map.serialize_entry("description", &found.description)?;
        if sees.extra_specs {
            map.serialize_entry("extra_specs", &Specs { specs: &found.extra_specs, sees })?;
        }
        if sees.qos {
            map.serialize_entry("qos_specs_id", &found.qos_specs_id)?;
        }
        if sees.access {
            map.serialize_entry("os-volume-type-access:is_public", &found.is_public)?;
        }
        map.end()
    }
}

/// The specs a caller may see.
pub struct Specs<'a> {
    pub specs: &'a Metadata,
    pub sees: Sees,
}

impl Specs<'_> {
    pub fn shows(&self, key: &str) -> bool {
        self.sees.sensitive_specs || USER_VISIBLE.contains(&key)
    }
}

impl Serialize for Specs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.specs.iter().filter(|(key, _)| self.shows(key)))
    }
}

/// Whether a filter by this spec may be answered.
pub fn is_user_visible(key: &str) -> bool {
    USER_VISIBLE.contains(&key)
}

/// `{"volume_type": …}`.
#[derive(Serialize)]
pub struct One<'a> {
    pub volume_type: View<'a>,
}

/// `{"volume_types": […]}`; the links' key is singular.
#[derive(Serialize)]
pub struct List<'a> {
    pub volume_types: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_type_links: Option<[NextLink; 1]>,
}
