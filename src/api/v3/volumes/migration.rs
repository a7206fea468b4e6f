//! `os-migrate_volume` and its completion.

use axum::http::StatusCode;
use serde::Serialize;

use super::{load_authorized, load_named};
use crate::api::call::Call;
use crate::api::python;
use crate::api::reply::Reply;
use crate::api::v3::attachments::caller;
use crate::domain::{Error, Result};
use crate::service::volumes::{HostCopy, Lock, no_service};

pub async fn migrate(call: Call) -> Result<Reply> {
    check_host(&call)?;
    load_authorized(&call).await?;
    let fields = call.object("os-migrate_volume");
    let clusters = call.version().at_least(16);
    let host = match (fields.nonempty("host"), fields.nonempty("cluster").filter(|_| clusters)) {
        (Some(host), None) => host,
        // A Cinder cluster, of which there is none.
        (None, Some(cluster)) => return Err(no_service(&cluster)),
        _ if clusters => {
            return Err(Error::invalid(
                "Invalid input received: One and only one of cluster and host must be set.",
            ));
        }
        _ => return Err(Error::invalid("Invalid input received: Host field is missing.")),
    };
    let lock = if fields.boolean("lock_volume") == Some(true) { Lock::Yes } else { Lock::No };
    call.edge.services.migrate_volume(&call.ctx, call.param("id"), &host, lock).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// Until 3.16 the schema asked for a host that is a string.
fn check_host(call: &Call) -> Result<()> {
    if call.version().at_least(16) {
        return Ok(());
    }
    match call.object("os-migrate_volume").get("host") {
        Some(host) if host.is_null() => Err(Error::invalid(
            "Invalid input for field/attribute host. Value: None. None is not of type 'string'",
        )),
        _ => Ok(()),
    }
}

#[derive(Serialize)]
struct Completed {
    save_volume_id: String,
}

pub async fn complete(call: Call) -> Result<Reply> {
    let fields = call.object("os-migrate_volume_completion");
    if let Some(value) = fields.get("error").filter(|v| !(v.is_string() || v.is_null() || v.is_boolean())) {
        let (shown, value) = (python::display(value), python::repr(value));
        return Err(Error::invalid(format!(
            "Invalid input for field/attribute error. Value: {shown}. {value} is not of type 'string', 'null', \
             'boolean'"
        )));
    }
    let new_volume = fields.text("new_volume").unwrap_or_default();
    load_authorized(&call).await?;
    load_named(&call, &new_volume).await?;
    // Any text but an empty one stands for a failure, "false" too.
    let failed = fields
        .get("error")
        .is_some_and(|told| *told == true || told.as_str().is_some_and(|text| !text.is_empty()));
    let copy = if failed { HostCopy::Failed } else { HostCopy::Made };
    let both = (call.param("id"), new_volume.as_str());
    let save_volume_id = call.edge.services.complete_migration(&call.ctx, both, copy, caller(&call)).await?;
    Ok(Reply::ok(&Completed { save_volume_id }))
}
