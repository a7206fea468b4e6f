//! Every call is counted by outcome and timed.

use tokio::time::Instant;

use crate::domain::ClusterName;
use crate::telemetry::metrics::{CLUSTER_CALL_SECONDS, CLUSTER_CALLS};

use super::error::Trouble;
use super::transport::Answered;

/// A call in progress. One that is dropped by its caller is counted as `abandoned`.
pub(super) struct Measured<'a> {
    cluster: &'a ClusterName,
    call: &'static str,
    started: Instant,
    outcome: &'static str,
}

impl<'a> Measured<'a> {
    pub fn start(cluster: &'a ClusterName, call: &'static str) -> Self {
        Self { cluster, call, started: Instant::now(), outcome: "abandoned" }
    }

    pub fn finish(mut self, result: &Result<Answered, Trouble>) {
        self.outcome = match result {
            Ok(Answered { result: Ok(_), .. }) => "done",
            Ok(Answered { result: Err(refusal), .. }) if refusal.status == 404 => "not-found",
            Ok(_) => "refused",
            Err(trouble) => trouble.label(),
        };
        if let Err(trouble) = result {
            tracing::debug!(cluster = %self.cluster, call = self.call, %trouble, "no definite answer");
        }
    }
}

impl Drop for Measured<'_> {
    fn drop(&mut self) {
        let cluster = self.cluster.to_string();
        metrics::counter!(CLUSTER_CALLS, "cluster" => cluster.clone(), "call" => self.call, "outcome" => self.outcome)
            .increment(1);
        metrics::histogram!(CLUSTER_CALL_SECONDS, "cluster" => cluster, "call" => self.call)
            .record(self.started.elapsed());
    }
}
