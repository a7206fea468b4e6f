//! `PUT /os-services/…`: what an administrator wants of a backend becomes the intent of its
//! cluster, which survives restarts and pushes of the configuration.

use axum::http::StatusCode;
use serde::Serialize;

use super::{OWN_HOST, SCHEDULER_BINARY, VOLUME_BINARY, service_host};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::auth::Target;
use crate::domain::cluster::{Cluster, Intent};
use crate::domain::{Error, Result};

/// Who may switch services at all; freezing and thawing have rules of their own besides.
const UPDATE: &str = "volume_extension:services:update";

#[derive(Serialize)]
struct Switched<'a> {
    host: &'a str,
    service: &'a str,
    binary: &'a str,
    disabled: bool,
    status: &'static str,
    /// Only where one can be given, be it null.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<Option<&'a str>>,
}

pub async fn enable(call: Call) -> Result<Reply> {
    switch(&call, Intent::Enabled, None).await
}

pub async fn disable(call: Call) -> Result<Reply> {
    switch(&call, Intent::Cordoned, None).await
}

pub async fn disable_log_reason(call: Call) -> Result<Reply> {
    let reason = call.whole().text("disabled_reason");
    switch(&call, Intent::Cordoned, Some(reason)).await
}

/// `reason`: only where the operation takes one.
async fn switch(call: &Call, intent: Intent, reason: Option<Option<String>>) -> Result<Reply> {
    let fields = call.whole();
    // `service` is the old name of `binary`, and echoed beside it.
    let (given, service) = (fields.nonempty("binary"), fields.text("service").unwrap_or_default());
    let binary = given.as_deref().unwrap_or(&service);
    call.authorize_own()?;
    let host = fields.nonempty("host");
    let host = host.ok_or_else(|| Error::invalid("Invalid input received: Host field is missing."))?;
    if binary == SCHEDULER_BINARY && host == OWN_HOST {
        return Err(Error::invalid("The scheduler of hearth cannot be switched off."));
    }
    let missing = || Error::not_found(format!("Service {binary} could not be found on host {host}."));
    let cluster = call.edge.services.backend(&host).await?;
    let cluster = cluster.filter(|_| binary == VOLUME_BINARY).ok_or_else(missing)?;
    let services = &call.edge.services;
    services.set_backend_intent(&call.ctx, &cluster, intent, reason.clone().flatten()).await?;
    let disabled = intent != Intent::Enabled;
    Ok(Reply::ok(&Switched {
        host: &host,
        service: &service,
        binary: given.as_deref().unwrap_or_default(),
        disabled,
        status: if disabled { "disabled" } else { "enabled" },
        disabled_reason: reason.as_ref().map(Option::as_deref),
    }))
}

pub async fn freeze(call: Call) -> Result<Reply> {
    let cluster = named(&call).await?;
    if cluster.intent.intent == Intent::Frozen {
        return Err(unchanged(&cluster, "frozen", "False "));
    }
    let reason = Some("frozen".to_owned());
    call.edge.services.set_backend_intent(&call.ctx, &cluster, Intent::Frozen, reason).await?;
    Ok(Reply::empty(StatusCode::OK))
}

pub async fn thaw(call: Call) -> Result<Reply> {
    let cluster = named(&call).await?;
    if cluster.intent.intent != Intent::Frozen {
        return Err(unchanged(&cluster, "frozen", "True "));
    }
    call.edge.services.set_backend_intent(&call.ctx, &cluster, Intent::Enabled, None).await?;
    Ok(Reply::empty(StatusCode::OK))
}

/// No backend of ours is replicated to another.
pub async fn failover(call: Call) -> Result<Reply> {
    let cluster = named(&call).await?;
    Err(unchanged(&cluster, "replication_status", "['enabled', 'failed-over'] and must be up "))
}

/// Upstream's sentence for all three of them.
fn unchanged(cluster: &Cluster, field: &str, expected: &str) -> Error {
    let host = service_host(cluster);
    Error::invalid(format!(
        "Invalid input received: No service could be changed: {field} in ['{host}'] must be {expected}to failover."
    ))
}

/// The cluster the body names by `host`; `cluster` (3.26) names a Cinder cluster, and there is none.
async fn named(call: &Call) -> Result<Cluster> {
    call.edge.policy.authorize(&call.ctx, UPDATE, &Target::own(&call.ctx))?;
    let fields = call.whole();
    let cluster = fields.nonempty("cluster").filter(|_| call.version().at_least(26));
    let (host, cluster) = match (fields.nonempty("host"), cluster) {
        (Some(host), None) => (host, None),
        (None, Some(cluster)) => (String::new(), Some(cluster)),
        _ if call.version().at_least(26) => {
            return Err(Error::invalid(
                "Invalid input received: One and only one of cluster and host must be set.",
            ));
        }
        _ => return Err(Error::invalid("Invalid input received: Host field is missing.")),
    };
    call.authorize_own()?;
    if let Some(cluster) = cluster {
        return Err(Error::invalid(format!("No service found with cluster={cluster}")));
    }
    // A host without a backend means all of its backends; a pool is no service.
    let clusters = call.edge.services.backends().await?;
    let of_host = |cluster: &Cluster| host == OWN_HOST || host == service_host(cluster);
    let mut found = clusters.into_iter().filter(of_host);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Error::invalid("Services from different clusters found.")),
        (None, _) => Err(Error::invalid(format!("No service found with host={host}"))),
    }
}
