//! `PUT /volumes/{id}`.

use super::view::{Detail, One, Sees};
use super::{load_authorized, view};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::volume::VolumeChanges;

pub async fn update(call: Call) -> Result<Reply> {
    let volume = call.object("volume");
    let changes = VolumeChanges {
        name: volume.stripped(["name", "display_name"]),
        description: volume.stripped(["description", "display_description"]),
        metadata: volume.metadata("metadata"),
    };
    load_authorized(&call).await?;
    let details = call.edge.services.update_volume(&call.ctx, call.param("id"), &changes).await?;
    let links = call.links.of("volumes");
    let volume: view::Detail<'_> =
        Detail { details: &details, links: &links, sees: Sees::without_extensions(&call) };
    Ok(Reply::ok(&One { volume }))
}
