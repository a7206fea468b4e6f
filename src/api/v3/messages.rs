//! `/messages`: why something asynchronous did not work. Since 3.3; pages and filters since 3.5.

use axum::http::StatusCode;
use serde::Serialize;

use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::links::{Collection, ItemLinks};
use crate::api::page::{self, NextLink, PageEnd, next_link};
use crate::api::reply::Reply;
use crate::api::time::Time;
use crate::auth::Target;
use crate::domain::message::Message;
use crate::domain::page::{MESSAGE_FIELDS, Scope};
use crate::domain::{ListQuery, MessageId, Result};

pub static RULES: Rules = Rules {
    resource: "message",
    fields: MESSAGE_FIELDS,
    since: &[],
    strict_since: 31,
    own: &[],
    hidden: &[],
};

#[derive(Serialize)]
struct View<'a> {
    id: MessageId,
    event_id: &'a str,
    user_message: &'a str,
    message_level: &'a str,
    created_at: Time,
    guaranteed_until: Time,
    request_id: &'a str,
    links: ItemLinks<'a, MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_uuid: Option<&'a str>,
}

fn view<'a>(message: &'a Message, links: &'a Collection) -> View<'a> {
    View {
        id: message.id,
        event_id: &message.event_id,
        user_message: &message.text,
        message_level: &message.level,
        created_at: Time(message.created_at),
        guaranteed_until: Time(message.expires_at),
        request_id: message.request_id.as_str(),
        links: links.item(message.id),
        resource_type: message.resource_type.as_deref(),
        resource_uuid: message.resource_uuid.as_deref(),
    }
}

#[derive(Serialize)]
struct One<'a> {
    message: View<'a>,
}

#[derive(Serialize)]
struct List<'a> {
    messages: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages_links: Option<[NextLink; 1]>,
}

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let scope = || Scope::Project(call.ctx.project_id.clone());
    let mut query = if call.version().at_least(5) {
        list_query(&call, &RULES)?
    } else {
        // Nothing is paged yet, but a limit has to be one: the links are made by it.
        page::limit(&call.query)?;
        ListQuery::new(scope())
    };
    if call.ctx.is_admin {
        // Upstream never confines an administrator here.
        query.scope = Scope::AllProjects;
    }
    let page = call.edge.services.list_messages(&query).await?;
    let links = call.links.of("messages");
    let last = page.items.last().map(|message| message.id.to_string());
    let end = PageEnd { path: "messages", last, items: page.items.len(), total: None };
    let messages = page.items.iter().map(|message| view(message, &links)).collect();
    Ok(Reply::ok(&List { messages, messages_links: next_link(&call.links, &call.query, end) }))
}

async fn load(call: &Call) -> Result<Message> {
    let message = call.edge.services.get_message(&call.ctx, call.param("id")).await?;
    call.authorize(&Target::project(&message.project_id))?;
    Ok(message)
}

pub async fn show(call: Call) -> Result<Reply> {
    let message = load(&call).await?;
    let links = call.links.of("messages");
    Ok(Reply::ok(&One { message: view(&message, &links) }))
}

pub async fn delete(call: Call) -> Result<Reply> {
    let message = load(&call).await?;
    call.edge.services.delete_message(&message).await?;
    Ok(Reply::raw(StatusCode::NO_CONTENT))
}
