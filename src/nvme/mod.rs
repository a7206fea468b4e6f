//! An NVMe/TCP initiator in user space: the blocks of one namespace, without root, kernel module
//! or device node.
//!
//! From the outside in: a [`Namespace`] is found by its UUID, splits what it is asked into
//! commands and moves to the next portal when one dies; a `session` is one controller behind one
//! portal, an admin queue and an I/O queue; a `queue` is one TCP connection with many commands
//! in flight; `stream`, `pdu` and `command` are the bytes. The target is not believed: what it
//! says is checked against what was asked, and memory is only ever given for that.

mod admin;
pub mod command;
pub mod identify;
mod namespace;
pub mod pdu;
mod portals;
mod queue;
mod session;
mod slots;
pub mod stream;

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

pub use command::Status;
pub use namespace::Namespace;
pub use pdu::Digests;

/// Where controllers are, and who asks.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Tried in this order, again and again.
    pub portals: Vec<Portal>,
    pub subsystem_nqn: String,
    pub host_nqn: String,
    /// Asked for; without those that the controller does not have.
    pub digests: Digests,
    pub deadlines: Deadlines,
}

/// The I/O port of one node: 4420, not the discovery service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

impl fmt::Display for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From nothing to a controller that is ready, on one portal.
    pub connect: Duration,
    /// For the answer to one command; after it the connection is given up.
    pub command: Duration,
    /// How long a command is carried from portal to portal once the first has failed it, and how
    /// long the portals are gone round when opening.
    pub recovery: Duration,
    /// The controller may forget us after this long without a sign of life.
    pub keep_alive: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(30),
            recovery: Duration::from_secs(60),
            keep_alive: Duration::from_secs(15),
        }
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The path is lost; another one, or a later time, may do.
    #[error("{portal}: {why}")]
    Path { portal: String, why: String },
    /// No controller shows this host the namespace: it is not there, or the host is not let in.
    #[error("no controller shows this host the namespace {0}")]
    NoNamespace(Uuid),
    /// The controller's definite answer.
    #[error("{operation} was refused: {status}")]
    Refused { operation: &'static str, status: Status },
    /// What the controller says of itself cannot be worked with.
    #[error("{0}")]
    Unusable(&'static str),
    /// The caller's mistake.
    #[error("{length} bytes at {offset} are not whole blocks within the namespace")]
    Range { offset: u64, length: u64 },
    #[error("no portal is known")]
    NoPortal,
}
