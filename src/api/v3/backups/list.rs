//! `GET /backups` and `GET /backups/detail`.

use axum::http::StatusCode;

use super::view::{Detail, List, Sees, Summary};
use crate::api::call::Call;
use crate::api::filters::{Rules, list_query};
use crate::api::page::{NextLink, PageEnd, next_link};
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::domain::backup::BackupDetails;
use crate::domain::page::{BACKUP_FIELDS, Page};

pub static RULES: Rules =
    Rules { resource: "backup", fields: BACKUP_FIELDS, since: &[], strict_since: 31, own: &[], hidden: &[] };

pub async fn list(call: Call) -> Result<Reply> {
    let page = read(&call).await?;
    let links = call.links.of("backups");
    let backups =
        page.items.iter().map(|details| Summary { backup: &details.backup, links: &links }).collect();
    let backups_links = next(&call, &page, "backups");
    Ok(Reply::ok(&List { backups, backups_links, count: page.total }))
}

pub async fn detail(call: Call) -> Result<Reply> {
    let page = read(&call).await?;
    let (links, sees) = (call.links.of("backups"), Sees::of(&call));
    let backups: Vec<_> = page.items.iter().map(|details| Detail { details, links: &links, sees }).collect();
    let backups_links = next(&call, &page, "backups/detail");
    let size = 64 + 960 * backups.len();
    Ok(Reply::json_sized(StatusCode::OK, &List { backups, backups_links, count: page.total }, size))
}

async fn read(call: &Call) -> Result<Page<BackupDetails>> {
    call.authorize_own()?;
    call.edge.services.list_backups(&list_query(call, &RULES)?).await
}

fn next(call: &Call, page: &Page<BackupDetails>, path: &str) -> Option<[NextLink; 1]> {
    let last = page.items.last().map(|details| details.backup.id.to_string());
    next_link(&call.links, &call.query, PageEnd { path, last, items: page.items.len(), total: page.total })
}
