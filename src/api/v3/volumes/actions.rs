//! `POST /volumes/{id}/action`: those that need no data path.

use axum::http::StatusCode;

use super::{load, load_authorized, load_by_rule, load_openly, target};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{DeleteMode, StatusReset};
use crate::domain::{Error, Result};
use crate::service::volumes::ExtendScope;

/// An attached volume grows since 3.42, by a rule of its own.
pub async fn extend(call: Call) -> Result<Reply> {
    let new_size = call.object("os-extend").size("new_size").unwrap_or_default();
    let details = load(&call).await?;
    let online = call.version().at_least(42) && details.volume.status == VolumeStatus::InUse;
    let (rule, scope) = if online {
        ("volume:extend_attached_volume", ExtendScope::Online)
    } else {
        (call.row.rule, ExtendScope::Detached)
    };
    call.edge.policy.authorize(&call.ctx, rule, &target(&details))?;
    call.edge.services.extend_volume(&call.ctx, call.param("id"), new_size, scope).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub async fn set_bootable(call: Call) -> Result<Reply> {
    let bootable = call.object("os-set_bootable").boolean("bootable").unwrap_or_default();
    load_authorized(&call).await?;
    call.edge.services.set_bootable(&call.ctx, call.param("id"), bootable).await?;
    Ok(Reply::empty(StatusCode::OK))
}

pub async fn update_readonly_flag(call: Call) -> Result<Reply> {
    let readonly = call.object("os-update_readonly_flag").boolean("readonly").unwrap_or_default();
    load_authorized(&call).await?;
    call.edge.services.set_readonly(&call.ctx, call.param("id"), readonly).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub async fn revert(call: Call) -> Result<Reply> {
    let snapshot = call.object("revert").text("snapshot_id");
    let snapshot = snapshot.unwrap_or_else(|| "None".to_owned());
    let details = load_openly(&call, call.param("id")).await?;
    call.edge.services.check_newest(&call.ctx, call.param("id"), &snapshot).await?;
    call.authorize(&target(&details))?;
    call.edge.services.revert_volume(&call.ctx, call.param("id"), &snapshot).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub async fn force_delete(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    let mode = DeleteMode { force: true, ..DeleteMode::default() };
    call.edge.services.delete_volume(&call.ctx, call.param("id"), mode).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub async fn reset_status(call: Call) -> Result<Reply> {
    let fields = call.object("os-reset_status");
    let word = |name| fields.nonempty(name).map(|text| text.to_ascii_lowercase());
    let (status, attach, migration) = (word("status"), word("attach_status"), word("migration_status"));
    let reset = StatusReset {
        status: status.as_deref().and_then(VolumeStatus::parse),
        attach_status: attach.as_deref().and_then(AttachStatus::parse),
        migration_status: migration.map(|text| Some(text).filter(|text| text != "none")),
    };
    load_by_rule(&call, call.param("id")).await?;
    if reset.status == Some(VolumeStatus::Deleting) {
        return Err(Error::invalid("Cannot reset-state to deleting"));
    }
    call.edge.services.reset_volume(&call.ctx, call.param("id"), &reset).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
