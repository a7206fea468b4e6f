//! Which types have the specs.

use axum::http::StatusCode;
use serde::Serialize;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::{Error, Result, VolumeTypeId};

#[derive(Serialize)]
struct List<'a> {
    qos_associations: Vec<Association<'a>>,
}

#[derive(Serialize)]
struct Association<'a> {
    association_type: &'static str,
    name: &'a str,
    id: VolumeTypeId,
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let types = call.edge.services.qos_associations(call.param("id")).await?;
    let qos_associations = types
        .iter()
        .map(|found| Association { association_type: "volume_type", name: &found.name, id: found.id })
        .collect();
    Ok(Reply::ok(&List { qos_associations }))
}

pub async fn associate(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let volume_type = volume_type(&call)?;
    call.edge.services.associate_qos_specs(&call.ctx, call.param("id"), volume_type).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn disassociate(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let volume_type = volume_type(&call)?;
    call.edge.services.disassociate_qos_specs(&call.ctx, call.param("id"), volume_type).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn disassociate_all(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.edge.services.disassociate_qos_specs_from_all(&call.ctx, call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

fn volume_type(call: &Call) -> Result<&str> {
    let given = call.query.get("vol_type_id").filter(|id| !id.is_empty());
    given.ok_or_else(|| Error::invalid("Volume Type id must not be None."))
}
