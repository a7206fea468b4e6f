//! Group snapshots, since 3.14. Those of the type `default_cgsnapshot_type` belong to the
//! consistency group API and are refused here.

pub mod change;
pub mod list;
pub mod view;

use crate::api::call::Call;
use crate::auth::Target;
use crate::domain::group::GroupSnapshotDetails;
use crate::domain::{Error, Result};

/// The group snapshot named, if `group:get_group_snapshot` lets the caller see it.
pub async fn load(call: &Call, id: &str) -> Result<GroupSnapshotDetails> {
    let found = call.edge.services.get_group_snapshot(&call.ctx, id).await?;
    let target = Target::of(&found.snapshot.project_id, &found.snapshot.user_id);
    call.edge.policy.authorize(&call.ctx, "group:get_group_snapshot", &target)?;
    Ok(found)
}

/// May the caller do this row's operation to it?
pub fn authorize(call: &Call, found: &GroupSnapshotDetails) -> Result<()> {
    call.authorize(&Target::of(&found.snapshot.project_id, &found.snapshot.user_id))
}

pub fn refuse_legacy(found: &GroupSnapshotDetails) -> Result<()> {
    if !found.legacy {
        return Ok(());
    }
    Err(reserved(found.snapshot.group_type_id))
}

fn reserved(group_type: crate::domain::GroupTypeId) -> Error {
    Error::invalid(format!(
        "Group_type {group_type} is reserved for migrating CGs to groups. Migrated group snapshots can only be \
         operated by CG snapshot APIs."
    ))
}
