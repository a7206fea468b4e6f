//! `DELETE /volumes/{id}`.

use axum::http::StatusCode;

use super::{load, target};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::volume::DeleteMode;

pub async fn delete(call: Call) -> Result<Reply> {
    let cascade = call.query.boolean("cascade")?;
    let force = call.version().at_least(23) && call.query.boolean("force")?;
    let details = load(&call).await?;
    if force {
        call.edge.policy.authorize(&call.ctx, "volume:force_delete", &target(&details))?;
    }
    call.authorize(&target(&details))?;
    let mode = DeleteMode { cascade, force };
    call.edge.services.delete_volume(&call.ctx, call.param("id"), mode).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
