//! `POST /backups/{id}/restore`.

use serde::Serialize;

use super::load_authorized;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::volumes;
use crate::auth::Target;
use crate::domain::backup::RestoreTarget;
use crate::domain::status::BackupStatus;
use crate::domain::{BackupId, Result, VolumeId};

#[derive(Serialize)]
struct Body {
    restore: Restore,
}

#[derive(Serialize)]
struct Restore {
    backup_id: BackupId,
    volume_id: VolumeId,
    volume_name: Option<String>,
}

pub async fn restore(call: Call) -> Result<Reply> {
    let fields = call.object("restore");
    let target = RestoreTarget { volume_id: fields.text("volume_id"), name: fields.text("name") };
    let details = load_authorized(&call).await?;
    // The backup's own status is looked at before the volume.
    if details.backup.status == BackupStatus::Available {
        match &target.volume_id {
            Some(id) => drop(volumes::load_named(&call, id).await?),
            None => {
                call.edge.policy.authorize(&call.ctx, "volume:create", &Target::own(&call.ctx))?;
                call.require_project()?;
            }
        }
    }
    let done = call.edge.services.restore_backup(&call.ctx, call.param("id"), &target).await?;
    let restore =
        Restore { backup_id: done.backup_id, volume_id: done.volume_id, volume_name: done.volume_name };
    Ok(Reply::accepted(&Body { restore }))
}
