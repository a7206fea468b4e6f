//! Follows the registrations: a client and a poller for each cluster, the rows in the store, the
//! inventory in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connect::{connect, same_connection};
use super::member::{Member, MemberTrouble};
use super::poller::Poller;
use super::registrations::{Registration, Registry, Snapshot};
use super::settings::Settings;
use super::{Clients, Inventory};
use crate::domain::{Clock, ClusterId, ClusterName, Result};
use crate::store::{ClusterRow, Store};

/// What the parts of the room share.
pub(super) struct Shared {
    pub store: Store,
    pub registry: Registry,
    pub clients: Clients,
    pub settings: Settings,
    pub clock: Clock,
    /// Of the leases: this process.
    pub owner: String,
    /// The whole fleet stops.
    pub stop: CancellationToken,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("owner", &self.shared.owner).finish_non_exhaustive()
    }
}

/// The clusters of this deployment. Cheap to clone.
#[derive(Clone)]
pub struct Fleet {
    shared: Arc<Shared>,
    inventory: Inventory,
    members: Arc<Mutex<BTreeMap<ClusterName, Arc<Member>>>>,
    tasks: TaskTracker,
}

/// How a registration fares in this process.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberStatus {
    pub registration: Registration,
    pub id: Option<ClusterId>,
    /// Why it cannot be used, in words.
    pub trouble: Option<MemberTrouble>,
}

