//! `GET /backups/{id}`.

use super::load_authorized;
use super::view::{Detail, One, Sees};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;

pub async fn show(call: Call) -> Result<Reply> {
    let details = load_authorized(&call).await?;
    let links = call.links.of("backups");
    Ok(Reply::ok(&One { backup: Detail { details: &details, links: &links, sees: Sees::of(&call) } }))
}
