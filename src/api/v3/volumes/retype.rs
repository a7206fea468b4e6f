//! `os-retype`.

use axum::http::StatusCode;

use super::{load_authorized, target};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::operation::MigrationPolicy;

pub async fn retype(call: Call) -> Result<Reply> {
    let fields = call.object("os-retype");
    let new_type = fields.text("new_type").unwrap_or_default();
    let policy = fields.text("migration_policy").and_then(|word| MigrationPolicy::parse(&word));
    let details = load_authorized(&call).await?;
    let becomes = call.edge.services.type_specs(&call.ctx, &new_type).await;
    if becomes.is_ok_and(|specs| specs.multiattach && !details.volume.multiattach) {
        call.edge.policy.authorize(&call.ctx, "volume:multiattach", &target(&details))?;
    }
    let policy = policy.unwrap_or(MigrationPolicy::Never);
    call.edge.services.retype_volume(&call.ctx, call.param("id"), &new_type, policy).await?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
