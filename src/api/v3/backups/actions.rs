//! `POST /backups/{id}/action`.

use axum::http::StatusCode;

use super::{load_authorized, target};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::status::BackupStatus;
use crate::domain::{Error, Result};
use crate::service::snapshots::Force;

pub async fn reset_status(call: Call) -> Result<Reply> {
    let word = call.object("os-reset_status").text("status").unwrap_or_default().to_ascii_lowercase();
    load_authorized(&call).await?;
    let status = BackupStatus::parse(&word)
        .ok_or_else(|| Error::invalid(format!("Invalid backup: Cannot reset-state to {word}.")))?;
    call.edge.services.reset_backup(&call.ctx, call.param("id"), status).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// Who may force must be allowed to delete as well.
pub async fn force_delete(call: Call) -> Result<Reply> {
    let details = load_authorized(&call).await?;
    call.edge.policy.authorize(&call.ctx, "backup:delete", &target(&details))?;
    call.edge.services.delete_backup(&call.ctx, call.param("id"), Force::Yes).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
