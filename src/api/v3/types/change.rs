//! `POST /types`, `PUT` and `DELETE /types/{id}`.

use axum::http::StatusCode;

use super::view::{One, Sees, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::type_changes::TypeChanges;
use crate::domain::volume_type::NewVolumeType;
use crate::domain::{Error, Result};

pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("volume_type");
    let new = NewVolumeType {
        name: fields.text("name").unwrap_or_default(),
        description: fields.text("description"),
        extra_specs: fields.metadata("extra_specs").unwrap_or_default(),
        is_public: fields.boolean("os-volume-type-access:is_public").unwrap_or(true),
    };
    let created = call.edge.services.create_type(&call.ctx, &new).await?;
    let sees = Sees { qos: false, ..Sees::of(&call) };
    Ok(Reply::ok(&One { volume_type: View { volume_type: &created, sees } }))
}

pub async fn update(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("volume_type");
    let changes = TypeChanges {
        name: fields.text("name"),
        description: fields.text("description"),
        is_public: fields.boolean("is_public"),
    };
    if changes == TypeChanges::default() {
        return Err(Error::invalid(
            "Specify volume type name, description, is_public or a combination thereof.",
        ));
    }
    if changes.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Error::invalid("Volume type name can not be empty."));
    }
    let updated = call.edge.services.update_type(&call.ctx, call.param("id"), &changes).await?;
    let sees = Sees { access: false, qos: false, ..Sees::of(&call) };
    Ok(Reply::ok(&One { volume_type: View { volume_type: &updated, sees } }))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    call.edge.services.delete_type(call.param("id")).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
