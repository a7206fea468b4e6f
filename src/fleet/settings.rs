//! How the clusters are watched.

use std::time::Duration;

use super::health::Thresholds;
use crate::lightbits::{LaneLimits, Timeouts};

#[derive(Debug, Clone)]
pub struct Settings {
    /// How often the registrations are looked at.
    pub reload_interval: Duration,
    /// How often health and statistics are read.
    pub poll_interval: Duration,
    /// How often the volumes are listed when nothing seems to have changed; a third of it when
    /// the statistics say that something has.
    pub list_interval: Duration,
    /// How often a cluster in trouble is asked.
    pub probe_interval: Duration,
    pub probe_timeout: Duration,
    /// How long one page of a list may take.
    pub list_timeout: Duration,
    pub thresholds: Thresholds,
    /// After how long another replica takes over the polling of a cluster.
    pub lease: Duration,
    pub timeouts: Timeouts,
    pub lanes: LaneLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reload_interval: Duration::from_secs(1),
            poll_interval: Duration::from_secs(5),
            list_interval: Duration::from_secs(30),
            probe_interval: Duration::from_secs(2),
            probe_timeout: Duration::from_secs(3),
            list_timeout: Duration::from_secs(30),
            thresholds: Thresholds::default(),
            lease: Duration::from_secs(30),
            timeouts: Timeouts::default(),
            lanes: LaneLimits::default(),
        }
    }
}
