//! `/types/{id}/extra_specs`.

use axum::http::StatusCode;
use serde::Serialize;

use super::view::{Sees, Specs};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::meta::Pair;
use crate::domain::{Error, Result};
use crate::service::types::{SpecsChange, spec_not_found};

#[derive(Serialize)]
struct All<'a> {
    extra_specs: Specs<'a>,
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let found = call.edge.services.get_type(&call.ctx, call.param("id")).await?;
    Ok(Reply::ok(&All { extra_specs: Specs { specs: &found.extra_specs, sees: Sees::of(&call) } }))
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let (id, key) = (call.param("id"), call.param("key"));
    let found = call.edge.services.get_type(&call.ctx, id).await?;
    let specs = Specs { specs: &found.extra_specs, sees: Sees::of(&call) };
    let value = found.extra_specs.get(key).filter(|_| specs.shows(key));
    Ok(Reply::ok(&Pair(key, value.ok_or_else(|| spec_not_found(id, key))?)))
}

/// Adds or overwrites; the reply is what was sent.
pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let specs = SpecsChange::Set(call.object("extra_specs").all());
    call.edge.services.change_extra_specs(&call.ctx, call.param("id"), &specs).await?;
    Ok(Reply::ok(&call.body))
}

pub async fn update(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let key = call.param("key");
    call.edge.services.unused_type(call.param("id")).await?;
    if call.body.get(key).is_none() {
        return Err(Error::invalid("Request body and URI mismatch"));
    }
    let specs = SpecsChange::Set(call.whole().all());
    call.edge.services.change_extra_specs(&call.ctx, call.param("id"), &specs).await?;
    Ok(Reply::ok(&call.body))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.edge.services.get_type(&call.ctx, call.param("id")).await?;
    call.authorize_own()?;
    let change = SpecsChange::Remove(call.param("key").to_owned());
    call.edge.services.change_extra_specs(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
