//! Making, copying, changing and deleting consistency groups.

use axum::http::StatusCode;
use serde_json::Value;

use super::view::{One, Summary};
use crate::api::bool_text;
use crate::api::call::Call;
use crate::api::python::repr;
use crate::api::reply::Reply;
use crate::api::v3::group_snapshots;
use crate::api::v3::groups::create::named;
use crate::api::v3::groups::update::changes;
use crate::api::v3::groups::{authorize, load};
use crate::domain::group::{Group, GroupChanges, GroupSource, Members, NewGroup};
use crate::domain::group_type::DEFAULT_CGSNAPSHOT_TYPE;
use crate::domain::{Error, ErrorKind, Result};

/// Since then an empty name or description may be set.
const EMPTY_SINCE: u16 = 6;

fn accepted(group: &Group) -> Reply {
    Reply::accepted(&One { consistencygroup: Summary { id: group.id, name: &group.name } })
}

fn python(name: Option<&str>) -> &str {
    name.unwrap_or("None")
}

pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("consistencygroup");
    let (name, description) = named(fields);
    let types = fields.nonempty("volume_types").ok_or_else(|| {
        let name = python(name.as_deref());
        Error::invalid(format!("volume_types must be provided to create consistency group {name}."))
    })?;
    let group_type = call.edge.services.find_group_type(&call.ctx, DEFAULT_CGSNAPSHOT_TYPE).await;
    let group_type = group_type.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::invalid(format!(
            "Group type {DEFAULT_CGSNAPSHOT_TYPE} not found. Rerun migration script to create the default cgsnapshot \
             type."
        )),
        _ => error,
    })?;
    let new = NewGroup {
        name,
        description,
        group_type: group_type.id.to_string(),
        volume_types: types.trim_end_matches(',').split(',').map(str::to_owned).collect(),
        availability_zone: fields.text("availability_zone"),
    };
    call.require_project()?;
    Ok(accepted(&call.edge.services.create_group(&call.ctx, &new).await?))
}

pub async fn create_from_src(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let fields = call.object("consistencygroup-from-src");
    let (name, description) = named(fields);
    let source = match (fields.nonempty("cgsnapshot_id"), fields.nonempty("source_cgid")) {
        (None, None) => {
            return Err(Error::invalid(format!(
                "Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group {} from \
                 source.",
                python(name.as_deref())
            )));
        }
        (Some(_), Some(_)) => {
            return Err(Error::invalid(format!(
                "Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group {} from source.",
                python(name.as_deref())
            )));
        }
        (Some(id), None) => {
            group_snapshots::load(&call, &id).await?;
            GroupSource::Snapshot(id)
        }
        (None, Some(id)) => {
            load(&call, &id).await?;
            GroupSource::Group(id)
        }
    };
    call.require_project()?;
    let group = call.edge.services.create_group_from(&call.ctx, (name, description), &source).await?;
    Ok(accepted(&group))
}

/// `PUT /consistencygroups/{id}`.
pub async fn update(call: Call) -> Result<Reply> {
    let empty = if call.version().at_least(EMPTY_SINCE) { Empty::MayBeSet } else { Empty::IsNothing };
    change(&call, empty).await
}

/// `PUT /consistencygroups/{id}/update`, the older call, which never learnt to set empty texts.
pub async fn update_old(call: Call) -> Result<Reply> {
    change(&call, Empty::IsNothing).await
}

/// Whether an empty name or description is a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Empty {
    MayBeSet,
    IsNothing,
}

async fn change(call: &Call, empty: Empty) -> Result<Reply> {
    let id = call.param("id");
    let found = load(call, id).await?;
    authorize(call, &found)?;
    let changes = changes(call.object("consistencygroup"));
    check(empty, &changes)?;
    call.edge.services.update_group(&call.ctx, id, &changes).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

fn check(empty: Empty, changes: &GroupChanges) -> Result<()> {
    let members = !changes.add.is_empty() || !changes.remove.is_empty();
    let is_set = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if empty == Empty::MayBeSet {
        if changes.name.is_none() && changes.description.is_none() && !members {
            return Err(Error::invalid(
                "Must specify one or more of the following keys to update: name, description, add_volumes, \
                 remove_volumes.",
            ));
        }
    } else if !(is_set(&changes.name) || is_set(&changes.description) || members) {
        return Err(Error::invalid(
            "Name, description, add_volumes, and remove_volumes can not be all empty in the request body.",
        ));
    }
    Ok(())
}

pub async fn delete(call: Call) -> Result<Reply> {
    let members = if forced(&call.body)? { Members::DeletedToo } else { Members::None };
    let id = call.param("id");
    let found = load(&call, id).await?;
    authorize(&call, &found)?;
    call.edge.services.delete_group(&call.ctx, id, members).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

/// The body may be absent, null, empty, or say `force`; anything else is none of Cinder's three
/// alternatives.
fn forced(body: &Value) -> Result<bool> {
    let wrong = || Error::invalid(format!("{} is not valid under any of the given schemas", repr(body)));
    let fields = match body {
        Value::Null => return Ok(false),
        Value::Object(object) if object.is_empty() => return Ok(false),
        other => other.get("consistencygroup").and_then(Value::as_object).ok_or_else(wrong)?,
    };
    match fields.get("force") {
        None => Ok(false),
        Some(Value::Bool(force)) => Ok(*force),
        Some(Value::String(text)) => bool_text::strict(text).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deletion_may_say_nothing() {
        for (body, expected) in [
            (json!(null), Some(false)),
            (json!({}), Some(false)),
            (json!({"consistencygroup": {}}), Some(false)),
            (json!({"consistencygroup": {"force": "True"}, "x": 1}), Some(true)),
            (json!({"consistencygroup": {"force": "x"}}), None),
            (json!({"consistencygroup": {"force": 1}}), None),
            (json!({"consistencygroup": null}), None),
            (json!({"x": 1}), None),
            (json!([1]), None),
        ] {
            assert_eq!(forced(&body).ok(), expected, "{body}");
        }
        let told = forced(&json!({"x": 1})).unwrap_err();
        assert_eq!(told.message(), "{'x': 1} is not valid under any of the given schemas");
    }
}
