use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Period, Problem, anchor};

/// How the gateway gets at volumes for copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connector {
    #[default]
    None,
    DiscoveryClient,
    NvmeTcp,
}

/// What images, backups and moves are copied through.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataPath {
    /// `none`: nothing is copied, and what needs a copy fails. `discovery-client`: through the
    /// Lightbits discovery client and the kernel of this machine, as os-brick does; needs root.
    /// `nvme-tcp`: the gateway connects to the nodes' data ports by itself; needs neither.
    pub connector: Connector,
    /// Volumes that are open at once; a copy holds some MiB of memory.
    pub copies: usize,
    /// Folder that the discovery client watches.
    pub discovery_client_dir: PathBuf,
    /// Folder where devices appear by their UUID.
    pub device_dir: PathBuf,
    /// The machine's host NQN, which its kernel connects with. Unset: what is in
    /// `/etc/nvme/hostnqn`.
    pub host_nqn: Option<String>,
    /// How long a device may take to appear.
    pub device_timeout: Period,
}

impl Default for DataPath {
    fn default() -> Self {
        Self {
            connector: Connector::default(),
            copies: 8,
            discovery_client_dir: PathBuf::from("/etc/discovery-client/discovery.d"),
            device_dir: PathBuf::from("/dev/disk/by-id"),
            host_nqn: None,
            device_timeout: Period::seconds(60),
        }
    }
}

impl DataPath {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.copies == 0 {
            problems.push(Problem::of("data_path.copies", "must be at least 1"));
        }
        if self.host_nqn.as_deref().is_some_and(|nqn| !is_nqn(nqn)) {
            problems.push(Problem::of("data_path.host_nqn", "must be an NQN: nqn.yyyy-mm.domain:name"));
        }
    }

    pub(super) fn anchor(&mut self, folder: &Path) {
        anchor(&mut self.discovery_client_dir, folder);
        anchor(&mut self.device_dir, folder);
    }
}

/// Up to 223 visible bytes (NVMe base specification).
fn is_nqn(text: &str) -> bool {
    text.starts_with("nqn.") && text.len() <= 223 && text.bytes().all(|byte| byte.is_ascii_graphic())
}
