//! `os-volume_upload_image` and `os-reimage`.

use axum::http::StatusCode;
use uuid::Uuid;

use super::{load, target};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::status::VolumeStatus;
use crate::domain::{Error, ImageId, Result};
use crate::service::volumes::ReservedVolume;

pub async fn upload(call: Call) -> Result<Reply> {
    load(&call).await?;
    call.authorize_own()?;
    let fields = call.object("os-volume_upload_image");
    if fields.text("visibility").is_some_and(|visibility| visibility == "public") {
        let rule = "volume_extension:volume_actions:upload_public";
        call.edge.policy.authorize(&call.ctx, rule, &Target::own(&call.ctx))?;
    }
    call.edge.services.upload_volume(&call.ctx, call.param("id")).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
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
    let image = ImageId::from_uuid(image);
    call.edge.services.reimage_volume(&call.ctx, call.param("id"), image, reserved).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
