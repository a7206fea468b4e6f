//! `/os-quota-sets/{project}`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::{Used, read};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::{Error, ProjectId, Result};

#[derive(Serialize)]
struct Body<'a, T> {
    quota_set: Set<'a, T>,
}

#[derive(Serialize)]
struct Set<'a, T> {
    /// The reply of an update has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    limits: BTreeMap<String, T>,
}

fn body<T>(id: Option<&str>, limits: BTreeMap<String, T>) -> Body<'_, T> {
    Body { quota_set: Set { id, limits } }
}

/// The project of the path, if the row's rule lets the caller at its quota.
fn project(call: &Call) -> Result<ProjectId> {
    let project = ProjectId::new(call.param("project"));
    call.authorize(&Target::project(&project))?;
    if project.as_str().chars().count() > 255 {
        return Err(Error::invalid("quota_set_name has more than 255 characters."));
    }
    Ok(project)
}

pub async fn show(call: Call) -> Result<Reply> {
    let project = project(&call)?;
    let id = Some(project.as_str());
    if call.query.boolean("usage")? {
        let usage = call.edge.services.quota_usage(&project).await?;
        let usage = usage.into_iter().map(|(key, usage)| (key, Used(usage))).collect();
        return Ok(Reply::ok(&body(id, usage)));
    }
    Ok(Reply::ok(&body(id, call.edge.services.quota_limits(&project).await?)))
}

pub async fn defaults(call: Call) -> Result<Reply> {
    let project = project(&call)?;
    Ok(Reply::ok(&body(Some(project.as_str()), call.edge.services.quota_defaults().await?)))
}

pub async fn update(call: Call) -> Result<Reply> {
    let fields = call.body.get("quota_set").and_then(Value::as_object).cloned().unwrap_or_default();
    let limits = read(&fields, &["tenant_id", "id", "domain_id"])?;
    let project = project(&call)?;
    call.edge.services.set_quota(&project, &limits).await?;
    Ok(Reply::ok(&body(None, call.edge.services.quota_limits(&project).await?)))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.edge.services.delete_quota(&project(&call)?).await?;
    Ok(Reply::empty(StatusCode::OK))
}
