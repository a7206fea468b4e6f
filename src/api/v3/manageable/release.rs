//! Letting go of volumes and snapshots; and an action that only volumes in files need.

use axum::http::StatusCode;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::{snapshots, volumes};
use crate::auth::Target;
use crate::domain::Result;

/// Who may unmanage must also be allowed to delete.
pub async fn volume(call: Call) -> Result<Reply> {
    let details = volumes::load_authorized(&call).await?;
    call.edge.policy.authorize(&call.ctx, "volume:delete", &volumes::target(&details))?;
    call.edge.services.unmanage_volume(&call.ctx, call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn snapshot(call: Call) -> Result<Reply> {
    let snapshot = snapshots::load_authorized(&call).await?;
    let target = Target::of(&snapshot.project_id, &snapshot.user_id);
    call.edge.policy.authorize(&call.ctx, "volume:delete_snapshot", &target)?;
    call.edge.services.unmanage_snapshot(&call.ctx, call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn complete_extend(call: Call) -> Result<Reply> {
    volumes::load_authorized(&call).await?;
    call.edge.services.complete_extend(&call.ctx, call.param("id")).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
