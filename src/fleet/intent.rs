//! What an operator wants of a cluster for the time being. A row in the store and nothing else:
//! it survives restarts, counts for all replicas at once, and no push of `clusters.toml` undoes
//! it. What each intent forbids is in `domain::cluster` (existing volumes) and `placement` (new).

use crate::domain::cluster::{Cluster, Intent, IntentRecord};
use crate::domain::{Ctx, Result};
use crate::store::Store;

/// Takes effect with the next decision, on every replica.
///
/// # Errors
/// Those of the database.
pub async fn set_intent(
    store: &Store,
    ctx: &Ctx,
    cluster: &Cluster,
    intent: Intent,
    reason: Option<String>,
) -> Result<IntentRecord> {
    let user = ctx.user_id.as_str();
    let by = if user.is_empty() { "cli" } else { user }.to_owned();
    let record = IntentRecord { intent, reason, by, at: ctx.clock.now() };
    let (id, wanted) = (cluster.id, &record);
    store.write("set a cluster's intent", |tx, _| Box::pin(tx.set_intent(id, wanted))).await?;
    tracing::info!(cluster = %cluster.name, %intent, by = record.by, "intent");
    Ok(record)
}
