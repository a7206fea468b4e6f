//! `POST /group_snapshots`, `DELETE /group_snapshots/{id}` and `reset_status`.

use axum::http::StatusCode;

use super::view::{One, Summary};
use super::{authorize, load, refuse_legacy, reserved};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::groups;
use crate::domain::group::GroupSnapshotStatus;
use crate::domain::{Error, Result};
use crate::service::groups::NewGroupSnapshot;

pub async fn create(call: Call) -> Result<Reply> {
    let fields = call.object("group_snapshot");
    let new = NewGroupSnapshot {
        group_id: fields.text("group_id").unwrap_or_default(),
        name: fields.text("name"),
        description: fields.text("description"),
    };
    let group = groups::load(&call, &new.group_id).await?;
    if group.legacy {
        return Err(reserved(group.group.group_type_id));
    }
    groups::authorize(&call, &group)?;
    call.require_project()?;
    let made = call.edge.services.create_group_snapshot(&call.ctx, &new).await?;
    let group_type_id = Some(made.group_type_id);
    Ok(Reply::accepted(&One { group_snapshot: Summary { id: made.id, name: &made.name, group_type_id } }))
}

pub async fn delete(call: Call) -> Result<Reply> {
    let id = call.param("id");
    let found = load(&call, id).await?;
    refuse_legacy(&found)?;
    authorize(&call, &found)?;
    call.edge.services.delete_group_snapshot(&call.ctx, id).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn reset_status(call: Call) -> Result<Reply> {
    let id = call.param("id");
    let word = call.object("reset_status").text("status").unwrap_or_default().to_ascii_lowercase();
    let status = GroupSnapshotStatus::parse(&word)
        .ok_or_else(|| Error::invalid(format!("Invalid GroupSnapshot Status: {word} is invalid.")))?;
    authorize(&call, &load(&call, id).await?)?;
    call.edge.services.reset_group_snapshot(&call.ctx, id, status).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
