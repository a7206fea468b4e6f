//! `POST /group_types`, `PUT` and `DELETE /group_types/{id}`.

use axum::http::StatusCode;

use super::view::{One, Specs, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::group_type::NewGroupType;
use crate::domain::type_changes::TypeChanges;
use crate::domain::{Error, Result};

pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("group_type");
    let specs = fields.metadata("group_specs").unwrap_or_default();
    let new = NewGroupType {
        name: fields.text("name").unwrap_or_default(),
        description: fields.text("description"),
        is_public: fields.boolean("is_public").unwrap_or(true),
        specs: specs.into_iter().map(|(key, value)| (key, Some(value))).collect(),
    };
    let created = call.edge.services.create_group_type(&call.ctx, &new).await?;
    Ok(Reply::accepted(&One { group_type: View { group_type: &created, specs: Specs::of(&call) } }))
}

/// An empty name passes here, as it does in Cinder.
pub async fn update(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("group_type");
    let changes = TypeChanges {
        name: fields.text("name"),
        description: fields.text("description"),
        is_public: fields.boolean("is_public"),
    };
    if changes.name.as_ref().is_some_and(|name| !name.is_empty() && name.trim().is_empty()) {
        return Err(Error::invalid("Group type name can not be empty."));
    }
    if changes == TypeChanges::default() {
        return Err(Error::invalid("Specify group type name, description or a combination thereof."));
    }
    let updated = call.edge.services.update_group_type(&call.ctx, call.param("id"), &changes).await?;
    Ok(Reply::ok(&One { group_type: View { group_type: &updated, specs: Specs::of(&call) } }))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.edge.services.delete_group_type(&call.ctx, call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
