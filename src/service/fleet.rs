//! The clusters as their operators see and direct them: `/fleet/v1`.
//!
//! A registration is a change of `clusters.toml`; what an operator wants of a cluster for the
//! time being (cordoned, …) is a row in the store and survives any push of the file.

use std::time::Duration;

use crate::domain::cluster::{Cluster, Intent};
use crate::domain::{ClusterId, ClusterName, Ctx, Error, Result, Timestamp, VolumeId};
use crate::fleet::{self, Fleet, registrations};
use crate::store::Store;

pub use crate::fleet::MemberTrouble;
pub use crate::fleet::registrations::{Credentials, NewCluster, Registration, Tls};
pub use crate::placement::{Decision, Outcome, Ratio, Verdict};
pub use crate::store::ClusterUse;

/// How long a registration waits to hear who the cluster is.
const FIRST_CONTACT: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The fleet's use cases. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FleetService {
    store: Store,
    fleet: Fleet,
}

/// One cluster: as registered, as stored, as it fares in this process.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    pub name: ClusterName,
    /// `None` when it is no longer registered but volumes still point at it.
    pub registration: Option<Registration>,
    /// `None` before first contact.
    pub cluster: Option<Cluster>,
    pub trouble: Option<MemberTrouble>,
}

/// All of them, and the state of the registrations file.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetOverview {
    pub clusters: Vec<Overview>,
    pub file: String,
    pub epoch: i64,
    /// Why the file as it is now is not in force.
    pub trouble: Option<String>,
}

/// Whether to remove a cluster on which there still is something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    IfUnused,
    Forced,
}

/// Why a volume is where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub volume: VolumeId,
    pub decided_at: Timestamp,
    pub decision: Decision,
}

impl FleetService {
    pub const fn new(store: Store, fleet: Fleet) -> Self {
        Self { store, fleet }
    }

