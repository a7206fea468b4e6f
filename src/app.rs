//! The composition root: config, store, clients, services, workers, edges, in that order; and
//! back again.
//!
//! Start-up refuses what cannot work (a second process on the same SQLite file, a server whose
//! schema is behind) and waits for nothing else: Keystone and the clusters may come up later.
//! Shutdown closes the doors, lets requests under way finish, hands the operations over and only
//! then closes the store.

mod lock;
mod settings;

pub use lock::FileLock;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{self, Edge};
use crate::auth::Policy;
use crate::auth::policy::Defaults;
use crate::config::{Config, Strategy};
use crate::domain::Clock;
use crate::fleet::Fleet;
use crate::service::Services;
use crate::service::fleet::FleetService;
use crate::service::logs::LogService;
use crate::store::{Dialect, Dispatch, LogFollower, SchemaState, Store};
use crate::telemetry::logging;
use crate::worker::{self, Worker};

/// How often the policy files are looked at.
const POLICY_LOOK: Duration = Duration::from_secs(2);

/// A gateway at work.
pub struct Running {
    /// Where the API answers.
    pub address: SocketAddr,
    /// Where health and metrics answer.
    pub admin_address: SocketAddr,
    pub services: Services,
    edge: Arc<Edge>,
    worker: Worker,
    doors: TaskTracker,
    stop: CancellationToken,
    background: TaskTracker,
    grace: Duration,
    /// Held for as long as the SQLite file is ours.
    _lock: Option<lock::FileLock>,
}

/// Starts everything `config` describes.
///
/// # Errors
/// Whatever cannot work as configured, in words.
pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Running> {
    let url = config.database.resolve_url().map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let (store, file_lock) = open_store(url.expose_secret(), config, &clock).await?;
    let authenticator = Arc::new(settings::authenticator(config, clock.clone())?);
    let policy = Arc::new(load_policy(config).await?);
    let compute = settings::compute(config, &authenticator);
    let images = settings::images(config, &authenticator)?;
    let (dispatch, announced) = Dispatch::new();
    let services = Services {
        store: store.clone(),
        dispatch: dispatch.clone(),
        settings: Arc::new(settings::services(config)),
        clock: clock.clone(),
        compute: compute.clone(),
        images: images.clone(),
    };
    let logs = match logging::levels() {
        Some(control) => Some(Arc::new(LogFollower::start(&store, control).await.map_err(explain)?)),
        None => None,
    };
    let stop = CancellationToken::new();
    let background = TaskTracker::new();

    let registry = settings::registry(config);
    let fleet = Fleet::new(store.clone(), registry, settings::fleet(config), clock.clone(), dispatch.owner());
    fleet.step().await.map_err(explain).context("reading the registrations")?;
    let work = worker::Settings { images, ..settings::worker(config, compute, logs.clone())? };
    let worker = Worker::new(store, fleet.clients().clone(), dispatch, clock.clone(), work);
    worker.start(announced);
    background.spawn({
        let (fleet, stop) = (fleet.clone(), stop.clone());
        async move { fleet.run(stop).await }
    });
    background.spawn({
        let (policy, stop) = (policy.clone(), stop.clone());
        async move { policy.watch(POLICY_LOOK, stop).await }
    });

    let edge = Edge::new(settings::edge(config), services.clone(), authenticator, policy)
        .map_err(|e| anyhow::anyhow!("{e}"))?
        .with_logs(logs.map(|follower| LogService::new(services.store.clone(), clock, follower)))
        .with_fleet(FleetService::new(services.store.clone(), fleet));
    let edge = Arc::new(edge);
    let doors = TaskTracker::new();
    let address = open_door(config.server.listen, api::router(edge.clone()), &doors, &stop).await?;
    let admin = api::admin::router(services.clone(), settings::metrics());
    let admin_address = open_door(config.server.admin_listen, admin, &doors, &stop).await?;
    tracing::info!(%address, %admin_address, "hearth is up");
    let grace = config.server.shutdown_grace.0;
    Ok(Running {
        address,
        admin_address,
        services,
        edge,
        worker,
        doors,
        stop,
        background,
        grace,
        _lock: file_lock,
    })
}

impl Running {
    /// Ends in order; nothing that was accepted is lost.
    pub async fn stop(self) {
        self.stop.cancel();
        self.doors.close();
        self.edge.tracker.close();
        let finish = async {
            self.doors.wait().await;
            self.edge.tracker.wait().await;
        };
        if tokio::time::timeout(self.grace, finish).await.is_err() {
            tracing::warn!(
                "some connections did not end in time; their requests are accepted or not, but never half"
            );
        }
        self.worker.stop().await;
        self.background.close();
        self.background.wait().await;
        self.services.store.close().await;
        tracing::info!("hearth is down");
    }
}

/// Connects, and brings the schema up to date or says who has to.
async fn open_store(
    url: &str,
    config: &Config,
    clock: &Clock,
) -> anyhow::Result<(Store, Option<lock::FileLock>)> {
    let file_lock = lock::FileLock::for_database(url)?;
    let store = Store::connect(url, config.database.max_connections).await.map_err(explain)?;
    if store.dialect() == Dialect::Sqlite {
        for name in store.migrate(clock).await.map_err(explain)? {
            tracing::info!(migration = name, "migrated");
        }
        // Whoever held leases in this file is dead: we have the lock.
        let left = store.drop_all_leases().await.map_err(explain)?;
        if left > 0 {
            tracing::info!(operations = left, "taking over what the last run left unfinished");
        }
        // In memory there is nothing to lock, and nobody else either.
        return Ok((store.as_sole_owner(), file_lock));
    }
    match store.schema_state().await.map_err(explain)? {
        SchemaState::Current => Ok((store, file_lock)),
        SchemaState::Behind(missing) => {
            bail!("the database lacks {missing} migration(s); run: hearth db migrate --config FILE")
        }
        SchemaState::Ahead => {
            bail!("the database was migrated by a newer hearth; this one must not touch it")
        }
    }
}

/// The user's message and the log's detail, since the reader is the operator.
fn explain(error: crate::domain::Error) -> anyhow::Error {
    match error.detail() {
        Some(detail) => anyhow::anyhow!("{error} ({detail})"),
        None => anyhow::anyhow!("{error}"),
    }
}

async fn load_policy(config: &Config) -> anyhow::Result<Policy> {
    let defaults = if config.policy.enforce_new_defaults { Defaults::New } else { Defaults::NewOrFormer };
    let (file, folders) = (config.policy.file.clone(), config.policy.folders.clone());
    Policy::from_files(file, folders, defaults).await.context("the policy")
}

async fn open_door(
    listen: SocketAddr,
    router: axum::Router,
    doors: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let stop = stop.clone();
    doors.spawn(async move {
        if let Err(error) = api::listen(listener, router, stop).await {
            tracing::error!(%address, %error, "the listener failed");
        }
    });
    Ok(address)
}

/// Whether callers are believed without proof, for the banner of `dev`.
pub const fn is_noauth(config: &Config) -> bool {
    matches!(config.auth.strategy, Strategy::Noauth)
}
