//! `POST /groups`, and `create-from-src`.

use uuid::Uuid;

use super::view::{One, Summary};
use super::{load, refuse_legacy, reserved};
use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::api::v3::group_snapshots;
use crate::domain::group::{GroupSource, NewGroup};
use crate::domain::group_type::DEFAULT_CGSNAPSHOT_TYPE;
use crate::domain::{ErrorKind, Result};

/// Null stays null, a text is stripped.
pub fn named(fields: Fields<'_>) -> (Option<String>, Option<String>) {
    let stripped = |name: &str| fields.text(name).map(|text| text.trim().to_owned());
    (stripped("name"), stripped("description"))
}

pub async fn create(call: Call) -> Result<Reply> {
    let fields = call.object("group");
    let (name, description) = named(fields);
    let new = NewGroup {
        name,
        description,
        group_type: fields.text("group_type").unwrap_or_default(),
        volume_types: fields.texts("volume_types"),
        availability_zone: fields.text("availability_zone"),
    };
    let is_id = Uuid::try_parse(&new.group_type).is_ok();
    match call.edge.services.find_group_type(&call.ctx, &new.group_type).await {
        Ok(found) if found.name == DEFAULT_CGSNAPSHOT_TYPE => return Err(reserved(found.id)),
        // An id is looked up only after the volume types, by the service.
        Err(error) if !is_id || error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    call.authorize_own()?;
    call.require_project()?;
    let group = call.edge.services.create_group(&call.ctx, &new).await?;
    Ok(Reply::accepted(&One { group: Summary { id: group.id, name: &group.name } }))
}

pub async fn create_from_src(call: Call) -> Result<Reply> {
    let fields = call.object("create-from-src");
    let source = match (fields.text("group_snapshot_id"), fields.text("source_group_id")) {
        (Some(id), _) => {
            let found = group_snapshots::load(&call, &id).await?;
            if found.legacy {
                return Err(reserved(found.snapshot.group_type_id));
            }
            GroupSource::Snapshot(id)
        }
        (None, id) => {
            let id = id.unwrap_or_default();
            refuse_legacy(&load(&call, &id).await?)?;
            GroupSource::Group(id)
        }
    };
    call.authorize_own()?;
    call.require_project()?;
    let group = call.edge.services.create_group_from(&call.ctx, named(fields), &source).await?;
    Ok(Reply::accepted(&One { group: Summary { id: group.id, name: &group.name } }))
}
