//! Why a cluster cannot take a volume.
//!
//! `Display` is for the user: it names no address and repeats no operator's note. The serialised
//! form has everything and is shown to operators only.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::Bytes;
use crate::domain::cluster::{Intent, Observed};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    NotReachable {
        observed: Observed,
        detail: Option<String>,
    },
    Intent {
        intent: Intent,
        note: Option<String>,
    },
    /// Not polled yet, or the credential may not read statistics.
    NoFigures,
    PhysicallyFull {
        used_percent: u64,
        limit_percent: u8,
    },
    OverSubscribed {
        provisioned: Bytes,
        asked: Bytes,
        /// Effective capacity × over-subscription limit.
        cap: Bytes,
    },
    Replicas {
        asked: u8,
        possible: u8,
    },
    BackendName {
        wanted: String,
    },
    Capability {
        key: String,
        wanted: String,
        has: Option<String>,
    },
    AvailabilityZone {
        wanted: Vec<String>,
        has: String,
    },
    Label {
        key: String,
        wanted: String,
        has: Option<String>,
    },
    /// Not where the `same_host` volumes are.
    NotSameHost,
    /// Where one of the `different_host` volumes is.
    NotDifferentHost,
    /// It refused this volume before.
    RefusedBefore,
}

impl Reason {
    /// One word for a metric label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NotReachable { .. } => "not-reachable",
            Self::Intent { .. } => "intent",
            Self::NoFigures => "no-figures",
            Self::PhysicallyFull { .. } => "physically-full",
            Self::OverSubscribed { .. } => "over-subscribed",
            Self::Replicas { .. } => "replicas",
            Self::BackendName { .. } => "backend-name",
            Self::Capability { .. } => "capability",
            Self::AvailabilityZone { .. } => "availability-zone",
            Self::Label { .. } => "label",
            Self::NotSameHost => "not-same-host",
            Self::NotDifferentHost => "not-different-host",
            Self::RefusedBefore => "refused-before",
        }
    }

    /// What only operators are told: an address, a colleague's note, the figures.
    pub fn for_operators(&self) -> Option<String> {
        match self {
            Self::NotReachable { detail, .. } => detail.clone(),
            Self::Intent { note, .. } => note.clone(),
            Self::OverSubscribed { provisioned, cap, .. } => Some(format!(
                "{} of {} GiB are provisioned",
                provisioned.to_gib_ceil(),
                cap.0 / crate::domain::size::GIB
            )),
            Self::Label { has, .. } => has.as_ref().map(|has| format!("it has {has}")),
            _ => None,
        }
    }

    /// It may pass without anybody changing anything: the cluster may come back, or has not been
    /// polled yet.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::NotReachable { .. } | Self::NoFigures)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReachable { observed, .. } => write!(f, "it is {observed}"),
            Self::Intent { intent, .. } => write!(f, "it is {intent} by its operator"),
            Self::NoFigures => f.write_str("its capacity is not known yet"),
            Self::PhysicallyFull { used_percent, limit_percent } => {
                write!(f, "{used_percent} % of its physical space is used (limit {limit_percent} %)")
            }
            Self::OverSubscribed { provisioned, asked, cap } => {
                let left = cap.saturating_sub(*provisioned);
                write!(f, "{} GiB are needed with replicas, ", asked.to_gib_ceil())?;
                write!(f, "{} GiB are left under its limit", left.0 / crate::domain::size::GIB)
            }
            Self::Replicas { asked, possible } => {
                write!(f, "{asked} replicas are asked for, {possible} are possible now")
            }
            Self::BackendName { wanted } => write!(f, "the type asks for backend {wanted}"),
            Self::Capability { key, wanted, has: Some(has) } => {
                write!(f, "the type asks for {key} {wanted}, it has {has}")
            }
            Self::Capability { key, wanted, has: None } => {
                write!(f, "the type asks for {key} {wanted}, which it does not know")
            }
            Self::AvailabilityZone { wanted, has } => {
                write!(f, "it is in zone {has}, not {}", wanted.join(" or "))
            }
            Self::Label { key, wanted, .. } => write!(f, "it is not labelled {key}={wanted}"),
            Self::NotSameHost => f.write_str("the same_host volumes are not there"),
            Self::NotDifferentHost => f.write_str("a different_host volume is there"),
            Self::RefusedBefore => f.write_str("it refused this volume"),
        }
    }
}
