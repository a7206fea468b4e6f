//! `GET /groups`, `/groups/detail` and `/groups/{id}`.

use super::view::{Detail, List, One, Sees, Summary};
use super::{load, refuse_legacy};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::group::GroupDetails;
use crate::domain::page::{GROUP_FIELDS, Page};
use crate::service::groups::Legacy;

pub static RULES: Rules = Rules {
    resource: "group",
    fields: GROUP_FIELDS,
    since: &[],
    strict_since: 31,
    own: &["list_volume"],
    hidden: &[],
};

/// Whether the members are asked for.
fn wants_members(call: &Call) -> Result<bool> {
    if call.version().at_least(25) { call.query.boolean("list_volume") } else { Ok(false) }
}

pub async fn show(call: Call) -> Result<Reply> {
    let details = load(&call, call.param("id")).await?;
    refuse_legacy(&details)?;
    let id = details.group.id;
    let members = match wants_members(&call)? {
        true => Some(call.edge.services.group_members(&[id]).await?.remove(&id).unwrap_or_default()),
        false => None,
    };
    let group = Detail { details: &details, members: members.as_deref(), sees: Sees::of(&call) };
    Ok(Reply::ok(&One { group }))
}

async fn page(call: &Call) -> Result<Page<GroupDetails>> {
    call.authorize_own()?;
    call.edge.services.list_groups(&list_query(call, &RULES)?, Legacy::Hidden).await
}

pub async fn list(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let last = page.items.last().map(|details| details.group.id.to_string());
    let end = PageEnd { path: "groups", last, items: page.items.len(), total: None };
    let group_links = next_link(&call.links, &call.query, end);
    let groups =
        page.items.iter().map(|found| Summary { id: found.group.id, name: &found.group.name }).collect();
    Ok(Reply::ok(&List { groups, group_links }))
}

pub async fn detail(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let ids: Vec<_> = page.items.iter().map(|details| details.group.id).collect();
    // Without groups nobody looks at the word.
    let members = match ids.is_empty() || !wants_members(&call)? {
        true => None,
        false => Some(call.edge.services.group_members(&ids).await?),
    };
    let last = ids.last().map(ToString::to_string);
    let end = PageEnd { path: "groups", last, items: ids.len(), total: None };
    let group_links = next_link(&call.links, &call.query, end);
    let sees = Sees::of(&call);
    let of = |details: &GroupDetails| {
        members.as_ref().map(|all| all.get(&details.group.id).map_or(&[][..], Vec::as_slice))
    };
    let groups = page.items.iter().map(|details| Detail { details, members: of(details), sees }).collect();
    Ok(Reply::ok(&List { groups, group_links }))
}
