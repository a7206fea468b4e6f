//! Taking up again what was given to an operator to look at.

use super::Services;
use crate::domain::cluster::Cluster;
use crate::domain::operation::{Operation, OperationStatus};
use crate::domain::{ClusterId, Error, Result};

pub use crate::store::SCHEDULER_ID;

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
    /// The registered clusters, by name, each with the number of its service.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn numbered_backends(&self) -> Result<Vec<(i64, Cluster)>> {
        let clusters = self.backends().await?;
        let mut ids = self.store.read().await?.service_ids().await?;
        // Those of before there were numbers get theirs now.
        let bare: Vec<ClusterId> =
            clusters.iter().map(|cluster| cluster.id).filter(|id| !ids.contains_key(id)).collect();
        if !bare.is_empty() {
            let bare = &bare;
            ids = self
                .store
                .write("number services", |tx, _| {
                    Box::pin(async move {
                        for id in bare {
                            tx.number_service(*id).await?;
                        }
                        tx.service_ids().await
                    })
                })
                .await?;
        }
        let numbered = clusters.into_iter().map(|cluster| match ids.get(&cluster.id) {
            Some(id) => Ok((*id, cluster)),
            None => Err(Error::internal(format!("the service of {} has no number", cluster.name))),
        });
        numbered.collect()
    }

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