impl Fleet {
    /// Does nothing yet; `owner` names this process among the replicas.
    pub fn new(store: Store, registry: Registry, settings: Settings, clock: Clock, owner: &str) -> Self {
        let owner = owner.to_owned();
        let (clients, stop) = (Clients::default(), CancellationToken::new());
        Self {
            shared: Arc::new(Shared { store, registry, clients, settings, clock, owner, stop }),
            inventory: Inventory::default(),
            members: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    pub fn clients(&self) -> &Clients {
        &self.shared.clients
    }
    pub const fn inventory(&self) -> &Inventory {
        &self.inventory
    }
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// The registrations in force, by name.
    pub fn members(&self) -> Vec<MemberStatus> {
        let status = |member: &Arc<Member>| MemberStatus {
            registration: Registration::clone(&member.registration()),
            id: member.id(),
            trouble: member.trouble(),
        };
        self.lock().values().map(status).collect()
    }

    /// Until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.step().await {
                tracing::warn!(%error, detail = error.detail(), "looking after the fleet");
            }
            let pause = tokio::time::sleep(self.shared.settings.reload_interval);
            if stop.run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
        self.shared.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// One look at the registrations, and whatever follows from it. The first makes the clients
    /// of all clusters whose UUID is known, before anything is polled.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn step(&self) -> Result<()> {
        self.shared.registry.refresh(&self.shared.store, &self.shared.clock).await?;
        let snapshot = self.shared.registry.current();
        let rows = self.shared.store.read().await?.cluster_rows().await?;
        if !in_step(&snapshot, &rows) {
            self.write_rows(&snapshot).await?;
        }
        self.align(&snapshot, &rows);
        self.inventory.refresh(&self.shared.store).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ClusterName, Arc<Member>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Members as registered: those whose connection changed are made anew, the others stay.
    fn align(&self, snapshot: &Snapshot, rows: &[ClusterRow]) {
        let mut members = self.lock();
        let mut next = BTreeMap::new();
        for registration in &snapshot.registrations {
            let id = known_id(registration, rows);
            let kept = members.get(&registration.name).cloned().filter(|member| {
                let same_id = id.is_none() || member.id().is_none() || member.id() == id;
                same_id && same_connection(&member.registration(), registration) && member.client().is_some()
            });
            let member = match kept {
                Some(member) => {
                    members.remove(&registration.name);
                    self.keep(&member, registration, id);
                    member
                }
                None => {
                    let told = members.get(&registration.name).and_then(|old| old.trouble());
                    self.start(registration, id, told.map(|trouble| trouble.to_string()))
                }
            };
            next.insert(registration.name.clone(), member);
        }
        let in_use: Vec<ClusterId> = next.values().filter_map(|member| member.id()).collect();
        for gone in members.values() {
            gone.stop.cancel();
            if let Some(id) = gone.id().filter(|id| !in_use.contains(id)) {
                self.shared.clients.remove(id);
            }
        }
        *members = next;
    }

    /// A client that cannot be made (a CA file that is missing) is tried again at every look;
    /// `told` is the trouble of the last one.
    fn start(&self, registration: &Registration, id: Option<ClusterId>, told: Option<String>) -> Arc<Member> {
        let client = connect(registration, id, &self.shared.settings, self.shared.clock.clone());
        match (&client, id) {
            (Ok(client), Some(id)) => self.shared.clients.put(id, client),
            (Err(trouble), _) if told.as_ref() != Some(trouble) => {
                tracing::error!(cluster = %registration.name, trouble, "a cluster cannot be used");
            }
            _ => {}
        }
        let stop = self.shared.stop.child_token();
        let member = Arc::new(Member::new(registration.clone(), id, client, stop));
        if member.client().is_some() {
            let poller = Poller::new(self.shared.clone(), member.clone());
            self.tasks.spawn(poller.run(member.stop.clone()));
        }
        member
    }

    /// The same connection, perhaps under another text (labels, limits, the UUID now known).
    fn keep(&self, member: &Member, registration: &Registration, id: Option<ClusterId>) {
        member.set_registration(registration);
        if let (Some(client), Some(id), None) = (member.client(), id, member.id()) {
            member.set_id(id);
            self.shared.clients.put(id, &client);
        }
    }

    /// Rows for what is registered; what no longer is, is marked so and keeps its row for the
    /// volumes that point at it.
    async fn write_rows(&self, snapshot: &Snapshot) -> Result<()> {
        let now = self.shared.clock.now();
        self.shared
            .store
            .write("follow the registrations", |tx, _| {
                Box::pin(async move {
                    tx.lock("registrations").await?;
                    if tx.registrations_epoch().await? != snapshot.epoch {
                        // Another replica is ahead; its text will be in force here in a moment.
                        return Ok(());
                    }
                    let rows = tx.cluster_rows().await?;
                    for registration in &snapshot.registrations {
                        let Some(id) = known_id(registration, &rows) else { continue };
                        if !rows.iter().any(|row| agrees(row, registration, id)) {
                            tx.put_cluster(id, &registration.name, &registration.traits, now).await?;
                        }
                    }
                    for row in rows.iter().filter(|row| row.registered && !is_registered(row, snapshot)) {
                        tx.unregister_cluster(row.cluster.id).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// The UUID in the file, or the one this name had at first contact (when the file could not be
/// written).
fn known_id(registration: &Registration, rows: &[ClusterRow]) -> Option<ClusterId> {
    let of_name = || {
        let row = rows.iter().find(|row| row.registered && row.cluster.name == registration.name)?;
        Some(row.cluster.id)
    };
    registration.uuid.or_else(of_name)
}

fn is_registered(row: &ClusterRow, snapshot: &Snapshot) -> bool {
    let named = |r: &Registration| r.uuid.map_or(r.name == row.cluster.name, |uuid| uuid == row.cluster.id);
    snapshot.registrations.iter().any(named)
}

fn agrees(row: &ClusterRow, registration: &Registration, id: ClusterId) -> bool {
    row.registered
        && row.cluster.id == id
        && row.cluster.name == registration.name
        && row.cluster.traits == registration.traits
}

fn in_step(snapshot: &Snapshot, rows: &[ClusterRow]) -> bool {
    let all_there = snapshot.registrations.iter().all(|registration| {
        known_id(registration, rows).is_none_or(|id| rows.iter().any(|row| agrees(row, registration, id)))
    });
    all_there && rows.iter().all(|row| !row.registered || is_registered(row, snapshot))
}
