//! `os-volume_upload_image` and `os-reimage`.

use axum::http::{HeaderName, StatusCode};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{load, target};
use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::image::NewImage;
use crate::domain::status::VolumeStatus;
use crate::domain::volume_type::VolumeType;
use crate::domain::{Error, ImageId, Metadata, Result};
use crate::service::volumes::{Force, ReservedVolume, Upload};

/// The caller's token, for what he may see elsewhere.
pub fn token(call: &Call) -> &str {
    call.header(&HeaderName::from_static("x-auth-token")).unwrap_or_default()
}

pub async fn upload(call: Call) -> Result<Reply> {
    load(&call).await?;
    call.authorize_own()?;
    let fields = call.object("os-volume_upload_image");
    if fields.text("visibility").is_some_and(|visibility| visibility == "public") {
        let rule = "volume_extension:volume_actions:upload_public";
        call.edge.policy.authorize(&call.ctx, rule, &Target::own(&call.ctx))?;
    }
    let force = if fields.boolean("force") == Some(true) { Force::Yes } else { Force::No };
    let (token, id, new) = (token(&call), call.param("id"), asked(&call, fields));
    let upload = call.edge.services.upload_volume(&call.ctx, token, id, new, force).await?;
    Ok(Reply::accepted(&Body { upload: Uploading(&upload) }))
}

fn asked(call: &Call, fields: Fields<'_>) -> NewImage {
    // Below, an image is as Glance makes it.
    let since_1 = call.version().at_least(1);
    NewImage {
        name: fields.text("image_name").unwrap_or_default(),
        disk_format: fields.text("disk_format").unwrap_or_else(|| "raw".to_owned()),
        container_format: fields.text("container_format").unwrap_or_else(|| "bare".to_owned()),
        visibility: since_1.then(|| fields.text("visibility").unwrap_or_else(|| "private".to_owned())),
        protected: since_1.then(|| fields.boolean("protected").unwrap_or(false)),
        properties: Metadata::new(),
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "os-volume_upload_image")]
    upload: Uploading<'a>,
}

struct Uploading<'a>(&'a Upload);

impl Serialize for Uploading<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (volume, image) = (&self.0.details.volume, &self.0.image);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &volume.id)?;
        map.serialize_entry("updated_at", &volume.updated_at.map(Time))?;
        map.serialize_entry("status", VolumeStatus::Uploading.as_str())?;
        map.serialize_entry("display_description", &volume.description)?;
        map.serialize_entry("size", &volume.size)?;
        map.serialize_entry("volume_type", &self.0.volume_type.as_ref().map(Type))?;
        map.serialize_entry("image_id", &image.id)?;
        map.serialize_entry("container_format", &image.container_format)?;
        map.serialize_entry("disk_format", &image.disk_format)?;
        map.serialize_entry("image_name", &image.name)?;
        if let Some(protected) = image.protected {
            map.serialize_entry("protected", &protected)?;
        }
        if let Some(visibility) = &image.visibility {
            map.serialize_entry("visibility", visibility)?;
        }
        map.end()
    }
}

/// A type as upstream's own code has it: nowhere else is it shown so.
struct Type<'a>(&'a VolumeType);

impl Serialize for Type<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("description", &self.0.description)?;
        map.serialize_entry("is_public", &self.0.is_public)?;
        map.serialize_entry("extra_specs", &self.0.extra_specs)?;
        map.serialize_entry("qos_specs_id", &self.0.qos_specs_id)?;
        map.serialize_entry("created_at", &Time(self.0.created_at))?;
        map.serialize_entry("updated_at", &self.0.updated_at.map(Time))?;
        map.serialize_entry("deleted_at", &None::<&str>)?;
        map.serialize_entry("deleted", &false)?;
        map.end()
    }
}

/// Who may write a volume that is reserved for a server is another matter.
pub async fn reimage(call: Call) -> Result<Reply> {
    let details = load(&call).await?;
    if details.volume.status == VolumeStatus::Reserved {
        call.edge.policy.authorize(&call.ctx, "volume:reimage_reserved", &target(&details))?;
    } else {
        call.authorize(&target(&details))?;
    }
    let fields = call.object("os-reimage");
    let image = fields.text("image_id").and_then(|text| Uuid::try_parse(&text).ok());
    let image = image.ok_or_else(|| Error::invalid("Invalid imageRef provided."))?;
    let reserved = match fields.boolean("reimage_reserved") {
        Some(true) => ReservedVolume::Allowed,
        _ => ReservedVolume::Refused,
    };
    let (token, id, image) = (token(&call), call.param("id"), ImageId::from_uuid(image));
    call.edge.services.reimage_volume(&call.ctx, token, id, image, reserved).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
