//! `GET /consistencygroups`, `/consistencygroups/detail` and `/consistencygroups/{id}`.

use super::view::{Detail, List, One, Summary};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{NextLink, PageEnd, next_link};
use crate::api::reply::Reply;
use crate::api::v3::groups::load;
use crate::domain::Result;
use crate::domain::group::GroupDetails;
use crate::domain::page::{GROUP_FIELDS, Page};
use crate::service::groups::Legacy;

/// Unknown filters were never refused here.
pub static RULES: Rules = Rules {
    resource: "group",
    fields: GROUP_FIELDS,
    since: &[],
    strict_since: u16::MAX,
    own: &[],
    hidden: &[],
};

pub async fn show(call: Call) -> Result<Reply> {
    let found = load(&call, call.param("id")).await?;
    Ok(Reply::ok(&One { consistencygroup: Detail::of(&found.group) }))
}

async fn page(call: &Call) -> Result<Page<GroupDetails>> {
    call.authorize_own()?;
    call.edge.services.list_groups(&list_query(call, &RULES)?, Legacy::Listed).await
}

fn links(call: &Call, page: &Page<GroupDetails>) -> Option<[NextLink; 1]> {
    let last = page.items.last().map(|found| found.group.id.to_string());
    let end = PageEnd { path: "consistencygroups", last, items: page.items.len(), total: None };
    next_link(&call.links, &call.query, end)
}

pub async fn list(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let consistencygroup_links = links(&call, &page);
    let groups = page.items.iter().map(|found| &found.group);
    let consistencygroups = groups.map(|group| Summary { id: group.id, name: &group.name }).collect();
    Ok(Reply::ok(&List { consistencygroups, consistencygroup_links }))
}

pub async fn detail(call: Call) -> Result<Reply> {
    let page = page(&call).await?;
    let consistencygroup_links = links(&call, &page);
    let consistencygroups = page.items.iter().map(|found| Detail::of(&found.group)).collect();
    Ok(Reply::ok(&List { consistencygroups, consistencygroup_links }))
}
