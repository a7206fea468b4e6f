//! `PUT /groups/{id}`.

use axum::http::StatusCode;

use super::create::named;
use super::{authorize, load, refuse_legacy};
use crate::api::body::Fields;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::group::GroupChanges;

pub async fn update(call: Call) -> Result<Reply> {
    let id = call.param("id");
    let found = load(&call, id).await?;
    refuse_legacy(&found)?;
    authorize(&call, &found)?;
    call.edge.services.update_group(&call.ctx, id, &changes(call.object("group"))).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

/// The members come as one text, separated by commas.
pub fn changes(fields: Fields<'_>) -> GroupChanges {
    let (name, description) = named(fields);
    let ids = |field: &str| match fields.nonempty(field) {
        Some(text) => text.trim_matches(',').split(',').map(str::to_owned).collect(),
        None => Vec::new(),
    };
    GroupChanges { name, description, add: ids("add_volumes"), remove: ids("remove_volumes") }
}
