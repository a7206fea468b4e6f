//! Backups: nine operations and two actions.

pub mod actions;
pub mod create;
pub mod delete;
pub mod list;
pub mod record;
pub mod restore;
pub mod show;
pub mod update;
pub mod view;

use crate::api::call::Call;
use crate::auth::Target;
use crate::domain::Result;
use crate::domain::backup::BackupDetails;

/// The backup of the path, if the row's rule lets the caller at it. Upstream asks `backup:get`
/// first, which says 403 itself.
pub async fn load_authorized(call: &Call) -> Result<BackupDetails> {
    let details = load(call, call.param("id")).await?;
    call.authorize(&target(&details))?;
    Ok(details)
}

/// The backup named, if the caller may look at it.
pub async fn load(call: &Call, id: &str) -> Result<BackupDetails> {
    let details = call.edge.services.get_backup(&call.ctx, id).await?;
    call.edge.policy.authorize(&call.ctx, "backup:get", &target(&details))?;
    Ok(details)
}

/// The backup as policy sees it.
pub fn target(details: &BackupDetails) -> Target<'_> {
    Target::of(&details.backup.project_id, &details.backup.user_id)
}
