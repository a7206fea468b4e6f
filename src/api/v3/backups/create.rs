//! `POST /backups`.

use super::view::{One, Summary};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::volumes;
use crate::domain::Result;
use crate::domain::backup::{AttachedSource, Extent, NewBackup};

pub async fn create(call: Call) -> Result<Reply> {
    let new = read(&call);
    let details = volumes::load_named(&call, &new.volume_id).await?;
    call.authorize(&volumes::target(&details))?;
    call.require_project()?;
    let backup = call.edge.services.create_backup(&call.ctx, &new).await?;
    let links = call.links.of("backups");
    Ok(Reply::accepted(&One { backup: Summary { backup: &backup, links: &links } }))
}

fn read(call: &Call) -> NewBackup {
    let fields = call.object("backup");
    NewBackup {
        volume_id: fields.text("volume_id").unwrap_or_default(),
        snapshot_id: fields.text("snapshot_id"),
        name: fields.stripped(["name", "name"]).flatten(),
        description: fields.stripped(["description", "description"]).flatten(),
        container: fields.text("container"),
        availability_zone: fields.text("availability_zone"),
        metadata: fields.metadata("metadata").unwrap_or_default(),
        extent: match fields.boolean("incremental") {
            Some(true) => Extent::Incremental,
            _ => Extent::Full,
        },
        source: match fields.boolean("force") {
            Some(true) => AttachedSource::Allowed,
            _ => AttachedSource::Refused,
        },
    }
}
