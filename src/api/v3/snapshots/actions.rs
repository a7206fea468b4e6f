//! `POST /snapshots/{id}/action`.

use axum::http::StatusCode;

use super::{load_authorized, load_by_rule};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::status::SnapshotStatus;
use crate::domain::{Error, Result};
use crate::service::snapshots::{AssistedProgress, Force};

pub async fn reset_status(call: Call) -> Result<Reply> {
    let word = call.object("os-reset_status").text("status").unwrap_or_default().to_ascii_lowercase();
    load_by_rule(&call).await?;
    let status = SnapshotStatus::parse(&word).ok_or_else(|| not_allowed(&word))?;
    call.edge.services.reset_snapshot(&call.ctx, call.param("id"), status).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub async fn force_delete(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.delete_snapshot(&call.ctx, call.param("id"), Force::Yes).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub async fn update_status(call: Call) -> Result<Reply> {
    let fields = call.object("os-update_snapshot_status");
    let status = fields.text("status").unwrap_or_default();
    load_by_rule(&call).await?;
    let to = AssistedProgress { status, progress: fields.nonempty("progress") };
    call.edge.services.assist_snapshot(&call.ctx, call.param("id"), &to).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

fn not_allowed(word: &str) -> Error {
    Error::invalid(format!("Invalid snapshot: Cannot reset-state to {word}."))
}
