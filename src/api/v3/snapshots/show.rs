//! `GET /snapshots/{id}`.

use super::load_authorized;
use super::view::{One, Shape, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;

pub async fn show(call: Call) -> Result<Reply> {
    let snapshot = load_authorized(&call).await?;
    Ok(Reply::ok(&One { snapshot: View { snapshot: &snapshot, shape: Shape::of(&call) } }))
}
