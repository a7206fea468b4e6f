//! `PUT /backups/{id}`.

use super::load_authorized;
use super::view::{One, Summary};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::backup::BackupChanges;

pub async fn update(call: Call) -> Result<Reply> {
    let fields = call.object("backup");
    let changes = BackupChanges {
        name: fields.stripped(["name", "name"]),
        description: fields.stripped(["description", "description"]),
        metadata: fields.metadata("metadata"),
    };
    load_authorized(&call).await?;
    let backup = call.edge.services.update_backup(&call.ctx, call.param("id"), &changes).await?;
    let links = call.links.of("backups");
    Ok(Reply::ok(&One { backup: Summary { backup: &backup, links: &links } }))
}
