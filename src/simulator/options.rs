//! What a simulated cluster is made of, and the switches for what no public source settles
//! about the real one: each switch is a question the gateway must survive either answer to.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::rules::input;
use crate::domain::Clock;

/// Everything that `start` needs. [`Options::new`] gives a small cluster on free ports.
#[derive(Debug, Clone)]
pub struct Options {
    /// State, certificates, keys and tokens live here.
    pub dir: PathBuf,
    pub name: String,
    /// Node `i` (from 0) listens on `ip_base + 1 + i`.
    pub ip_base: Ipv4Addr,
    pub nodes: u16,
    /// The same on every node; 0 chooses one that is free on all of them and keeps it for the
    /// next start in the same folder.
    pub port: u16,
    /// The same for the data path: NVMe/TCP.
    pub data_port: u16,
    pub control: SocketAddr,
    /// Effective physical storage of the whole cluster, in bytes.
    pub capacity: u64,
    pub auth: AuthMode,
    pub timings: Timings,
    /// Added to every request.
    pub latency: Duration,
    pub quirks: Quirks,
    pub release: Release,
    /// How much smaller compressed volumes are stored; 1.0 and above.
    pub compression_ratio: f64,
    /// Probability that a fresh volume is seen `Migrating` before it settles.
    pub migrating: f64,
    /// Seed of everything random in here.
    pub seed: u64,
    pub clock: Clock,
}

/// How long each asynchronous state lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    pub create: Duration,
    pub update: Duration,
    pub delete: Duration,
    pub rollback: Duration,
    pub snapshot: Duration,
    pub snapshot_delete: Duration,
    pub migrate: Duration,
    /// `Activating` of a node that came back.
    pub node_up: Duration,
    /// After this long a janitor removes a `Failed` husk, which no client can.
    pub husk: Duration,
}

impl Timings {
    /// One delay for every operation on volumes and snapshots.
    pub const fn all(delay: Duration) -> Self {
        Self {
            create: delay,
            update: delay,
            delete: delay,
            rollback: delay,
            snapshot: delay,
            snapshot_delete: delay,
            migrate: delay,
            node_up: delay,
            husk: Duration::from_secs(30),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// JWTs are demanded and checked.
    Jwt,
    /// Installed without multi-tenancy: everybody is a cluster admin.
    Open,
}

/// Open questions about the real cluster (`lightbits-api` §0.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// Emit zero-valued fields instead of leaving them out (§1.6).
    pub emit_defaults: bool,
    /// Answer an ETag mismatch with the documented 412 instead of 400 (§1.8).
    pub etag_412: bool,
    /// Old releases: every error of a delete is 500 (§3.3).
    pub delete_errors_internal: bool,
    /// Label keys lose everything up to the last `-` or `.` (§3.10).
    pub strip_label_prefix: bool,
    /// `logicalStorage` counts every replica (§2.2).
    pub logical_counts_replicas: bool,
    /// With half of its nodes or more away, what is left of the cluster answers 503 (§3.5).
    pub needs_quorum: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            emit_defaults: false,
            etag_412: false,
            delete_errors_internal: false,
            strip_label_prefix: false,
            logical_counts_replicas: true,
            needs_quorum: false,
        }
    }
}

/// The product version the cluster says it runs; features that came later are unknown to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub u16, pub u16, pub u16);

impl Release {
    pub fn version(self) -> String {
        format!("{}.{}.{}~b1578", self.0, self.1, self.2)
    }
}

impl FromStr for Release {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('.').map(str::parse::<u16>);
        let mut next =
            || parts.next().unwrap_or(Ok(0)).map_err(|_| format!("`{text}` is not a release like 3.18.1"));
        let release = Self(next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(format!("`{text}` is not a release like 3.18.1"));
        }
        Ok(release)
    }
}

/// Bytes of a capacity like `100TiB`.
///
/// # Errors
/// It is not a size with a binary unit.
pub fn parse_capacity(text: &str) -> Result<u64, String> {
    input::size(text).map_err(|_| format!("`{text}` is not a size like 100TiB"))
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            name: "lb1".to_owned(),
            ip_base: Ipv4Addr::new(127, 0, 1, 0),
            nodes: 3,
            port: 0,
            data_port: 0,
            control: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            capacity: 100 << 40,
            auth: AuthMode::Jwt,
            timings: Timings::all(Duration::ZERO),
            latency: Duration::ZERO,
            quirks: Quirks::default(),
            release: Release(3, 18, 1),
            compression_ratio: 1.0,
            migrating: 0.0,
            seed: 0,
            clock: Clock::System,
        }
    }
    /// The address of node `index`, counted from 0.
    pub fn node_ip(&self, index: u16) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.ip_base).wrapping_add(1 + u32::from(index)))
    }
    /// What one node holds, in bytes: its share, and the first ones a byte more where it does
    /// not divide.
    pub fn node_capacity(&self, index: u16) -> u64 {
        let nodes = u64::from(self.nodes.max(1));
        self.capacity / nodes + u64::from(u64::from(index) < self.capacity % nodes)
    }
    /// Replicas that the installation supports (1 to 3).
    pub fn supported_replicas(&self) -> u8 {
        self.nodes.clamp(1, 3) as u8
    }
    /// Bytes of a hundred that compression leaves.
    pub fn stored_percent(&self, compression: bool) -> u32 {
        if compression && self.compression_ratio > 1.0 {
            (100.0 / self.compression_ratio) as u32
        } else {
            100
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_by_number() {
        assert!("3.9.1".parse::<Release>().unwrap() < "3.16".parse().unwrap());
        assert!("three".parse::<Release>().is_err());
        assert!("3.1.2.3".parse::<Release>().is_err());
    }

    #[test]
    fn nodes_count_up_from_the_base() {
        let options = Options { ip_base: Ipv4Addr::new(127, 0, 1, 254), ..Options::new("/nowhere") };
        assert_eq!(options.node_ip(0), Ipv4Addr::new(127, 0, 1, 255));
        assert_eq!(options.node_ip(1), Ipv4Addr::new(127, 0, 2, 0));
    }
}
