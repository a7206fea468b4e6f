//! `/os-quota-class-sets/{class}`; the class `default` is the cloud's.

use serde::Serialize;
use serde_json::Value;

use super::read;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::{Error, Result};
use crate::service::quota_sets::LimitSet;

#[derive(Serialize)]
struct Body<'a> {
    quota_class_set: Set<'a>,
}

#[derive(Serialize)]
struct Set<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(flatten)]
    limits: LimitSet,
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let class = call.param("class");
    let limits = call.edge.services.quota_class(class).await?;
    Ok(Reply::ok(&Body { quota_class_set: Set { id: Some(class), limits } }))
}

pub async fn update(call: Call) -> Result<Reply> {
    let fields = call.body.get("quota_class_set").and_then(Value::as_object).cloned().unwrap_or_default();
    let known = call.edge.services.quota_defaults().await?;
    let bad: Vec<&str> = fields.keys().map(String::as_str).filter(|key| !known.contains_key(*key)).collect();
    if !bad.is_empty() {
        let bad = bad.join(", ");
        return Err(Error::invalid(format!("Invalid input received: Bad key(s) in quota class set: {bad}")));
    }
    call.authorize_own()?;
    let class = call.param("class");
    let length = class.chars().count();
    if length > 255 {
        return Err(Error::invalid(format!(
            "Invalid input received: quota_class_name has {length} characters, more than 255."
        )));
    }
    call.edge.services.set_quota_class(class, &read(&fields, &[])?).await?;
    let limits = call.edge.services.quota_class(class).await?;
    Ok(Reply::ok(&Body { quota_class_set: Set { id: None, limits } }))
}
