//! `GET /volumes/{id}`.

use axum::http::StatusCode;

use super::load;
use super::view::{Detail, One, Sees};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;

pub async fn show(call: Call) -> Result<Reply> {
    let details = load(&call).await?;
    let links = call.links.of("volumes");
    let volume = Detail { details: &details, links: &links, sees: Sees::of(&call) };
    Ok(Reply::json_sized(StatusCode::OK, &One { volume }, 2048))
}
