//! `os-migrate_volume` and its completion.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::{load_authorized, load_named, target};
use crate::api::call::Call;
use crate::api::python;
use crate::api::reply::Reply;
use crate::api::v3::attachments::caller;
use crate::domain::operation::CopyOutcome;
use crate::domain::{Error, Result, VolumeId};
use crate::service::volumes::{Lock, no_service};

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
    save_volume_id: VolumeId,
}

pub async fn complete(call: Call) -> Result<Reply> {
    let fields = call.object("os-migrate_volume_completion");
    let copied = outcome(fields.get("error"))?;
    let new_volume = fields.text("new_volume").unwrap_or_default();
    let volume = load_authorized(&call).await?;
    let copy = load_named(&call, &new_volume).await?;
    let idle = volume.volume.migration_status.is_none() && copy.volume.migration_status.is_none();
    if idle && copied == CopyOutcome::Copied && !volume.attachments.is_empty() {
        let policy = &call.edge.policy;
        policy.authorize(&call.ctx, "volume_extension:volume_actions:detach", &target(&volume))?;
        policy.authorize(&call.ctx, "volume_extension:volume_actions:attach", &target(&copy))?;
    }
    let (services, pair) = (&call.edge.services, (call.param("id"), new_volume.as_str()));
    let save_volume_id = services.complete_migration(&call.ctx, pair, copied, caller(&call)).await?;
    Ok(Reply::ok(&Completed { save_volume_id }))
}

/// `error` of the body. Whatever Python takes for true is an error, and so is the text `false`.
fn outcome(error: Option<&Value>) -> Result<CopyOutcome> {
    let failed = match error {
        None | Some(Value::Null) => false,
        Some(Value::Bool(error)) => *error,
        Some(Value::String(text)) => !text.is_empty(),
        Some(value) => {
            let (shown, value) = (python::display(value), python::repr(value));
            return Err(Error::invalid(format!(
                "Invalid input for field/attribute error. Value: {shown}. {value} is not of type 'string', 'null', \
                 'boolean'"
            )));
        }
    };
    Ok(if failed { CopyOutcome::Failed } else { CopyOutcome::Copied })
}
