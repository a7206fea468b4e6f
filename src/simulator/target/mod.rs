//! The data path: an NVMe/TCP target, one listener a node, one namespace a volume.
//!
//! A host sees the volumes that have it in their ACL and nothing else, and every command looks
//! again: what was taken off the ACL a moment ago is written to no more. Through one node only
//! there is a way to a volume's blocks; the others say so (ANA). `identify` is what the target
//! says of itself, `controllers` who is connected, `connection` one TCP connection from its first
//! byte to its last, `admin` and `io` what is done with the commands.

mod admin;
mod connection;
mod controllers;
mod events;
mod identify;
mod io;
#[cfg(test)]
pub mod tests;

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use controllers::Controllers;

const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

pub struct Target {
    addresses: Vec<SocketAddr>,
    subsystem_nqn: String,
    controllers: Controllers,
    /// None while the node is down.
    doors: Mutex<Vec<Option<Door>>>,
}

#[derive(Clone)]
struct Door {
    /// Ends the listener and every connection it took.
    end: CancellationToken,
    /// Cancelled by the listener when its socket is closed.
    closed: CancellationToken,
}

impl Target {
    pub fn new(addresses: Vec<SocketAddr>, subsystem_nqn: String) -> Self {
        let doors = Mutex::new(vec![None; addresses.len()]);
        Self { addresses, subsystem_nqn, controllers: Controllers::default(), doors }
    }
    fn swap(&self, node: u16, new: Option<Door>) -> Option<Door> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.get_mut(usize::from(node)).and_then(|slot| std::mem::replace(slot, new))
    }
    /// When this returns, the address refuses.
    pub async fn close(&self, node: u16) {
        if let Some(door) = self.swap(node, None) {
            door.end.cancel();
            door.closed.cancelled().await;
        }
    }
}

/// Binds a node's address again after it was down.
pub async fn reopen(shared: &Arc<Shared>, node: u16) -> Result<()> {
    let address = shared.target.addresses.get(usize::from(node)).copied();
    let address = address.ok_or_else(|| Error::from(ErrorKind::NotFound))?;
    shared.target.close(node).await;
    serve(shared, node, TcpListener::bind(address).await?);
    Ok(())
}

/// Accepts on the node until it goes down or everything stops.
pub fn serve(shared: &Arc<Shared>, node: u16, listener: TcpListener) {
    let door = Door { end: shared.stop.child_token(), closed: CancellationToken::new() };
    shared.target.swap(node, Some(door.clone()));
    let shared = Arc::clone(shared);
    let tracker = shared.tasks.clone();
    tracker.spawn(async move {
        while let Some(accepted) = door.end.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => {
                    let (shared, end) = (Arc::clone(&shared), door.end.clone());
                    let tracker = shared.tasks.clone();
                    tracker.spawn(async move {
                        end.run_until_cancelled(connection::serve(&shared, node, stream, &end)).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(node, %error, "accept failed on the data path");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
        drop(listener);
        door.closed.cancel();
    });
}