    /// Every cluster, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&self, _ctx: &Ctx) -> Result<FleetOverview> {
        let rows = self.store.read().await?.cluster_rows().await?;
        let registry = self.fleet.registry();
        let snapshot = registry.current();
        let members = self.fleet.members();
        let mut clusters: Vec<Overview> = snapshot
            .registrations
            .iter()
            .map(|registration| {
                let member = members.iter().find(|member| member.registration.name == registration.name);
                let id = registration.uuid.or(member.and_then(|member| member.id));
                let row = rows.iter().find(|row| {
                    row.registered
                        && id.map_or(row.cluster.name == registration.name, |id| row.cluster.id == id)
                });
                Overview {
                    name: registration.name.clone(),
                    registration: Some(registration.clone()),
                    cluster: row.map(|row| row.cluster.clone()),
                    trouble: member.and_then(|member| member.trouble.clone()),
                }
            })
            .collect();
        for row in rows.into_iter().filter(|row| !row.registered) {
            if !self.use_of(row.cluster.id).await?.is_empty() {
                let name = row.cluster.name.clone();
                clusters.push(Overview {
                    name,
                    registration: None,
                    cluster: Some(row.cluster),
                    trouble: None,
                });
            }
        }
        clusters.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(FleetOverview {
            clusters,
            file: registry.path().display().to_string(),
            epoch: snapshot.epoch,
            trouble: snapshot.trouble.clone(),
        })
    }

    /// One cluster, by name or UUID, and what is on it.
    ///
    /// # Errors
    /// `NotFound`, or those of the database.
    pub async fn show(&self, ctx: &Ctx, name: &str) -> Result<(Overview, ClusterUse)> {
        let all = self.list(ctx).await?.clusters;
        let by_id = name.parse::<ClusterId>().ok();
        let found = all.into_iter().find(|one| {
            one.name.as_str() == name || one.cluster.as_ref().is_some_and(|cluster| Some(cluster.id) == by_id)
        });
        let found = found.ok_or_else(|| Error::not_found(format!("Cluster {name} could not be found.")))?;
        let used = match &found.cluster {
            Some(cluster) => self.use_of(cluster.id).await?,
            None => ClusterUse::default(),
        };
        Ok((found, used))
    }

    /// Adds a cluster to the registrations and waits a little for first contact. One that cannot
    /// be reached stays registered, with its trouble shown.
    ///
    /// # Errors
    /// `Invalid` when it does not hold together with the others, `Conflict` when it is a cluster
    /// that is registered already or the file cannot be written.
    pub async fn register(&self, ctx: &Ctx, new: NewCluster) -> Result<Overview> {
        let name = ClusterName::new(new.name.clone());
        let add = |text: &str| registrations::add(text, &new);
        self.fleet.registry().edit(&self.store, &ctx.clock, &by(ctx), add).await?;
        self.fleet.step().await?;
        let overview = self.await_contact(ctx, &name).await?;
        if let Some(MemberTrouble::SameCluster { other, id }) = &overview.trouble {
            self.unregister(ctx, &name).await?;
            return Err(Error::conflict(format!("Cluster {id} is already registered as {other}.")));
        }
        Ok(overview)
    }

    /// Takes a cluster out of the registrations. Nothing on it is touched.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when there is something of ours on it, unless forced.
    pub async fn remove(&self, ctx: &Ctx, name: &str, removal: Removal) -> Result<()> {
        let (found, used) = self.show(ctx, name).await?;
        if found.registration.is_none() {
            return Err(Error::not_found(format!("Cluster {name} could not be found.")));
        }
        if removal == Removal::IfUnused && !used.is_empty() {
            return Err(Error::conflict(format!(
                "Cluster {} still has {} volumes, {} snapshots and {} unfinished operations; they would become \
                 unreachable. Force the removal if that is meant.",
                found.name, used.volumes, used.snapshots, used.operations
            )));
        }
        self.unregister(ctx, &found.name).await
    }

    /// Says what is wanted of a cluster from now on.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` before first contact.
    pub async fn set_intent(
        &self,
        ctx: &Ctx,
        name: &str,
        intent: Intent,
        reason: Option<String>,
    ) -> Result<Overview> {
        let (mut found, _) = self.show(ctx, name).await?;
        let Some(cluster) = &mut found.cluster else {
            return Err(Error::conflict(format!("Cluster {name} has not been reached yet.")));
        };
        cluster.intent = fleet::set_intent(&self.store, ctx, cluster, intent, reason).await?;
        Ok(found)
    }

    /// The decision kept with a volume.
    ///
    /// # Errors
    /// `NotFound` when the volume was never placed.
    pub async fn explain(&self, _ctx: &Ctx, volume: &str) -> Result<Explanation> {
        let missing = || Error::not_found(format!("No placement of volume {volume} could be found."));
        let volume_id: VolumeId = volume.parse().map_err(|_| missing())?;
        let found = self.store.read().await?.find_placement(volume_id).await?;
        let (decided_at, decision) = found.ok_or_else(missing)?;
        let decision = serde_json::from_value(decision)
            .map_err(|error| Error::internal("reading an explanation").because(error))?;
        Ok(Explanation { volume: volume_id, decided_at, decision })
    }

    async fn use_of(&self, id: ClusterId) -> Result<ClusterUse> {
        self.store.read().await?.cluster_use(id).await
    }

    async fn unregister(&self, ctx: &Ctx, name: &ClusterName) -> Result<()> {
        let remove = |text: &str| registrations::remove(text, name);
        self.fleet.registry().edit(&self.store, &ctx.clock, &by(ctx), remove).await?;
        self.fleet.step().await
    }

    async fn await_contact(&self, ctx: &Ctx, name: &ClusterName) -> Result<Overview> {
        let mut waited = Duration::ZERO;
        loop {
            let (found, _) = self.show(ctx, name.as_str()).await?;
            let known = found.cluster.as_ref().is_some_and(|cluster| cluster.capacity.is_some());
            if known || found.trouble.is_some() || waited >= FIRST_CONTACT.min(ctx.patience) {
                return Ok(found);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
    }
}

fn by(ctx: &Ctx) -> String {
    let user = ctx.user_id.as_str();
    if user.is_empty() { "cli".to_owned() } else { user.to_owned() }
}
