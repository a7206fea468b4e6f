//! The order among clusters that fit: a struct whose field order is the priority, integers
//! only, the cluster id last, so that equal figures give the same answer everywhere.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Rank, Request};
use crate::domain::ClusterId;
use crate::domain::cluster::Cluster;

/// Provisioned over effective, both in bytes, compared exactly (by cross-multiplication in 128
/// bits): no two clusters are ever equal by rounding.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ratio {
    /// Σ size × replicas: listed by the last poll, reserved since.
    pub provisioned: u64,
    /// Effective capacity.
    pub effective: u64,
}

impl Ratio {
    /// In parts per million, for people and metrics; not for comparing.
    pub fn ppm(self) -> u64 {
        let ppm = u128::from(self.provisioned) * 1_000_000 / u128::from(self.effective.max(1));
        u64::try_from(ppm).unwrap_or(u64::MAX)
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let mine = u128::from(self.provisioned) * u128::from(other.effective);
        let theirs = u128::from(other.provisioned) * u128::from(self.effective);
        mine.cmp(&theirs)
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ratio {}

/// Lowest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Score {
    pub ratio: Ratio,
    /// Volumes the last poll listed.
    pub volumes: u64,
    pub cluster: ClusterId,
}

impl Score {
    /// `None` without figures, or with an effective capacity of zero.
    pub(super) fn of(request: &Request, cluster: &Cluster) -> Option<Self> {
        let capacity = cluster.capacity.as_ref().filter(|capacity| capacity.effective.0 > 0)?;
        let before = capacity.provisioned + cluster.reserved;
        let provisioned = match request.rank {
            Rank::RatioBefore => before,
            Rank::RatioAfter => before + request.demand_on(cluster),
        };
        let ratio = Ratio { provisioned: provisioned.0, effective: capacity.effective.0 };
        Some(Self { ratio, volumes: capacity.volumes, cluster: cluster.id })
    }
}
