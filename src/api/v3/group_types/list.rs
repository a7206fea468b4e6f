//! `GET /group_types` and `GET /group_types/{id}`: any caller may.

use super::view::{List, One, Specs, View};
use crate::api::bool_text;
use crate::api::call::Call;
use crate::api::columns;
use crate::api::page::{self, PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::page::{Comparison, Filter, GROUP_TYPE_FIELDS, Scope, Value, find};
use crate::domain::{Error, ListQuery, Result};

/// `default` is the configured type.
pub async fn show(call: Call) -> Result<Reply> {
    let found = match call.param("id") {
        "default" => call.edge.services.default_group_type().await?,
        id => call.edge.services.get_group_type(&call.ctx, id).await?,
    };
    Ok(Reply::ok(&One { group_type: View { group_type: &found, specs: Specs::of(&call) } }))
}

/// Public ones, unless an administrator asks for others; nothing else can be filtered by.
pub async fn list(call: Call) -> Result<Reply> {
    let (limit, offset) = page::stretch(&call.query)?;
    page::sort_words(&call.query, "created_at")?;
    let query = ListQuery {
        scope: Scope::AllProjects,
        filters: by_visibility(&call)?.into_iter().collect(),
        sort: page::sort(&call.query, GROUP_TYPE_FIELDS, columns::of("group_type"))?,
        limit,
        marker: page::marker(&call.query),
        offset,
        with_count: false,
    };
    let page = call.edge.services.list_group_types(&query).await?;
    let specs = Specs::of(&call);
    let last = page.items.last().map(|found| found.id.to_string());
    let end = PageEnd { path: "group_types", last, items: page.items.len(), total: None };
    let group_type_links = next_link(&call.links, &call.query, end);
    let group_types = page.items.iter().map(|group_type| View { group_type, specs }).collect();
    Ok(Reply::ok(&List { group_types, group_type_links }))
}

fn by_visibility(call: &Call) -> Result<Option<Filter>> {
    let asked = call.query.get("is_public").filter(|_| call.ctx.is_admin);
    let wanted = match asked {
        None => true,
        Some(text) if text.eq_ignore_ascii_case("none") => return Ok(None),
        Some(text) => bool_text::of_query(text)
            .ok_or_else(|| Error::invalid(format!("Invalid is_public filter [{text}]")))?,
    };
    let field = find(GROUP_TYPE_FIELDS, "is_public");
    Ok(field.map(|field| Filter::Compare(field, Comparison::Equal, Value::Boolean(wanted))))
}
