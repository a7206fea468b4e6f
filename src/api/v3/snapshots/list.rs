//! `GET /snapshots` and `GET /snapshots/detail`.

use axum::http::StatusCode;

use super::view::{List, Shape, View};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::page::SNAPSHOT_FIELDS;

pub static RULES: Rules = Rules {
    resource: "snapshot",
    fields: SNAPSHOT_FIELDS,
    since: &[("metadata", 22), ("consumes_quota", 65)],
    strict_since: 31,
    own: &[],
    hidden: &[],
};

pub async fn list(call: Call) -> Result<Reply> {
    page_of(call, Shape::Summary, "snapshots").await
}

pub async fn detail(call: Call) -> Result<Reply> {
    let shape = Shape::of(&call);
    page_of(call, shape, "snapshots/detail").await
}

async fn page_of(call: Call, shape: Shape, path: &str) -> Result<Reply> {
    call.authorize_own()?;
    let page = call.edge.services.list_snapshots(&list_query(&call, &RULES)?).await?;
    let last = page.items.last().map(|snapshot| snapshot.id.to_string());
    let end = PageEnd { path, last, items: page.items.len(), total: page.total };
    let snapshots: Vec<_> = page.items.iter().map(|snapshot| View { snapshot, shape }).collect();
    let size = 64 + 640 * snapshots.len();
    let snapshots_links = next_link(&call.links, &call.query, end);
    Ok(Reply::json_sized(StatusCode::OK, &List { snapshots, snapshots_links, count: page.total }, size))
}
