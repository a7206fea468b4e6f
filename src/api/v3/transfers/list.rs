//! Lists and show. Pages, markers and orders came with 3.59 and the new path; before, the list is
//! cut by `limit` and `offset` only, and the oldest offer comes first.
//!
//! Everybody may filter by every column that is not secret; what is no column finds nothing.

use super::view::{COLLECTION, List, One, Shape, View};
use crate::api::bool_text;
use crate::api::call::Call;
use crate::api::page::{self, PageEnd, RESERVED, next_link};
use crate::api::reply::Reply;
use crate::domain::page::{Comparison, Direction, Filter, Kind, Scope, TRANSFER_FIELDS, Value, find};
use crate::domain::{ListQuery, Result};

/// Whether the list knows markers and orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paging {
    Whole,
    Old,
}

impl Paging {
    fn of(call: &Call) -> Self {
        if call.version().at_least(59) { Self::Whole } else { Self::Old }
    }
}

pub async fn old_list(call: Call) -> Result<Reply> {
    page_of(call, Shape::Summary, Paging::Old).await
}

pub async fn old_detail(call: Call) -> Result<Reply> {
    let shape = Shape::Detail(call.version());
    page_of(call, shape, Paging::Old).await
}

pub async fn list(call: Call) -> Result<Reply> {
    let paging = Paging::of(&call);
    page_of(call, Shape::Summary, paging).await
}

pub async fn detail(call: Call) -> Result<Reply> {
    let (shape, paging) = (Shape::Detail(call.version()), Paging::of(&call));
    page_of(call, shape, paging).await
}

async fn page_of(call: Call, shape: Shape<'_>, paging: Paging) -> Result<Reply> {
    call.authorize_own()?;
    let page = call.edge.services.list_transfers(&query(&call, paging)?).await?;
    let links = call.links.of(COLLECTION);
    let last = page.items.last().map(|transfer| transfer.id.to_string());
    let end = PageEnd { path: COLLECTION, last, items: page.items.len(), total: page.total };
    let transfers = page.items.iter().map(|transfer| View { transfer, shape, links: &links }).collect();
    Ok(Reply::ok(&List { transfers, transfers_links: next_link(&call.links, &call.query, end) }))
}

fn query(call: &Call, paging: Paging) -> Result<ListQuery> {
    let everybody = call.ctx.is_admin && call.query.get("all_tenants").is_some_and(bool_text::lenient);
    let scope = if everybody { Scope::AllProjects } else { Scope::Project(call.ctx.project_id.clone()) };
    let mut query = ListQuery::new(scope);
    query.filters = call.query.iter().filter_map(|(key, text)| filter(key, text, paging)).collect();
    match paging {
        Paging::Whole => {
            let asked = page::paging(&call.query, TRANSFER_FIELDS)?;
            (query.sort, query.limit) = (asked.sort, asked.limit);
            (query.marker, query.offset) = (asked.marker, asked.offset);
        }
        Paging::Old => {
            query.sort.iter_mut().for_each(|sort| sort.direction = Direction::Ascending);
            (query.limit, query.offset) = page::stretch(&call.query)?;
            query.with_count = call.query.has("limit");
        }
    }
    Ok(query)
}

fn filter(key: &str, text: &str, paging: Paging) -> Option<Filter> {
    // The old list takes the words of paging that it does not know for columns.
    let pages =
        if paging == Paging::Old { matches!(key, "limit" | "offset") } else { RESERVED.contains(&key) };
    if pages || key == "all_tenants" {
        return None;
    }
    let key = if key == "name" { "display_name" } else { key };
    // Offers that were taken up are gone.
    if key == "accepted" {
        let id = find(TRANSFER_FIELDS, "id").filter(|_| bool_text::lenient(text));
        return id.map(|id| Filter::In(id, Vec::new()));
    }
    let Some(field) = find(TRANSFER_FIELDS, key) else { return Some(Filter::Never) };
    let equal = |value| Filter::Compare(field, Comparison::Equal, value);
    Some(match field.kind {
        Kind::Text => equal(Value::Text(text.to_owned())),
        Kind::Boolean => equal(Value::Boolean(bool_text::lenient(text))),
        _ => Filter::In(field, Vec::new()),
    })
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let transfer = call.edge.services.get_transfer(&call.ctx, call.param("id")).await?;
    let links = call.links.of(COLLECTION);
    let view = View { transfer: &transfer, shape: Shape::Detail(call.version()), links: &links };
    Ok(Reply::ok(&One { transfer: view }))
}
