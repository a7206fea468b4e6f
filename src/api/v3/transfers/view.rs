//! How transfers look. Their links lead to the old path, whichever was asked.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::links::Collection;
use crate::api::page::NextLink;
use crate::api::time::Time;
use crate::domain::Microversion;
use crate::domain::transfer::Transfer;

/// Also the path of the list's next link.
pub const COLLECTION: &str = "os-volume-transfer";

#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    Summary,
    Detail(Microversion),
    /// The reply of the create, the only one that has the key.
    Created(Microversion, &'a str),
}

pub struct View<'a> {
    pub transfer: &'a Transfer,
    pub shape: Shape<'a>,
    pub links: &'a Collection,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let transfer = self.transfer;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &transfer.id)?;
        let version = match self.shape {
            Shape::Summary => {
                map.serialize_entry("volume_id", &transfer.volume_id)?;
                map.serialize_entry("name", &transfer.display_name)?;
                None
            }
            Shape::Detail(version) | Shape::Created(version, _) => {
                map.serialize_entry("created_at", &Time(transfer.created_at))?;
                map.serialize_entry("name", &transfer.display_name)?;
                map.serialize_entry("volume_id", &transfer.volume_id)?;
                Some(version)
            }
        };
        if let Shape::Created(_, key) = self.shape {
            map.serialize_entry("auth_key", key)?;
        }
        map.serialize_entry("links", &self.links.item(transfer.id))?;
        if version.is_some_and(|version| version.at_least(55)) {
            map.serialize_entry("no_snapshots", &transfer.no_snapshots)?;
        }
        if version.is_some_and(|version| version.at_least(57)) {
            map.serialize_entry("destination_project_id", &None::<&str>)?;
            map.serialize_entry("source_project_id", &transfer.source_project_id)?;
            map.serialize_entry("accepted", &false)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
pub struct One<'a> {
    pub transfer: View<'a>,
}

#[derive(Serialize)]
pub struct List<'a> {
    pub transfers: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers_links: Option<[NextLink; 1]>,
}
