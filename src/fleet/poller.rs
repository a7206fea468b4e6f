//! Watches one cluster: asks it for health and statistics often, lists its volumes when they
//! have changed or every so often, and writes down what it learns.
//!
//! One replica does it at a time, by lease. Each list is numbered in the store before it begins,
//! so that an older one never overwrites a newer one, and goes in together with the release of
//! the reservations it gives evidence for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::expiry::ExpiryWatch;
use super::first_contact::first_contact;
use super::health::{Health, Probe};
use super::member::{Member, MemberTrouble};
use super::supervisor::Shared;
use super::survey::{statistics, steady, survey};
use crate::domain::cluster::{Observed, Tenancy};
use crate::domain::operation::Lane;
use crate::domain::{ClusterId, Error, LightosProject, Result, Timestamp};
use crate::lightbits::{ClusterStatus, Deleting, Trouble};
use crate::store::{Holding, PollResult};
use crate::telemetry::metrics as names;

/// Intervals vary by this share, so that a hundred clusters do not answer at once.
const JITTER: f64 = 0.15;
const NO_STATISTICS: &str =
    "its credential may not read the cluster's statistics, so nothing can be placed on it";

pub(super) struct Poller {
    shared: Arc<Shared>,
    member: Arc<Member>,
    lease_renewed: Option<Instant>,
    watch: Option<Watch>,
    expiry: ExpiryWatch,
}

/// What is remembered from one turn to the next while the lease is held.
struct Watch {
    id: ClusterId,
    health: Health,
    since: Timestamp,
    /// As they stand in the store.
    stored: (Observed, Option<String>),
    probed: Option<Instant>,
    listed: Option<(Instant, Fingerprint)>,
}

/// When it changes, the list of volumes probably has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fingerprint {
    logical: u64,
    volumes: u64,
    effective: u64,
}

impl Fingerprint {
    fn of(status: &ClusterStatus) -> Self {
        let health = status.health.as_ref();
        let volumes = health.map_or(0, |h| {
            [h.healthy_volumes, h.degraded_volumes, h.read_only_volumes, h.not_available_volumes]
                .into_iter()
                .map(u64::from)
                .sum()
        });
        let statistics = status.statistics.as_ref();
        Self {
            logical: statistics.map_or(0, |s| s.logical.0),
            volumes,
            effective: statistics.map_or(0, |s| s.effective_physical.0),
        }
    }
}

impl Poller {
    pub(super) fn new(shared: Arc<Shared>, member: Arc<Member>) -> Self {
        Self { shared, member, lease_renewed: None, watch: None, expiry: ExpiryWatch::default() }
    }

