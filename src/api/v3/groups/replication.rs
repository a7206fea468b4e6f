//! Replication of groups, since 3.38.

use axum::http::StatusCode;

use super::{authorize, load};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::Result;
use crate::service::groups::Replication;

pub async fn enable(call: Call) -> Result<Reply> {
    refused(&call, Replication::Enable).await
}

pub async fn disable(call: Call) -> Result<Reply> {
    refused(&call, Replication::Disable).await
}

pub async fn failover(call: Call) -> Result<Reply> {
    refused(&call, Replication::FailOver).await
}

pub async fn list_targets(call: Call) -> Result<Reply> {
    refused(&call, Replication::ListTargets).await
}

async fn refused(call: &Call, what: Replication) -> Result<Reply> {
    let id = call.param("id");
    authorize(call, &load(call, id).await?)?;
    call.edge.services.replicate_group(&call.ctx, id, what).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}
