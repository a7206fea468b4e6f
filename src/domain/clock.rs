//! Time as a capability. Code that needs "now" takes it from `ctx.clock`, so that a test can
//! stand still or jump.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z; the resolution of Cinder's own timestamps and the
/// form they have in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
    pub const fn plus(self, duration: std::time::Duration) -> Self {
        Self(self.0.saturating_add(duration.as_micros() as i64))
    }
    /// Seconds from `earlier` to this, negative when it lies in the future.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }
    /// `YYYY-MM-DDTHH:MM:SS.ffffff`, UTC without a zone suffix; no fraction when it is zero.
    /// This is what Python's `isoformat()` prints and what gophercloud insists on
    /// (`cinder-behaviours` §4).
    pub fn to_cinder(self) -> String {
        let time = self.to_utc();
        if self.0.rem_euclid(1_000_000) == 0 {
            time.format("%Y-%m-%dT%H:%M:%S").to_string()
        } else {
            time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
        }
    }
    /// RFC 3339 with `Z`, for the fleet API and logs.
    pub fn to_rfc3339(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }
    pub fn to_utc(self) -> DateTime<Utc> {
        Utc.timestamp_micros(self.0).single().unwrap_or_default()
    }
}

/// Where "now" comes from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    #[default]
    System,
    /// Stands still until told otherwise (tests).
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.0)))
    }
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(Utc::now().timestamp_micros()),
            Self::Manual(at) => Timestamp(at.load(Ordering::SeqCst)),
        }
    }
    /// Moves a manual clock forward; the system clock does not listen.
    pub fn advance(&self, by: std::time::Duration) {
        if let Self::Manual(at) = self {
            at.fetch_add(by.as_micros() as i64, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_as_python_does() {
        assert_eq!(Timestamp(1_700_000_000_000_000).to_cinder(), "2023-11-14T22:13:20");
        assert_eq!(Timestamp(1_700_000_000_000_042).to_cinder(), "2023-11-14T22:13:20.000042");
    }
}
