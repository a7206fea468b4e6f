//! `GET /types`: members see the public types and those given to them; administrators say with
//! `is_public` which they want.

use super::view::{List, Sees, View, is_user_visible};
use crate::api::bool_text;
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::page::{Comparison, Filter, Scope, VOLUME_TYPE_FIELDS, Value, find};
use crate::domain::{Error, ListQuery, Result};
use crate::service::types::Shown;

pub static RULES: Rules = Rules {
    resource: "volume_type",
    fields: VOLUME_TYPE_FIELDS,
    since: &[("extra_specs", 52)],
    strict_since: 52,
    own: &["is_public"],
    hidden: &[],
};

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let mut query = list_query(&call, &RULES)?;
    query.scope = Scope::AllProjects;
    let sees = Sees::of(&call);
    if !sees.sensitive_specs && asks_for_sensitive(&query) {
        query.filters.push(Filter::Never);
    }
    let shown = shown(&call, &mut query)?;
    let page = call.edge.services.list_types(&query, shown).await?;
    let last = page.items.last().map(|found| found.id.to_string());
    let end = PageEnd { path: "types", last, items: page.items.len(), total: None };
    let volume_types = page.items.iter().map(|volume_type| View { volume_type, sees }).collect();
    let volume_type_links = next_link(&call.links, &call.query, end);
    Ok(Reply::ok(&List { volume_types, volume_type_links }))
}

fn shown<'c>(call: &'c Call, query: &mut ListQuery) -> Result<Shown<'c>> {
    let usable = Shown::UsableBy(&call.ctx.project_id);
    let Some(asked) = call.query.get("is_public").filter(|_| call.ctx.is_admin) else { return Ok(usable) };
    if asked.eq_ignore_ascii_case("none") {
        return Ok(Shown::All);
    }
    let asked = bool_text::of_query(asked)
        .ok_or_else(|| Error::invalid(format!("Invalid is_public filter [{asked}]")))?;
    if asked {
        return Ok(usable);
    }
    if let Some(field) = find(VOLUME_TYPE_FIELDS, "is_public") {
        query.filters.push(Filter::Compare(field, Comparison::Equal, Value::Boolean(false)));
    }
    Ok(Shown::All)
}

/// An answer would tell what the type's view hides.
fn asks_for_sensitive(query: &ListQuery) -> bool {
    query.filters.iter().any(|filter| match filter {
        Filter::HasPairs(_, pairs) => pairs.iter().any(|(key, _)| !is_user_visible(key)),
        _ => false,
    })
}
