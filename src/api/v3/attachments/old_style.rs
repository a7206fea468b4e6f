//! Attaching in the old way: actions on the volume.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::{caller, connector};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::volumes::load_authorized;
use crate::domain::Result;
use crate::domain::attachment::Connector;
use crate::service::attachments::OldAttach;

fn accepted() -> Reply {
    Reply::empty(StatusCode::ACCEPTED)
}

pub async fn reserve(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.reserve_volume(&call.ctx, call.param("id")).await?;
    Ok(accepted())
}

pub async fn unreserve(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.unreserve_volume(&call.ctx, call.param("id")).await?;
    Ok(accepted())
}

pub async fn begin_detaching(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.begin_detaching(&call.ctx, call.param("id")).await?;
    Ok(accepted())
}

pub async fn roll_detaching(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    call.edge.services.roll_detaching(&call.ctx, call.param("id")).await?;
    Ok(accepted())
}

pub async fn attach(call: Call) -> Result<Reply> {
    let fields = call.object("os-attach");
    let attach = OldAttach {
        instance_id: fields.text("instance_uuid"),
        host: fields.text("host_name"),
        mountpoint: fields.text("mountpoint"),
        mode: fields.text("mode").unwrap_or_else(|| "rw".to_owned()),
    };
    load_authorized(&call).await?;
    call.edge.services.mark_attached(&call.ctx, call.param("id"), &attach).await?;
    Ok(accepted())
}

pub async fn detach(call: Call) -> Result<Reply> {
    // Null is as good as an empty object, whatever upstream makes of it.
    let attachment = call.object("os-detach").text("attachment_id");
    load_authorized(&call).await?;
    let who = caller(&call);
    let services = &call.edge.services;
    services.mark_detached(&call.ctx, call.param("id"), attachment.as_deref(), who).await?;
    Ok(accepted())
}

/// A host that tells no NQN was never let in.
fn leaving(host: Option<&Value>) -> Option<Connector> {
    host.and_then(|host| connector::read(host).ok())
}

pub async fn force_detach(call: Call) -> Result<Reply> {
    let fields = call.object("os-force_detach");
    let attachment = fields.text("attachment_id");
    let host = leaving(fields.get("connector"));
    load_authorized(&call).await?;
    let (who, id) = (caller(&call), call.param("id"));
    let services = &call.edge.services;
    services.terminate_connection(&call.ctx, id, host.as_ref(), who).await?;
    services.mark_detached(&call.ctx, id, attachment.as_deref(), who).await?;
    Ok(accepted())
}

#[derive(Serialize)]
struct Connection {
    connection_info: Info,
}

#[derive(Serialize)]
struct Info {
    driver_volume_type: Value,
    data: BTreeMap<String, Value>,
    enforce_multipath: Value,
}

pub async fn initialize_connection(call: Call) -> Result<Reply> {
    load_authorized(&call).await?;
    let host =
        connector::read(call.object("os-initialize_connection").get("connector").unwrap_or(&Value::Null))?;
    let mut data = call.edge.services.initialize_connection(&call.ctx, call.param("id"), &host).await?;
    // The old form nests what the new one has side by side.
    let driver_volume_type = data.remove("driver_volume_type").unwrap_or_default();
    let enforce_multipath = data.get("enforce_multipath").cloned().unwrap_or(Value::Bool(false));
    Ok(Reply::ok(&Connection { connection_info: Info { driver_volume_type, data, enforce_multipath } }))
}

pub async fn terminate_connection(call: Call) -> Result<Reply> {
    let host = leaving(call.object("os-terminate_connection").get("connector"));
    load_authorized(&call).await?;
    let who = caller(&call);
    call.edge.services.terminate_connection(&call.ctx, call.param("id"), host.as_ref(), who).await?;
    Ok(accepted())
}
