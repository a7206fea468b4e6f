//! A simulated Lightbits cluster, for trying hearth without hardware and for testing it.
//!
//! It is built from `lightbits-api` facts alone and shares no code with the gateway's own
//! client, so that the two can disagree. From the inside out: `model` is the state, `rules` are
//! pure decisions on it, `world` and `journal` keep it, `rest` is the HTTP gateway in front,
//! `target` is the data path beside it (NVMe/TCP over the sparse files of `data`), `faults` is what
//! goes wrong on demand, `control` is the door for whoever directs the play.

mod certificates;
mod connection;
mod control;
mod data;
mod exchange;
mod faults;
mod files;
mod journal;
mod keys;
mod listeners;
mod model;
mod options;
mod refusal;
mod rest;
mod rules;
mod shared;
mod target;
mod world;
#[cfg(test)]
mod world_tests;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use keys::{KeyFiles, ROOT_KID};
pub use options::{AuthMode, Options, Quirks, Release, Timings, parse_capacity};

use faults::Engine;
use listeners::Listeners;
use model::Record;
use rules::Fate;
use shared::{Counters, Shared};
use target::Target;
use world::World;

/// A cluster at work. Dropping it stops it too, only without waiting.
pub struct Running {
    name: String,
    uuid: Uuid,
    endpoints: Vec<SocketAddr>,
    data_endpoints: Vec<SocketAddr>,
    subsystem_nqn: String,
    control: SocketAddr,
    ca: PathBuf,
    keys: KeyFiles,
    tasks: TaskTracker,
    stop: DropGuard,
}

impl Running {
    pub fn name(&self) -> &str {
        &self.name
    }
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }
    /// One address a node, in the order of the nodes; HTTPS.
    pub fn endpoints(&self) -> &[SocketAddr] {
        &self.endpoints
    }
    /// Where each node serves data: NVMe/TCP.
    pub fn data_endpoints(&self) -> &[SocketAddr] {
        &self.data_endpoints
    }
    pub fn subsystem_nqn(&self) -> &str {
        &self.subsystem_nqn
    }
    /// The control endpoint; plain HTTP.
    pub const fn control(&self) -> SocketAddr {
        self.control
    }
    /// PEM of the authority that signed the nodes' certificate.
    pub fn ca(&self) -> &Path {
        &self.ca
    }
    pub const fn keys(&self) -> &KeyFiles {
        &self.keys
    }
    /// Closes every listener and connection, and waits until all of them are gone.
    pub async fn stop(self) {
        drop(self.stop);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Opens the folder and listens on every node's address and on the control address.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    anyhow::ensure!((1..=64).contains(&options.nodes), "a cluster has 1 to 64 nodes, not {}", options.nodes);
    let addresses: Vec<IpAddr> = (0..options.nodes).map(|index| options.node_ip(index).into()).collect();
    let mut world = World::open(options.clone())?;
    let bound = listeners::bind(&addresses, options.port, world.identity().port).await?;
    let endpoints = bound.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    let doors = listeners::bind(&addresses, options.data_port, world.identity().data_port).await?;
    let data_endpoints = doors.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    let port_of = |endpoints: &[SocketAddr]| endpoints.first().map_or(0, SocketAddr::port);
    let (port, data_port) = (port_of(&endpoints), port_of(&data_endpoints));
    let options = Arc::new(Options { port, data_port, ..options });
    world.settle_on(Arc::clone(&options));
    let (keys, credential) = keys::prepare(&options.dir, options.clock.now())?;
    let certificates = certificates::prepare(&options.dir, &options.name, &addresses)?;
    let identity = model::Identity { port, data_port, ..world.identity() };
    let installed = vec![credential, Record::Identity(identity.clone())];
    let written = world.write(Fate::Good, |_| Ok((installed, ())));
    written.map_err(|refusal| anyhow::anyhow!(refusal.message))?;

    let stop = CancellationToken::new();
    let shared = Arc::new(Shared {
        faults: Mutex::new(Engine::new(options.seed)),
        counters: Mutex::new(Counters::default()),
        listeners: Listeners::new(endpoints.clone(), certificates.tls),
        target: Target::new(data_endpoints.clone(), identity.subsystem_nqn()),
        tasks: TaskTracker::new(),
        stop: stop.clone(),
        world: Mutex::new(world),
        options: Arc::clone(&options),
    });
    let control = TcpListener::bind(options.control).await;
    let control = control.with_context(|| format!("cannot bind the control address {}", options.control))?;
    let control_address = control.local_addr()?;
    control::serve(&shared, control);
    // A node that was down when the process ended is still down.
    let down = control::nodes_down(&shared);
    for (index, listener) in (0..).zip(bound).filter(|(index, _)| !down.contains(index)) {
        listeners::serve(&shared, index, listener);
    }
    for (index, listener) in (0..).zip(doors).filter(|(index, _)| !down.contains(index)) {
        target::serve(&shared, index, listener);
    }
    Ok(Running {
        name: options.name.clone(),
        uuid: identity.uuid,
        endpoints,
        data_endpoints,
        subsystem_nqn: identity.subsystem_nqn(),
        control: control_address,
        ca: certificates.ca,
        keys,
        tasks: shared.tasks.clone(),
        stop: stop.drop_guard(),
    })
}
