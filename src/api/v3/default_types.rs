//! `/default-types`: the type of a project's volumes that name none. Since 3.62.

use axum::http::StatusCode;
use serde::Serialize;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::{Error, ErrorKind, ProjectId, Result, VolumeTypeId};

#[derive(Serialize)]
struct View {
    project_id: ProjectId,
    volume_type_id: VolumeTypeId,
}

#[derive(Serialize)]
struct One {
    default_type: View,
}

#[derive(Serialize)]
struct List {
    default_types: Vec<View>,
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own().map_err(in_its_words)?;
    let all = call.edge.services.default_types().await?;
    let view = |(project_id, volume_type_id)| View { project_id, volume_type_id };
    Ok(Reply::ok(&List { default_types: all.into_iter().map(view).collect() }))
}

pub async fn show(call: Call) -> Result<Reply> {
    let project_id = authorized(&call)?;
    let volume_type_id = call.edge.services.default_type_of(&project_id).await?;
    Ok(Reply::ok(&One { default_type: View { project_id, volume_type_id } }))
}

pub async fn set(call: Call) -> Result<Reply> {
    let project_id = authorized(&call)?;
    let named = call.object("default_type").text("volume_type").unwrap_or_default();
    let volume_type_id = call.edge.services.set_default_type(&call.ctx, &project_id, &named).await?;
    Ok(Reply::ok(&One { default_type: View { project_id, volume_type_id } }))
}

pub async fn unset(call: Call) -> Result<Reply> {
    let project_id = authorized(&call)?;
    call.edge.services.unset_default_type(&project_id).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The project of the path, if the caller may do this to it.
fn authorized(call: &Call) -> Result<ProjectId> {
    let project = ProjectId::new(call.param("id"));
    call.authorize(&Target::project(&project)).map_err(in_its_words)?;
    Ok(project)
}

fn in_its_words(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Forbidden => Error::forbidden("You are not authorized to perform this operation."),
        _ => error,
    }
}