    /// Until told to stop; then the lease is given back.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            let turn = stop.run_until_cancelled(Box::pin(self.turn())).await;
            let pause = match turn {
                None => break,
                Some(Ok(pause)) => pause,
                Some(Err(error)) => {
                    tracing::warn!(cluster = %self.member.name(), %error, detail = error.detail(), "polling");
                    // The database's trouble; the cluster has not been looked at.
                    self.shared.settings.probe_interval.min(self.shared.settings.poll_interval)
                }
            };
            if stop.run_until_cancelled(tokio::time::sleep(jittered(pause))).await.is_none() {
                break;
            }
        }
        // One that is replaced in this process leaves the lease to the next.
        if self.lease_renewed.is_some() && self.shared.stop.is_cancelled() {
            let _ = self.shared.store.drop_lease(&self.lease_name(), &self.shared.owner).await;
        }
    }

    /// One look at the cluster; how long to wait until the next.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn turn(&mut self) -> Result<Duration> {
        if !self.hold_lease().await? {
            self.watch = None;
            return Ok(self.shared.settings.lease / 3);
        }
        let Some(client) = self.member.client() else { return Ok(self.shared.settings.poll_interval) };
        self.warn_of_expiry(&client).await;
        let id = match self.member.id() {
            Some(id) => id,
            None => match first_contact(&self.shared, &self.member, &client).await? {
                Some(id) => id,
                None => return Ok(self.shared.settings.probe_interval),
            },
        };
        if self.watch.as_ref().is_none_or(|watch| watch.id != id) {
            self.watch = self.begin_watch(id).await?;
        }
        let Some(watch) = &mut self.watch else { return Ok(self.shared.settings.probe_interval) };
        let began = Instant::now();
        let answer = client.within(self.shared.settings.probe_timeout).cluster_status(Lane::Background).await;
        let status = match answer {
            // Our own queue is full: that says nothing about the cluster.
            Err(Trouble::Saturated { .. }) => return Ok(self.shared.settings.probe_interval),
            Err(trouble) => {
                watch.take(Probe::Failed(trouble.to_string()), began);
                count(&self.member, "failed");
                None
            }
            Ok(status) => {
                watch.take(Probe::Answered, began);
                Some(status)
            }
        };
        self.write_health().await?;
        if let Some(status) = status {
            self.take_in(id, &client, status).await?;
            // A list may have told of a regression.
            self.write_health().await?;
        }
        let calm = self.watch.as_ref().is_some_and(|watch| watch.health.is_calm());
        let settings = &self.shared.settings;
        Ok(if calm { settings.poll_interval } else { settings.probe_interval.min(settings.poll_interval) })
    }

    async fn warn_of_expiry(&mut self, client: &crate::lightbits::Cluster) {
        // A token that cannot be read shows as trouble of the next call.
        let Ok(expires) = client.credential_expiry().await else { return };
        if let Some(left) = self.expiry.seconds_left(self.shared.clock.now(), expires) {
            let (cluster, hours_left) = (self.member.name(), left / 3600);
            tracing::warn!(%cluster, hours_left, "the token of this cluster runs out: replace it");
        }
    }

    async fn take_in(
        &mut self,
        id: ClusterId,
        client: &crate::lightbits::Cluster,
        status: ClusterStatus,
    ) -> Result<()> {
        let Some(fresh) = statistics(&status) else {
            self.member.set_trouble(Some(MemberTrouble::Other(NO_STATISTICS.to_owned())));
            return Ok(());
        };
        self.member.set_trouble(None);
        let fingerprint = Fingerprint::of(&status);
        if self.list_is_due(fingerprint) {
            match self.list(id, client, &status).await {
                Ok(outcome) => {
                    count(&self.member, outcome);
                    if let Some(watch) = &mut self.watch {
                        watch.listed = Some((Instant::now(), fingerprint));
                    }
                    return Ok(());
                }
                Err(ListFailed::Cluster(trouble)) => {
                    tracing::warn!(cluster = %self.member.name(), %trouble, "its volumes cannot be listed");
                    count(&self.member, "failed");
                }
                Err(ListFailed::Ours(error)) => return Err(error),
            }
        }
        count(&self.member, "figures");
        let fresh = &fresh;
        self.shared
            .store
            .write("statistics", |tx, _| Box::pin(async move { tx.put_statistics(id, fresh).await }))
            .await
    }

    fn list_is_due(&self, fingerprint: Fingerprint) -> bool {
        let Some((at, seen)) = self.watch.as_ref().and_then(|watch| watch.listed) else { return true };
        let interval = self.shared.settings.list_interval;
        at.elapsed() >= if seen == fingerprint { interval } else { interval / 3 }
    }

    /// The whole list, or nothing.
    async fn list(
        &mut self,
        id: ClusterId,
        client: &crate::lightbits::Cluster,
        status: &ClusterStatus,
    ) -> std::result::Result<&'static str, ListFailed> {
        let store = &self.shared.store;
        let began = Instant::now();
        let before = store.read().await?.holdings(id).await?;
        let number =
            store.write("begin a poll", |tx, _| Box::pin(async move { tx.begin_poll(id).await })).await?;
        let started_at = self.shared.clock.now();
        let client = client.within(self.shared.settings.list_timeout);
        let projects = self.projects(&before);
        let volumes = client.volumes_everywhere(Lane::Background, Deleting::Shown, &projects).await?;
        let nodes = client.nodes(Lane::Background).await?;
        let nodes: Vec<_> = nodes.iter().map(|node| node.state).collect();
        let ours = steady(before, store.read().await?.holdings(id).await?);
        let survey = survey(status, &nodes, &volumes, &ours, started_at);
        let (result, name): (&PollResult, _) = (&survey.result, self.member.name());
        let newest = store
            .write("finish a poll", |tx, _| Box::pin(async move { tx.finish_poll(id, number, result).await }))
            .await?;
        metrics::histogram!(names::POLL_SECONDS, "cluster" => name.to_string())
            .record(began.elapsed().as_secs_f64());
        if let Some(watch) = &mut self.watch {
            match survey.regression {
                Some(reason) => {
                    if watch.health.regress(reason.clone()) {
                        tracing::error!(cluster = %name, reason, "a cluster's data went backwards");
                    }
                }
                None => watch.health.consistent(),
            }
        }
        Ok(if newest { "complete" } else { "superseded" })
    }

    /// Where our volumes are, for a cluster that does not list across projects.
    fn projects(&self, ours: &[Holding]) -> BTreeSet<LightosProject> {
        let named =
            ours.iter().map(|holding| &holding.project).filter(|project| !project.as_str().is_empty());
        let mut projects: BTreeSet<_> = named.cloned().collect();
        if let Tenancy::Fixed(project) = &self.member.registration().traits.tenancy {
            projects.insert(project.clone());
        }
        projects
    }

    async fn begin_watch(&self, id: ClusterId) -> Result<Option<Watch>> {
        let rows = self.shared.store.read().await?.cluster_rows().await?;
        let Some(row) = rows.into_iter().find(|row| row.cluster.id == id) else { return Ok(None) };
        let cluster = row.cluster;
        let thresholds = self.shared.settings.thresholds;
        Ok(Some(Watch {
            id,
            health: Health::resume(thresholds, cluster.observed, cluster.observed_reason.clone()),
            since: cluster.observed_since,
            stored: (cluster.observed, cluster.observed_reason),
            probed: None,
            listed: None,
        }))
    }

    async fn write_health(&mut self) -> Result<()> {
        let now = self.shared.clock.now();
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let (id, observed) = (watch.id, watch.health.observed());
        let trouble = self.member.trouble().map(|trouble| trouble.to_string());
        let reason = watch.health.reason().map(str::to_owned).or(trouble);
        if watch.stored == (observed, reason.clone()) {
            return Ok(());
        }
        if watch.stored.0 != observed {
            watch.since = now;
            let name = self.member.name();
            tracing::info!(cluster = %name, state = %observed, reason = reason.as_deref(), "cluster state");
            metrics::counter!(
                names::CLUSTER_STATE_CHANGES,
                "cluster" => name.to_string(), "state" => observed.as_str()
            )
            .increment(1);
        }
        let (since, text) = (watch.since, reason.as_deref());
        self.shared
            .store
            .write("observe a cluster", |tx, _| {
                Box::pin(async move { tx.set_observed(id, observed, text, since).await })
            })
            .await?;
        watch.stored = (observed, reason);
        Ok(())
    }

    fn lease_name(&self) -> String {
        format!("poll:{}", self.member.name())
    }

    async fn hold_lease(&mut self) -> Result<bool> {
        let lease = self.shared.settings.lease;
        if self.lease_renewed.is_some_and(|at| at.elapsed() < lease / 3) {
            return Ok(true);
        }
        let now = self.shared.clock.now();
        let held = self.shared.store.take_lease(&self.lease_name(), &self.shared.owner, now, lease).await?;
        self.lease_renewed = held.then(Instant::now);
        Ok(held)
    }
}

impl Watch {
    fn take(&mut self, probe: Probe, began: Instant) {
        let since = self.probed.map_or(Duration::ZERO, |probed| began.duration_since(probed));
        self.probed = Some(began);
        self.health.probe(probe, since);
    }
}

enum ListFailed {
    Cluster(Trouble),
    Ours(Error),
}

impl From<Trouble> for ListFailed {
    fn from(trouble: Trouble) -> Self {
        Self::Cluster(trouble)
    }
}

impl From<Error> for ListFailed {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn count(member: &Member, outcome: &'static str) {
    metrics::counter!(names::POLLS, "cluster" => member.name().to_string(), "outcome" => outcome)
        .increment(1);
}

fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER))
}
