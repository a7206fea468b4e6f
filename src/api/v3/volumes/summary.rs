//! `GET /volumes/summary`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::api::call::Call;
use crate::api::filters::scope;
use crate::api::reply::Reply;
use crate::domain::{ListQuery, Result};

#[derive(Serialize)]
struct Body {
    #[serde(rename = "volume-summary")]
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    total_count: u64,
    total_size: u64,
    /// Since 3.36.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<BTreeMap<String, BTreeSet<String>>>,
}

pub async fn summary(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let found = call.edge.services.volume_summary(&ListQuery::new(scope(&call)?)).await?;
    let summary = Summary {
        total_count: found.count,
        total_size: found.total_size_gib,
        metadata: call.version().at_least(36).then_some(found.metadata),
    };
    Ok(Reply::ok(&Body { summary }))
}
