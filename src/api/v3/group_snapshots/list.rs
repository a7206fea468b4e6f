//! `GET /group_snapshots`, `/group_snapshots/detail` and `/group_snapshots/{id}`. Pages, order
//! and filters came with 3.29; below it every snapshot of the project is listed.

use super::view::{Detail, List, One, Project, Summary};
use super::{load, refuse_legacy};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{NextLink, PageEnd, limit, next_link};
use crate::api::reply::Reply;
use crate::domain::group::GroupSnapshotDetails;
use crate::domain::page::{GROUP_SNAPSHOT_FIELDS, Page, Scope};
use crate::domain::{ListQuery, Result};
use crate::service::groups::Legacy;

pub static RULES: Rules = Rules {
    resource: "group_snapshot",
    fields: GROUP_SNAPSHOT_FIELDS,
    since: &[],
    strict_since: 31,
    own: &[],
    hidden: &[],
};
const PAGED_SINCE: u16 = 29;

pub async fn show(call: Call) -> Result<Reply> {
    let found = load(&call, call.param("id")).await?;
    refuse_legacy(&found)?;
    let group_snapshot = Detail { snapshot: &found.snapshot, project: Project::of(&call) };
    Ok(Reply::ok(&One { group_snapshot }))
}

async fn page(call: &Call) -> Result<Page<GroupSnapshotDetails>> {
    call.authorize_own()?;
    let query = if call.version().at_least(PAGED_SINCE) {
        list_query(call, &RULES)?
    } else {
        // Nothing of it counts yet, but the links are made from it.
        limit(&call.query)?;
        ListQuery::new(Scope::Project(call.ctx.project_id.clone()))
    };
    call.edge.services.list_group_snapshots(&query, Legacy::Hidden).await
}

fn links(call: &Call, page: &Page<GroupSnapshotDetails>) -> Option<[NextLink; 1]> {
    let last = page.items.last().map(|found| found.snapshot.id.to_string());
    let end = PageEnd { path: "group_snapshots", last, items: page.items.len(), total: None };
    next_link(&call.links, &call.query, end)
}

pub async fn list(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let group_snapshot_links = links(&call, &page);
    let snapshots = page.items.iter().map(|found| &found.snapshot);
    let group_snapshots =
        snapshots.map(|found| Summary { id: found.id, name: &found.name, group_type_id: None }).collect();
    Ok(Reply::ok(&List { group_snapshots, group_snapshot_links }))
}

pub async fn detail(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let group_snapshot_links = links(&call, &page);
    let project = Project::of(&call);
    let group_snapshots =
        page.items.iter().map(|found| Detail { snapshot: &found.snapshot, project }).collect();
    Ok(Reply::ok(&List { group_snapshots, group_snapshot_links }))
}
