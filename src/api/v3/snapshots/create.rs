//! `POST /snapshots`. `force` lets an attached volume be snapshotted; since 3.66 that is always
//! so, and asking for the contrary is refused.

use super::view::{One, Shape, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::volumes;
use crate::domain::snapshot::{NewSnapshot, SourceUse};
use crate::domain::{Error, Result};

const FORCE_IS_GONE: &str = "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward \
compatability, however, when the 'force' flag is passed with a value evaluating to True, it is silently ignored.";

pub async fn create(call: Call) -> Result<Reply> {
    let fields = call.object("snapshot");
    let volume_id = fields.text("volume_id");
    let details = volumes::load_named(&call, volume_id.as_deref().unwrap_or("None")).await?;
    let source = match (call.version().at_least(66), fields.boolean("force")) {
        (true, Some(false)) => return Err(Error::invalid(FORCE_IS_GONE)),
        (true, _) | (false, Some(true)) => SourceUse::AlsoInUse,
        (false, _) => SourceUse::DetachedOnly,
    };
    let new = NewSnapshot {
        volume_id,
        name: fields.stripped(["name", "display_name"]).flatten(),
        description: fields.stripped(["description", "description"]).flatten(),
        metadata: fields.metadata("metadata").unwrap_or_default(),
        source,
    };
    call.authorize(&volumes::target(&details))?;
    call.require_project()?;
    let snapshot = call.edge.services.create_snapshot(&call.ctx, &new).await?;
    let shape = Shape::Detail(call.version());
    Ok(Reply::accepted(&One { snapshot: View { snapshot: &snapshot, shape } }))
}
