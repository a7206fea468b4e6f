//! Groups of volumes, since 3.13. Those of the type `default_cgsnapshot_type` belong to the
//! consistency group API and are refused here.

pub mod actions;
pub mod create;
pub mod list;
pub mod replication;
pub mod update;
pub mod view;

use crate::api::call::Call;
use crate::auth::Target;
use crate::domain::group::GroupDetails;
use crate::domain::{Error, GroupTypeId, Result};

/// The group named, if `group:get` lets the caller see it.
pub async fn load(call: &Call, id: &str) -> Result<GroupDetails> {
    let found = call.edge.services.get_group(&call.ctx, id).await?;
    let target = Target::of(&found.group.project_id, &found.group.user_id);
    call.edge.policy.authorize(&call.ctx, "group:get", &target)?;
    Ok(found)
}

/// May the caller do this row's operation to the group?
pub fn authorize(call: &Call, found: &GroupDetails) -> Result<()> {
    call.authorize(&Target::of(&found.group.project_id, &found.group.user_id))
}

pub fn refuse_legacy(found: &GroupDetails) -> Result<()> {
    if found.legacy { Err(reserved(found.group.group_type_id)) } else { Ok(()) }
}

pub fn reserved(group_type: GroupTypeId) -> Error {
    Error::invalid(format!(
        "Group_type {group_type} is reserved for migrating CGs to groups. Migrated group can only be operated by CG \
         APIs."
    ))
}
