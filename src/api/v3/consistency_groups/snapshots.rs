//! `/cgsnapshots`.

use axum::http::StatusCode;

use super::view::{OneSnapshot, Snapshot, Snapshots, Summary};
use crate::api::call::Call;
use crate::api::page::stretch;
use crate::api::reply::Reply;
use crate::api::v3::group_snapshots::{authorize, load};
use crate::api::v3::groups;
use crate::api::v3::groups::create::named;
use crate::domain::group::GroupSnapshotDetails;
use crate::domain::page::{MAX_LIMIT, Page, Scope};
use crate::domain::{ListQuery, Result};
use crate::service::groups::{Legacy, NewGroupSnapshot};

pub async fn show(call: Call) -> Result<Reply> {
    let found = load(&call, call.param("id")).await?;
    Ok(Reply::ok(&OneSnapshot { cgsnapshot: Snapshot::of(&found.snapshot) }))
}

/// Always of the project, newest first; only a limit and an offset count.
async fn page(call: &Call) -> Result<Page<GroupSnapshotDetails>> {
    call.authorize_own()?;
    let (limit, offset) = stretch(&call.query)?;
    let query = ListQuery {
        limit: if limit == 0 { MAX_LIMIT } else { limit },
        offset,
        ..ListQuery::new(Scope::Project(call.ctx.project_id.clone()))
    };
    call.edge.services.list_group_snapshots(&query, Legacy::Listed).await
}

pub async fn list(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let snapshots = page.items.iter().map(|found| &found.snapshot);
    let cgsnapshots = snapshots.map(|found| Summary { id: found.id, name: &found.name }).collect();
    Ok(Reply::ok(&Snapshots { cgsnapshots }))
}

pub async fn detail(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let cgsnapshots = page.items.iter().map(|found| Snapshot::of(&found.snapshot)).collect();
    Ok(Reply::ok(&Snapshots { cgsnapshots }))
}

pub async fn create(call: Call) -> Result<Reply> {
    let fields = call.object("cgsnapshot");
    let (name, description) = named(fields);
    let group_id = fields.text("consistencygroup_id").unwrap_or_default();
    let group = groups::load(&call, &group_id).await?;
    groups::authorize(&call, &group)?;
    call.require_project()?;
    let new = NewGroupSnapshot { group_id, name, description };
    let made = call.edge.services.create_group_snapshot(&call.ctx, &new).await?;
    Ok(Reply::accepted(&OneSnapshot { cgsnapshot: Summary { id: made.id, name: &made.name } }))
}

pub async fn delete(call: Call) -> Result<Reply> {
    let id = call.param("id");
    authorize(&call, &load(&call, id).await?)?;
    call.edge.services.delete_group_snapshot(&call.ctx, id).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
