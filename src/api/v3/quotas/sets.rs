//! `/os-quota-sets/{project}`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Used, read};
use crate::api::call::Call;
use crate::api::fault;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::{Error, ProjectId, Result};

/// What clients send beside the limits.
const IGNORED: &[&str] = &["tenant_id", "id", "domain_id"];

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
    // Values are looked at before the keys that there are not.
    let known = call.edge.services.quota_defaults().await?;
    let (known, unknown): (Map<_, _>, Map<_, _>) = fields
        .clone()
        .into_iter()
        .partition(|(key, _)| known.contains_key(key) || IGNORED.contains(&key.as_str()));
    let limits = read(&known, IGNORED)?;
    if !unknown.is_empty() {
        let bad = unknown.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(Error::invalid(format!("Invalid input received: Bad key(s) in quota set: {bad}")));
    }
    let project = project(&call)?;
    let length = project.as_str().chars().count();
    if length > 255 {
        return Err(Error::invalid(format!(
            "Invalid input received: quota_set_name has {length} characters, more than 255."
        )));
    }
    // Upstream's check of text passes, its comparison with what is used does not.
    let is_compared = |key: &str| !IGNORED.contains(&key) && key != "per_volume_gigabytes";
    if fields.iter().any(|(key, value)| value.is_string() && is_compared(key)) {
        return Err(Error::invalid(fault::MALFORMED));
    }
    call.edge.services.set_quota(&project, &limits).await?;
    Ok(Reply::ok(&body(None, call.edge.services.quota_limits(&project).await?)))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.edge.services.delete_quota(&project(&call)?).await?;
    Ok(Reply::empty(StatusCode::OK))
}
