//! `POST /groups/{id}/action`.

use axum::http::StatusCode;

use super::{authorize, load, refuse_legacy};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::group::{GroupStatus, Members};
use crate::domain::{Error, Result};

pub async fn delete(call: Call) -> Result<Reply> {
    let id = call.param("id");
    let found = load(&call, id).await?;
    refuse_legacy(&found)?;
    authorize(&call, &found)?;
    let with_volumes = call.object("delete").boolean("delete-volumes").unwrap_or(false);
    let members = if with_volumes { Members::DeletedToo } else { Members::None };
    call.edge.services.delete_group(&call.ctx, id, members).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

/// Any group, also one of the consistency groups.
pub async fn reset_status(call: Call) -> Result<Reply> {
    let id = call.param("id");
    let word = call.object("reset_status").text("status").unwrap_or_default().to_ascii_lowercase();
    let status = GroupStatus::parse(&word)
        .ok_or_else(|| Error::invalid(format!("Invalid Group Status: Group status: {word} is invalid.")))?;
    authorize(&call, &load(&call, id).await?)?;
    call.edge.services.reset_group(&call.ctx, id, status).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
