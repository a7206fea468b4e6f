//! Reading and writing images as Glance has them. What is not as Glance writes it counts as no
//! answer.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::image::{Image, NewImage};
use crate::domain::{Bytes, ImageId, Metadata};

/// What every image has (`is_base` in Glance's schema); anything else is a property.
const BASE: [&str; 25] = [
    "id",
    "name",
    "status",
    "visibility",
    "protected",
    "os_hidden",
    "checksum",
    "os_hash_algo",
    "os_hash_value",
    "owner",
    "size",
    "virtual_size",
    "container_format",
    "disk_format",
    "created_at",
    "updated_at",
    "tags",
    "direct_url",
    "min_ram",
    "min_disk",
    "self",
    "file",
    "stores",
    "schema",
    "locations",
];

#[derive(Deserialize)]
struct Shown {
    id: Uuid,
    name: Option<String>,
    status: String,
    size: Option<u64>,
    virtual_size: Option<u64>,
    disk_format: Option<String>,
    container_format: Option<String>,
    checksum: Option<String>,
    os_hash_algo: Option<String>,
    os_hash_value: Option<String>,
    #[serde(default)]
    min_disk: Option<u64>,
    #[serde(default)]
    min_ram: Option<u64>,
    visibility: Option<String>,
    protected: Option<bool>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// `GET /v2/images/{id}`.
pub(super) fn image(body: &[u8]) -> Option<Image> {
    Some(from(serde_json::from_slice(body).ok()?))
}

/// `GET /v2/images`.
pub(super) fn images(body: &[u8]) -> Option<Vec<Image>> {
    #[derive(Deserialize)]
    struct Listed {
        images: Vec<Shown>,
    }
    let listed: Listed = serde_json::from_slice(body).ok()?;
    Some(listed.images.into_iter().map(from).collect())
}

fn from(shown: Shown) -> Image {
    let properties = shown.rest.into_iter().filter(|(key, _)| !BASE.contains(&key.as_str()));
    Image {
        id: ImageId::from_uuid(shown.id),
        name: shown.name,
        status: shown.status,
        size: shown.size.map(Bytes),
        virtual_size: shown.virtual_size.map(Bytes),
        disk_format: shown.disk_format,
        container_format: shown.container_format,
        checksum: shown.checksum,
        os_hash_algo: shown.os_hash_algo,
        os_hash_value: shown.os_hash_value,
        min_disk: shown.min_disk.unwrap_or_default(),
        min_ram: shown.min_ram.unwrap_or_default(),
        visibility: shown.visibility,
        protected: shown.protected,
        properties: properties.filter_map(|(key, value)| Some((key, text(value)?))).collect::<Metadata>(),
    }
}

/// Properties are texts; what an old Glance has otherwise is written as JSON.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// `POST /v2/images`: properties stand beside the fields.
pub(super) fn creation(new: &NewImage) -> Value {
    let mut body = Map::new();
    body.extend(new.properties.iter().map(|(key, value)| (key.clone(), json!(value))));
    body.insert("name".to_owned(), json!(new.name));
    body.insert("disk_format".to_owned(), json!(new.disk_format));
    body.insert("container_format".to_owned(), json!(new.container_format));
    if let Some(visibility) = &new.visibility {
        body.insert("visibility".to_owned(), json!(visibility));
    }
    if let Some(protected) = new.protected {
        body.insert("protected".to_owned(), json!(protected));
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_glances_is_no_image() {
        let id = Uuid::from_u128(9);
        for body in [
            String::new(),
            "null".to_owned(),
            "[]".to_owned(),
            "<html>".to_owned(),
            "{}".to_owned(),
            r#"{"id": "x", "status": "active"}"#.to_owned(),
            format!(r#"{{"id": "{id}"}}"#),
            format!(r#"{{"id": "{id}", "status": "active", "size": -1}}"#),
            format!(r#"{{"id": "{id}", "status": "active", "min_disk": "x"}}"#),
        ] {
            assert!(image(body.as_bytes()).is_none(), "{body}");
        }
        assert!(images(b"[]").is_none());
        assert!(images(br#"{"images": []}"#).unwrap().is_empty());
    }

    #[test]
    fn everything_else_is_a_property() {
        let id = Uuid::from_u128(9);
        let body = json!({"id": id, "status": "active", "size": 4, "min_disk": 1, "min_ram": 2, "name": null,
            "tags": ["a"], "schema": "/v2/schemas/image", "hw_disk_bus": "scsi", "ramdisk_id": null, "odd": 7});
        let image = image(body.to_string().as_bytes()).unwrap();
        let expected = [("hw_disk_bus", "scsi"), ("odd", "7")];
        let expected: Metadata = expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!((image.properties, image.size, image.min_disk), (expected, Some(Bytes(4)), 1));
    }
}
