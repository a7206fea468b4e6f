//! `/group_types/{id}/group_specs`. A value may be null.

use axum::http::StatusCode;
use serde::Serialize;
use serde::ser::SerializeMap as _;

use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::group_type::GroupSpecs;
use crate::domain::{Error, Result};
use crate::service::group_types::GroupSpecsChange;

#[derive(Serialize)]
struct All<'a> {
    group_specs: &'a GroupSpecs,
}

/// `{"<key>": value}`.
struct Spec<'a>(&'a str, &'a Option<String>);

impl Serialize for Spec<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

fn specs(fields: Fields<'_>) -> GroupSpecs {
    fields.keys().map(|key| (key.clone(), fields.text(key))).collect()
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let found = call.edge.services.get_group_type(&call.ctx, call.param("id")).await?;
    Ok(Reply::ok(&All { group_specs: &found.specs }))
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let (id, key) = (call.param("id"), call.param("key"));
    let found = call.edge.services.get_group_type(&call.ctx, id).await?;
    let value = found
        .specs
        .get(key)
        .ok_or_else(|| Error::not_found(format!("Group Type {id} has no extra spec with key {key}.")))?;
    Ok(Reply::ok(&Spec(key, value)))
}

/// Adds or overwrites; the reply is what was sent.
pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let change = GroupSpecsChange::Set(specs(call.object("group_specs")));
    call.edge.services.change_group_specs(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::accepted(&call.body))
}

pub async fn update(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let (id, key) = (call.param("id"), call.param("key"));
    call.edge.services.get_group_type(&call.ctx, id).await?;
    if call.body.get(key).is_none() {
        return Err(Error::invalid("Request body and URI mismatch"));
    }
    let change = GroupSpecsChange::Set(specs(call.whole()));
    call.edge.services.change_group_specs(&call.ctx, id, &change).await?;
    Ok(Reply::ok(&call.body))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let change = GroupSpecsChange::Remove(call.param("key").to_owned());
    call.edge.services.change_group_specs(&call.ctx, call.param("id"), &change).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
