//! Who may use a private type.

use axum::http::StatusCode;
use serde::Serialize;

use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::{ProjectId, Result};

#[derive(Serialize)]
struct List<'a> {
    volume_type_access: Vec<Access<'a>>,
}

#[derive(Serialize)]
struct Access<'a> {
    volume_type_id: &'a str,
    project_id: ProjectId,
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let volume_type_id = call.param("id");
    let projects = call.edge.services.type_access(volume_type_id).await?;
    let one = |project_id| Access { volume_type_id, project_id };
    Ok(Reply::ok(&List { volume_type_access: projects.into_iter().map(one).collect() }))
}

pub async fn add(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let project = project(&call, "addProjectAccess");
    call.edge.services.add_type_access(call.param("id"), &project).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn remove(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let project = project(&call, "removeProjectAccess");
    call.edge.services.remove_type_access(call.param("id"), &project).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

fn project(call: &Call, action: &str) -> ProjectId {
    ProjectId::new(call.object(action).text("project").unwrap_or_default())
}
