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
    let snapshot = call.edge.services.get_snapshot(&call.ctx, call.param("id")).await?;
    let target = Target::of(&snapshot.project_id, &snapshot.user_id);
    call.edge.policy.authorize(&call.ctx, "volume:get_snapshot", &target)?;
    call.authorize(&target)?;
    Ok(snapshot)
}
