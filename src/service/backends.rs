//! Clusters as Cinder knows them: each is a `cinder-volume` service, a host and a pool.

use std::collections::BTreeMap;

use super::Services;
use crate::domain::cluster::{Cluster, Deed, Intent};
use crate::domain::{ClusterId, Ctx, Error, ProjectId, Result};
use crate::fleet;
use crate::store::Tx;

/// What a project has on one cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostUse {
    pub volumes: u64,
    pub volume_gib: u64,
    pub snapshots: u64,
    pub snapshot_gib: u64,
}

/// Refuses what the operator does not want to be done to a cluster at the moment.
///
/// # Errors
/// `Invalid` on a frozen backend, as in Cinder; `Unavailable` during maintenance.
pub(super) async fn check_intent(tx: &mut Tx, cluster: Option<ClusterId>, deed: Deed) -> Result<()> {
    let Some(cluster) = cluster else { return Ok(()) };
    match tx.cluster_intent(cluster).await? {
        Some(record) if record.intent.forbids(deed) => Err(match record.intent {
            Intent::Maintenance => {
                Error::unavailable("The storage backend of the volume is under maintenance, try again later.")
            }
            _ => Error::invalid(
                "Invalid input received: Modification operations are not allowed on frozen storage backends.",
            ),
        }),
        _ => Ok(()),
    }
}

impl Services {
    /// The registered clusters, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn backends(&self) -> Result<Vec<Cluster>> {
        self.store.read().await?.clusters().await
    }

    /// The cluster behind `hearth@<name>` or `hearth@<name>#<name>`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn backend(&self, host: &str) -> Result<Option<Cluster>> {
        let service = host.split('#').next().unwrap_or(host);
        let Some(name) = service.strip_prefix("hearth@") else { return Ok(None) };
        Ok(self.backends().await?.into_iter().find(|cluster| cluster.name.as_str() == name))
    }

    /// Says what the operator wants of a cluster; survives restarts.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_backend_intent(
        &self,
        ctx: &Ctx,
        cluster: &Cluster,
        intent: Intent,
        reason: Option<String>,
    ) -> Result<()> {
        fleet::set_intent(&self.store, ctx, cluster, intent, reason).await.map(|_| ())
    }

    /// What each project has on a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn host_use(&self, cluster: &Cluster) -> Result<BTreeMap<ProjectId, HostUse>> {
        let mut session = self.store.read().await?;
        let mut projects: BTreeMap<ProjectId, HostUse> = BTreeMap::new();
        for volume in session.volumes_of_cluster(cluster.id).await? {
            let entry = projects.entry(volume.project_id).or_default();
            entry.volumes += 1;
            entry.volume_gib += u64::from(volume.size.0);
        }
        for snapshot in session.snapshots_of_cluster(cluster.id).await? {
            let entry = projects.entry(snapshot.project_id).or_default();
            entry.snapshots += 1;
            entry.snapshot_gib += u64::from(snapshot.volume_size.0);
        }
        Ok(projects)
    }
}
