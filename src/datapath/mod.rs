//! Getting at the bytes of a volume, for copies: images, backups, moves.
//!
//! The gateway is a host like any other: its host NQN is put into the volume's access list for the
//! time of a copy (by the worker), and then it connects. How, the configuration says: through the
//! discovery client of the machine and its kernel, as os-brick does, or with our own NVMe/TCP
//! initiator, which needs neither root nor kernel modules.
//!
//! | file | idea |
//! |---|---|
//! | `disk` | a volume that is open: read, write, zeroes, flush |
//! | `device` | the same over a block device (or a file) |
//! | `discovery_client` | asking the machine's discovery client for the device |
//! | `nvme_tcp` | connecting by ourselves, in user space |

mod device;
mod discovery_client;
mod disk;
mod nvme_tcp;

pub use discovery_client::DiscoveryClient;
pub use disk::Disk;
pub use nvme_tcp::NvmeTcp;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::domain::{BackendUuid, Bytes, OperationId};

/// What our host NQNs begin with when each operation has one of its own.
const OWN_NQN: &str = "nqn.2026-11.io.hearth:copy";

/// Why bytes cannot be got at, or not now. For the operator; trying again may help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// Where a volume is to be found by a host that its access list names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub uuid: BackendUuid,
    /// What the volume holds at least; a device that is smaller is not (yet) it.
    pub size: Bytes,
    /// The cluster's subsystem.
    pub subsystem_nqn: String,
    pub portals: Vec<Portal>,
    /// As whom we connect.
    pub host_nqn: String,
}

/// Where a node does I/O.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    pub host: String,
    /// Of NVMe/TCP, mostly 4420; the discovery service beside it listens on 8009.
    pub port: u16,
}

/// How this process gets at volumes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DataPath {
    way: Arc<Way>,
    /// A copy holds some MiB of memory.
    copies: Arc<Semaphore>,
}

/// The right to have volumes open for one copy, of which there are only so many.
#[derive(Debug, Clone)]
pub struct Turn {
    _permit: Arc<OwnedSemaphorePermit>,
}

#[derive(Debug)]
enum Way {
    DiscoveryClient(DiscoveryClient),
    NvmeTcp(NvmeTcp),
}

impl DataPath {
    /// `copies` at once; more of them wait.
    pub fn discovery_client(client: DiscoveryClient, copies: usize) -> Self {
        Self::through(Way::DiscoveryClient(client), copies)
    }

    /// The same with our own initiator.
    pub fn nvme_tcp(initiator: NvmeTcp, copies: usize) -> Self {
        Self::through(Way::NvmeTcp(initiator), copies)
    }

    fn through(way: Way, copies: usize) -> Self {
        Self { way: Arc::new(way), copies: Arc::new(Semaphore::new(copies)) }
    }

    /// As whom an operation connects. A kernel has one name; our own initiator takes a new one for
    /// each holder of an operation, so that whoever takes it over can shut the former one out.
    pub fn host_nqn(&self, operation: OperationId, owner: &str) -> String {
        match &*self.way {
            Way::DiscoveryClient(client) => {
                client.host_nqn().map_or_else(|| own_nqn(operation, owner), ToOwned::to_owned)
            }
            Way::NvmeTcp(_) => own_nqn(operation, owner),
        }
    }

    /// Whether it is the name of some holder of the operation.
    pub fn is_of(nqn: &str, operation: OperationId) -> bool {
        nqn.starts_with(&format!("{OWN_NQN}:{operation}:"))
    }

    /// A turn, if one is free now.
    pub fn turn(&self) -> Option<Turn> {
        let permit = self.copies.clone().try_acquire_owned().ok()?;
        Some(Turn { _permit: Arc::new(permit) })
    }

    /// Waits for a turn, and connects.
    ///
    /// # Errors
    /// As of [`Self::open_in`].
    pub async fn open(&self, target: &Target) -> Result<Disk, Trouble> {
        let permit = self.copies.clone().acquire_owned().await;
        let permit = permit.map_err(|_| Trouble("the data path is closed".to_owned()))?;
        self.open_in(target, Turn { _permit: Arc::new(permit) }).await
    }

    /// Connects, which the volume's access list has to allow already. A copy from one volume to
    /// another opens both in one turn: two turns each could wait for each other.
    ///
    /// # Errors
    /// When the volume does not show up, or is smaller than it has to be.
    pub async fn open_in(&self, target: &Target, turn: Turn) -> Result<Disk, Trouble> {
        match &*self.way {
            Way::DiscoveryClient(client) => Ok(Disk::device(client.open(target).await?, turn)),
            Way::NvmeTcp(initiator) => Ok(Disk::namespace(initiator.open(target).await?, turn)),
        }
    }
}

fn own_nqn(operation: OperationId, owner: &str) -> String {
    let holder = Uuid::new_v5(operation.as_uuid(), owner.as_bytes());
    format!("{OWN_NQN}:{operation}:{}", holder.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_holder_of_an_operation_has_a_name_that_tells_of_which() {
        let (one, other) = (OperationId::random(), OperationId::random());
        let (first, second) = (own_nqn(one, "a"), own_nqn(one, "b"));
        assert_ne!(first, second);
        assert!(DataPath::is_of(&first, one) && DataPath::is_of(&second, one));
        assert!(!DataPath::is_of(&first, other));
        assert!(first.len() < 223, "longer than an NQN may be");
    }
}
