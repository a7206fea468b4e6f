//! How attachments look. Empty times are empty strings here, and only here.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::api::time::Time;
use crate::domain::attachment::Attachment;
use crate::domain::status::AttachStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Summary,
    Detail,
}

pub struct View<'a> {
    pub attachment: &'a Attachment,
    pub shape: Shape,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attachment = self.attachment;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &attachment.id)?;
        map.serialize_entry("status", attachment.status.as_str())?;
        map.serialize_entry("instance", &attachment.instance_id)?;
        map.serialize_entry("volume_id", &attachment.volume_id)?;
        if self.shape == Shape::Detail {
            match attachment.attached_at.filter(|_| attachment.status != AttachStatus::Reserved) {
                Some(at) => map.serialize_entry("attached_at", &Time(at))?,
                None => map.serialize_entry("attached_at", "")?,
            }
            map.serialize_entry("detached_at", "")?;
            map.serialize_entry("attach_mode", attachment.mode.as_deref().unwrap_or("null"))?;
            let info = attachment.connection_info.clone().and_then(|text| RawValue::from_string(text).ok());
            map.serialize_entry("connection_info", &info)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
pub struct One<'a> {
    pub attachment: View<'a>,
}

#[derive(Serialize)]
pub struct List<'a> {
    pub attachments: Vec<View<'a>>,
}
