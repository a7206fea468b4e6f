use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Period, Problem, anchor, defaults};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fleet {
    /// The registrations; made by `hearth cluster register` if it does not exist.
    pub clusters_file: PathBuf,
    /// How often the registrations are looked at for changes.
    pub reload_interval: Period,
    /// How often a cluster's health and statistics are read (jittered).
    pub poll_interval: Period,
    /// How often its volumes are listed; in between only when its statistics have changed.
    pub list_interval: Period,
    /// How often a cluster in trouble is asked, to see soon whether it is gone or back.
    pub probe_interval: Period,
    /// How long one probe may take.
    pub probe_timeout: Period,
    /// Failed probes in a row until a cluster is `suspect`: no new volumes go there.
    pub suspect_after: u32,
    /// Failed probes in a row until it is `unreachable`.
    pub unreachable_after: u32,
    /// Successful probes in a row until a cluster in trouble is trusted again. More are asked
    /// for while it flaps.
    pub trust_after: u32,
    /// ... and for at least so long.
    pub trust_time: Period,
    /// Calls to one cluster at a time for users' operations.
    pub user_calls: usize,
    /// Calls to one cluster at a time for polling and clean-up.
    pub background_calls: usize,
    /// How long one call to a cluster may take.
    pub call_timeout: Period,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            clusters_file: defaults::CLUSTERS_FILE.into(),
            reload_interval: Period::seconds(1),
            poll_interval: Period::seconds(5),
            list_interval: Period::seconds(30),
            probe_interval: Period::seconds(2),
            probe_timeout: Period::seconds(3),
            suspect_after: 2,
            unreachable_after: 5,
            trust_after: 15,
            trust_time: Period::seconds(30),
            user_calls: 16,
            background_calls: 4,
            call_timeout: Period::seconds(30),
        }
    }
}

impl Fleet {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let periods = [
            ("fleet.reload_interval", self.reload_interval),
            ("fleet.poll_interval", self.poll_interval),
            ("fleet.list_interval", self.list_interval),
            ("fleet.probe_interval", self.probe_interval),
            ("fleet.probe_timeout", self.probe_timeout),
            ("fleet.call_timeout", self.call_timeout),
        ];
        for (key, _) in periods.iter().filter(|(_, period)| period.0.is_zero()) {
            problems.push(Problem::of(key, "must be longer than zero"));
        }
        if self.suspect_after == 0 || self.trust_after == 0 {
            let key = if self.trust_after == 0 { "fleet.trust_after" } else { "fleet.suspect_after" };
            problems.push(Problem::of(key, "must be at least 1"));
        }
        if self.unreachable_after < self.suspect_after {
            problems.push(Problem::of("fleet.unreachable_after", "must not be below fleet.suspect_after"));
        }
        for (key, calls) in
            [("fleet.user_calls", self.user_calls), ("fleet.background_calls", self.background_calls)]
        {
            if calls == 0 {
                problems.push(Problem::of(key, "must be at least 1"));
            }
        }
    }

    pub(super) fn anchor(&mut self, folder: &Path) {
        anchor(&mut self.clusters_file, folder);
    }
}

/// What "lowest ratio" means; they differ only between clusters of unequal size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rank {
    #[default]
    RatioBefore,
    RatioAfter,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Placement {
    /// `ratio-before`: the lowest provisioned ratio as it is; `ratio-after`: as it would be.
    pub rank: Rank,
    /// How many times its effective capacity a cluster may be provisioned (size × replicas).
    pub max_over_subscription_ratio: f64,
    /// Physical use in percent from which a cluster gets no new volumes.
    pub max_physical_used_percent: u8,
    /// Replicas of a volume whose type does not say (1 to 3).
    pub default_replicas: u8,
    /// Compress volumes whose type does not say.
    pub default_compression: bool,
}

impl Default for Placement {
    fn default() -> Self {
        Self {
            rank: Rank::default(),
            max_over_subscription_ratio: 20.0,
            max_physical_used_percent: 85,
            default_replicas: 3,
            default_compression: false,
        }
    }
}

impl Placement {
    /// In thousandths, the form placement computes with.
    pub fn max_over_subscription_millis(&self) -> u64 {
        (self.max_over_subscription_ratio * 1000.0).round() as u64
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(0.001..=1_000_000.0).contains(&self.max_over_subscription_ratio) {
            problems.push(Problem::of("placement.max_over_subscription_ratio", "must be above 0"));
        }
        if !(1..=100).contains(&self.max_physical_used_percent) {
            problems.push(Problem::of("placement.max_physical_used_percent", "must be 1 to 100"));
        }
        if !(1..=3).contains(&self.default_replicas) {
            problems.push(Problem::of("placement.default_replicas", "must be 1, 2 or 3"));
        }
    }
}
