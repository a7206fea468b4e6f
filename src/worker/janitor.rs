//! What has had its time goes: user messages after their thirty days.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::Clock;
use crate::store::Store;

/// Nothing is late by more than this.
const ROUND: Duration = Duration::from_secs(600);

pub(super) async fn run(store: Store, clock: Clock, stop: CancellationToken) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(rounds.tick()).await.is_some() {
        let now = clock.now();
        let expired = store.write("expire messages", |tx, _| Box::pin(tx.expire_messages(now))).await;
        match expired {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "user messages expired"),
            Err(error) => tracing::warn!(%error, "user messages not expired"),
        }
    }
}
