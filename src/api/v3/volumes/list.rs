//! `GET /volumes` and `GET /volumes/detail`.

use axum::http::StatusCode;

use super::view::{Detail, List, Sees, Summary};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::page::{Filter, VOLUME_FIELDS};

pub static RULES: Rules = Rules {
    resource: "volume",
    fields: VOLUME_FIELDS,
    since: &[
        ("glance_metadata", 4),
        ("group_id", 10),
        ("created_at", 60),
        ("updated_at", 60),
        ("consumes_quota", 65),
    ],
    strict_since: 31,
    own: &[],
    hidden: &[Filter::NotMigrationTarget],
};

pub async fn list(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let page = call.edge.services.list_volumes(&list_query(&call, &RULES)?).await?;
    let links = call.links.of("volumes");
    let last = page.items.last().map(|details| details.volume.id.to_string());
    let end = PageEnd { path: "volumes", last, items: page.items.len(), total: page.total };
    let volumes: Vec<_> =
        page.items.iter().map(|details| Summary { volume: &details.volume, links: &links }).collect();
    let size = 64 + 400 * volumes.len();
    let volumes_links = next_link(&call.links, &call.query, end);
    Ok(Reply::json_sized(StatusCode::OK, &List { volumes, volumes_links, count: page.total }, size))
}

pub async fn detail(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let page = call.edge.services.list_volumes(&list_query(&call, &RULES)?).await?;
    let links = call.links.of("volumes");
    let last = page.items.last().map(|details| details.volume.id.to_string());
    let end = PageEnd { path: "volumes/detail", last, items: page.items.len(), total: page.total };
    let sees = Sees::of(&call);
    let volumes: Vec<_> = page.items.iter().map(|details| Detail { details, links: &links, sees }).collect();
    let size = 64 + 1600 * volumes.len();
    let volumes_links = next_link(&call.links, &call.query, end);
    Ok(Reply::json_sized(StatusCode::OK, &List { volumes, volumes_links, count: page.total }, size))
}
