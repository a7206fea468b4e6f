//! The handlers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::view::{self, explanation, file_state, overview};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::cluster::Intent;
use crate::domain::{Error, Result};
use crate::service::fleet::{FleetService, NewCluster, Removal};

fn service(call: &Call) -> Result<&FleetService> {
    let service = call.edge.fleet.as_ref();
    service.ok_or_else(|| Error::not_implemented("This process does not look after clusters."))
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let all = service(&call)?.list(&call.ctx).await?;
    let clusters: Vec<Value> = all.clusters.iter().map(overview).collect();
    Ok(Reply::ok(&json!({"clusters": clusters, "registrations": file_state(&all)})))
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let (found, used) = service(&call)?.show(&call.ctx, call.param("name")).await?;
    Ok(Reply::ok(&json!({"cluster": view::detail(&found, used)})))
}

pub async fn register(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let registered = service(&call)?.register(&call.ctx, new_cluster(&call)?).await?;
    Ok(Reply::json(StatusCode::CREATED, &json!({"cluster": overview(&registered)})))
}

pub async fn remove(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let removal = if call.query.boolean("force")? { Removal::Forced } else { Removal::IfUnused };
    service(&call)?.remove(&call.ctx, call.param("name"), removal).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub async fn cordon(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("cordon");
    let intent = fields.text("intent").and_then(|text| Intent::parse(&text)).unwrap_or(Intent::Cordoned);
    let reason = fields.nonempty("reason");
    let changed = service(&call)?.set_intent(&call.ctx, call.param("name"), intent, reason).await?;
    Ok(Reply::ok(&json!({"cluster": overview(&changed)})))
}

pub async fn uncordon(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let changed = service(&call)?.set_intent(&call.ctx, call.param("name"), Intent::Enabled, None).await?;
    Ok(Reply::ok(&json!({"cluster": overview(&changed)})))
}

pub async fn explain(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let found = service(&call)?.explain(&call.ctx, call.param("volume")).await?;
    Ok(Reply::ok(&json!({"placement": explanation(&found)})))
}

fn new_cluster(call: &Call) -> Result<NewCluster> {
    let fields = call.object("cluster");
    let small = |name: &str| fields.integer(name).and_then(|number| u8::try_from(number).ok());
    let not_texts = || Error::invalid("endpoints must be a list of host:port.");
    let endpoints = fields.get("endpoints").and_then(Value::as_array).ok_or_else(not_texts)?;
    let endpoints = endpoints.iter().map(|e| e.as_str().map(str::to_owned).ok_or_else(not_texts));
    let uuid = match fields.nonempty("uuid") {
        None => None,
        Some(text) => {
            let bad = || Error::invalid(format!("uuid: {text:?} is not a UUID."));
            Some(text.to_lowercase().parse().map_err(|_| bad())?)
        }
    };
    let ratio = match fields.get("max_over_subscription_ratio").filter(|ratio| !ratio.is_null()) {
        None => None,
        Some(ratio) => {
            let bad = || Error::invalid("max_over_subscription_ratio must be a number.");
            Some(ratio.as_f64().ok_or_else(bad)?)
        }
    };
    Ok(NewCluster {
        name: fields.text("name").unwrap_or_default(),
        endpoints: endpoints.collect::<Result<_>>()?,
        uuid,
        jwt_file: fields.nonempty("jwt_file"),
        rsa_key_file: fields.nonempty("rsa_key_file"),
        key_id: fields.nonempty("key_id"),
        ca_file: fields.nonempty("ca_file"),
        tls: fields.nonempty("tls"),
        availability_zone: fields.nonempty("availability_zone"),
        tenancy: fields.nonempty("tenancy"),
        project: fields.nonempty("project"),
        max_over_subscription_ratio: ratio,
        max_physical_used_percent: small("max_physical_used_percent"),
        default_replicas: small("default_replicas"),
        default_compression: fields.boolean("default_compression"),
        labels: fields.metadata("labels").unwrap_or_default(),
    })
}
