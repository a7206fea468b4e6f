//! `GET /attachments`, `GET /attachments/detail`, `GET /attachments/{id}`. No next links: clients
//! page by marker.

use super::view::{List, One, Shape, View};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::page::ATTACHMENT_FIELDS;

pub static RULES: Rules = Rules {
    resource: "attachment",
    fields: ATTACHMENT_FIELDS,
    since: &[],
    strict_since: 31,
    own: &[],
    hidden: &[],
};

pub async fn list(call: Call) -> Result<Reply> {
    page_of(call, Shape::Summary).await
}

pub async fn detail(call: Call) -> Result<Reply> {
    page_of(call, Shape::Detail).await
}

async fn page_of(call: Call, shape: Shape) -> Result<Reply> {
    let page = call.edge.services.list_attachments(&list_query(&call, &RULES)?).await?;
    let attachments = page.items.iter().map(|attachment| View { attachment, shape }).collect();
    Ok(Reply::ok(&List { attachments }))
}

pub async fn show(call: Call) -> Result<Reply> {
    let attachment = call.edge.services.get_attachment(&call.ctx, call.param("attachment_id")).await?;
    Ok(Reply::ok(&One { attachment: View { attachment: &attachment, shape: Shape::Detail } }))
}
