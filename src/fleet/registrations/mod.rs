//! `clusters.toml`: which clusters there are and how to reach them.
//!
//! The operator's file. It is edited by hand (and looked at every second) or through the API; it
//! is taken whole or not at all, and the last good state stays in force while it is wrong. What
//! the operator *wants* of a cluster at the moment (cordoned, draining, …) is not here but in the
//! store, so that pushing a configuration cannot un-cordon.

mod edit;
mod file;
mod parse;
mod registry;

use std::path::PathBuf;

use crate::domain::cluster::PlacementTraits;
use crate::domain::{ClusterId, ClusterName};

pub use edit::{NewCluster, add, fill_in_uuid, remove};
pub use file::{Access, edit_file, read_file};
pub use parse::{Defaults, Mistake, parse};
pub use registry::{Registry, Snapshot, Taken};

/// One `[[cluster]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub name: ClusterName,
    /// `host:port` of its management API servers.
    pub endpoints: Vec<String>,
    /// Filled in at first contact; from then on the cluster must have it.
    pub uuid: Option<ClusterId>,
    pub credentials: Credentials,
    pub tls: Tls,
    pub traits: PlacementTraits,
}

/// By reference: the file never holds a secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// The cluster does not ask for any.
    None,
    /// A file with a JWT, read again when it changes.
    Jwt { file: PathBuf },
    /// A private key from which short-lived JWTs are minted.
    RsaKey { file: PathBuf, key_id: String, subject: String, roles: Vec<String> },
}

impl Credentials {
    /// The file the secret is in.
    pub fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::None => None,
            Self::Jwt { file } | Self::RsaKey { file, .. } => Some(file),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Against this CA, or the system's.
    Verify { ca_file: Option<PathBuf> },
    /// Not at all; logged loudly.
    Insecure,
}

#[cfg(test)]
mod tests;
