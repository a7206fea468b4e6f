//! Taking up again what was given to an operator to look at.

use super::Services;
use crate::domain::operation::{Operation, OperationStatus};
use crate::domain::{ClusterId, Result};

/// Which of a backend's unfinished operations are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stuck {
    /// `Volume` or `Snapshot`.
    pub kind: Option<&'static str>,
    pub resource_id: Option<String>,
}

impl Stuck {
    fn means(&self, operation: &Operation) -> bool {
        let kind = if operation.work.name().ends_with("-snapshot") { "Snapshot" } else { "Volume" };
        operation.status == OperationStatus::NeedsOperator
            && self.kind.is_none_or(|meant| meant == kind)
            && self.resource_id.as_ref().is_none_or(|id| *id == operation.resource_id)
    }
}

impl Services {
    /// What is unfinished on one resource.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn pending_of(&self, resource_id: &str) -> Result<Vec<Operation>> {
        self.store.read().await?.operations_of(resource_id).await
    }

    /// Opens the operations of a backend (or of none yet) that wait for an operator; the next
    /// sweep of any process goes on with them. A step that cannot be done comes back to the
    /// operator.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn take_up_again(&self, backend: Option<ClusterId>, stuck: &Stuck) -> Result<()> {
        self.store
            .write("take up operations again", |tx, _| {
                Box::pin(async move {
                    for operation in tx.stuck_operations(backend).await? {
                        if stuck.means(&operation) {
                            tx.reopen_operation(operation.id).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }
}
