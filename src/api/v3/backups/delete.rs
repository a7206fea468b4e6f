//! `DELETE /backups/{id}`.

use axum::http::StatusCode;

use super::load_authorized;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::service::snapshots::Force;

pub async fn delete(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.delete_backup(&call.ctx, call.param("id"), Force::No).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
