//! Settings: defaults, then `hearth.toml`, then the environment (`HEARTH__SECTION__KEY`).
//!
//! A file a topic. Every key is documented where it is declared; `hearth config reference`
//! prints the documentation from here, so that there is one source of it. Unknown keys are
//! errors, and all errors are told at once, each with its key and where it came from.

mod auth;
mod backup;
mod data_path;
mod database;
mod defaults;
mod fleet;
mod glance;
mod load;
mod log;
mod nova;
mod period;
mod reference;
mod secret;
mod server;
mod volumes;
mod worker;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use auth::{Auth, Keystone, Policy, Strategy, Tls};
pub use backup::{Backup, Compression};
pub use data_path::{Connector, DataPath};
pub use database::Database;
pub use fleet::{Fleet, Placement, Rank};
pub use glance::{Glance, Signatures};
pub use load::{Loaded, Problem, load};
pub use log::{Format, Log};
pub use nova::{Interface, Nova};
pub use period::Period;
pub use reference::reference;
pub use secret::{Exposure, exposure, read_secret};
pub use server::Server;
pub use volumes::{Quotas, Volumes};
pub use worker::Worker;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where hearth listens.
    pub server: Server,
    /// Where it keeps what it knows.
    pub database: Database,
    /// How callers prove who they are.
    pub auth: Auth,
    /// The Keystone that validates tokens; needed with `auth.strategy = "keystone"`.
    pub keystone: Option<Keystone>,
    /// The compute service that uses the volumes; found in Keystone's catalogue.
    pub nova: Nova,
    /// How data is copied into and out of volumes.
    pub data_path: DataPath,
    /// Backups of volumes.
    pub backup: Backup,
    /// The image service that volumes are made of and become images of; found in Keystone's
    /// catalogue. Used as soon as `[data_path]` has a connector.
    pub glance: Glance,
    /// What callers may do.
    pub policy: Policy,
    /// The Lightbits clusters and how they are watched.
    pub fleet: Fleet,
    /// How a cluster is chosen, and what a registration that says nothing means.
    pub placement: Placement,
    /// What users get when they say nothing.
    pub volumes: Volumes,
    /// Default quotas of a project (-1 is unlimited).
    pub quotas: Quotas,
    /// Durable operations.
    pub worker: Worker,
    /// Logs.
    pub log: Log,
}

impl Config {
    /// What no single key can say: combinations.
    fn check(&self, problems: &mut Vec<Problem>) {
        self.server.check(problems);
        self.auth.check(self.keystone.as_ref(), &self.server, problems);
        self.nova.check(problems);
        self.data_path.check(problems);
        self.backup.check(problems);
        self.glance.check(problems);
        self.database.check(problems);
        self.fleet.check(problems);
        self.placement.check(problems);
        self.quotas.check(problems);
        self.worker.check(problems);
        self.log.check(problems);
    }

    /// Paths are relative to the file that names them, not to wherever hearth was started.
    fn anchor(&mut self, folder: &Path) {
        self.database.anchor(folder);
        self.data_path.anchor(folder);
        self.backup.anchor(folder);
        self.fleet.anchor(folder);
        self.glance.anchor(folder);
        self.policy.anchor(folder);
        if let Some(keystone) = &mut self.keystone {
            keystone.anchor(folder);
        }
    }
}

fn anchor(path: &mut std::path::PathBuf, folder: &Path) {
    if path.is_relative() && !path.as_os_str().is_empty() {
        *path = folder.join(&*path);
    }
}

#[cfg(test)]
mod tests;
