//! `GET /qos-specs` and `/qos-specs/{id}`.

use super::{List, One, View};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::page::{QOS_SPECS_FIELDS, Scope};

pub static RULES: Rules = Rules {
    resource: "qos_specs",
    fields: QOS_SPECS_FIELDS,
    since: &[],
    strict_since: u16::MAX,
    own: &[],
    hidden: &[],
};

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let mut query = list_query(&call, &RULES)?;
    query.scope = Scope::AllProjects;
    let page = call.edge.services.list_qos_specs(&query).await?;
    let last = page.items.last().map(|found| found.id.to_string());
    let end = PageEnd { path: "qos-specs", last, items: page.items.len(), total: None };
    let qos_specs = page.items.iter().map(View::of).collect();
    Ok(Reply::ok(&List { qos_specs, qos_specs_links: next_link(&call.links, &call.query, end) }))
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let found = call.edge.services.get_qos_specs(call.param("id")).await?;
    let links = call.links.of("qos-specs");
    Ok(Reply::ok(&One { qos_specs: View::of(&found), links: links.item(found.id) }))
}
