//! One listener a node, all on the same port: taking a node down closes its listener and cuts
//! its connections; bringing it up binds the address again.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connection;
use super::shared::Shared;

const HANDSHAKE: Duration = Duration::from_secs(10);
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// How a node meets a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Welcome {
    #[default]
    Normal,
    /// Resets it before the TLS handshake.
    Reset,
    /// Accepts it and never says a word.
    Silent,
}

pub struct Listeners {
    addresses: Vec<SocketAddr>,
    tls: TlsAcceptor,
    welcome: Mutex<Vec<Welcome>>,
    /// None while the node is down.
    alive: Mutex<Vec<Option<Alive>>>,
}

#[derive(Clone)]
struct Alive {
    /// Ends the listener and every connection it took.
    end: CancellationToken,
    /// Cancelled by the listener when its socket is closed.
    closed: CancellationToken,
}

impl Listeners {
    pub fn new(addresses: Vec<SocketAddr>, tls: Arc<ServerConfig>) -> Self {
        let alive = Mutex::new(vec![None; addresses.len()]);
        let welcome = Mutex::new(vec![Welcome::Normal; addresses.len()]);
        Self { addresses, tls: TlsAcceptor::from(tls), welcome, alive }
    }
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
    pub fn set_welcome(&self, node: u16, new: Welcome) {
        let mut welcome = self.welcome.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = welcome.get_mut(usize::from(node)) {
            *slot = new;
        }
    }
    fn welcome(&self, node: u16) -> Welcome {
        let welcome = self.welcome.lock().unwrap_or_else(PoisonError::into_inner);
        welcome.get(usize::from(node)).copied().unwrap_or_default()
    }
    fn swap(&self, node: u16, new: Option<Alive>) -> Option<Alive> {
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        alive.get_mut(usize::from(node)).and_then(|slot| std::mem::replace(slot, new))
    }
    /// When this returns, the address refuses.
    pub async fn close(&self, node: u16) {
        if let Some(alive) = self.swap(node, None) {
            alive.end.cancel();
            alive.closed.cancelled().await;
        }
    }
}

/// Binds every address on one port: the given one, else `last`, else one that all have free.
pub async fn bind(ips: &[IpAddr], port: u16, last: u16) -> io::Result<Vec<TcpListener>> {
    const ATTEMPTS: usize = 50;
    if port != 0 {
        return bind_all(ips, port).await;
    }
    if last != 0
        && let Ok(listeners) = bind_all(ips, last).await
    {
        return Ok(listeners);
    }
    let mut attempt = 0;
    loop {
        attempt += 1;
        match bind_all(ips, 0).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempt < ATTEMPTS => {}
            other => return other,
        }
    }
}

async fn bind_all(ips: &[IpAddr], mut port: u16) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::with_capacity(ips.len());
    for ip in ips {
        let address = SocketAddr::new(*ip, port);
        let bound = TcpListener::bind(address).await;
        let listener =
            bound.map_err(|error| io::Error::new(error.kind(), format!("cannot bind {address}: {error}")))?;
        port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Binds a node's address again after it was down.
pub async fn reopen(shared: &Arc<Shared>, node: u16) -> io::Result<()> {
    let Some(address) = shared.listeners.addresses.get(usize::from(node)) else { return Ok(()) };
    shared.listeners.close(node).await;
    serve(shared, node, TcpListener::bind(address).await?);
    Ok(())
}

/// Accepts on the node until it goes down or everything stops.
pub fn serve(shared: &Arc<Shared>, node: u16, listener: TcpListener) {
    let alive = Alive { end: shared.stop.child_token(), closed: CancellationToken::new() };
    shared.listeners.swap(node, Some(alive.clone()));
    let shared = Arc::clone(shared);
    let tracker = shared.tasks.clone();
    tracker.spawn(async move {
        while let Some(accepted) = alive.end.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => take(&shared, node, stream, alive.end.clone()),
                Err(error) => {
                    tracing::warn!(node, %error, "accept failed");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
        drop(listener);
        alive.closed.cancel();
    });
}

fn take(shared: &Arc<Shared>, node: u16, stream: TcpStream, token: CancellationToken) {
    let shared = Arc::clone(shared);
    let tracker = shared.tasks.clone();
    tracker.spawn(async move {
        shared.counters().connections += 1;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(node, %error, "no TCP_NODELAY");
        }
        match shared.listeners.welcome(node) {
            Welcome::Normal => {}
            Welcome::Reset => {
                if let Err(error) = stream.set_zero_linger() {
                    tracing::debug!(node, %error, "cannot reset the connection");
                }
                return;
            }
            Welcome::Silent => return token.cancelled().await,
        }
        let handshake = tokio::time::timeout(HANDSHAKE, shared.listeners.tls.accept(stream));
        let Some(Ok(Ok(tls))) = token.run_until_cancelled(handshake).await else { return };
        token.run_until_cancelled(connection::serve(&shared, node, TokioIo::new(tls))).await;
    });
}
