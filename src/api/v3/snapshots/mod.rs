//! Snapshots: six operations, their actions and their metadata.

pub mod actions;
pub mod create;
pub mod delete;
pub mod list;
pub mod metadata;
pub mod show;
pub mod update;
pub mod view;

use crate::api::call::Call;
use crate::auth::Target;
use crate::domain::Result;
use crate::domain::snapshot::Snapshot;

/// The snapshot of the path, if the row's rule lets the caller at it. Upstream asks
/// `volume:get_snapshot` first, which says 403 itself.
pub async fn load_authorized(call: &Call) -> Result<Snapshot> {
    let snapshot = load(call, call.param("id")).await?;
    call.authorize(&target(&snapshot))?;
    Ok(snapshot)
}

/// The snapshot named, if the caller may look at it.
pub async fn load(call: &Call, id: &str) -> Result<Snapshot> {
    let snapshot = call.edge.services.get_snapshot(&call.ctx, id).await?;
    call.edge.policy.authorize(&call.ctx, "volume:get_snapshot", &target(&snapshot))?;
    Ok(snapshot)
}

/// The snapshot of the path, where the row's own rule is the only one.
async fn load_by_rule(call: &Call) -> Result<Snapshot> {
    let snapshot = call.edge.services.get_snapshot(&call.ctx, call.param("id")).await?;
    call.authorize(&target(&snapshot))?;
    Ok(snapshot)
}

/// The snapshot as policy sees it.
fn target(snapshot: &Snapshot) -> Target<'_> {
    Target::of(&snapshot.project_id, &snapshot.user_id)
}
