//! Sizes with their unit in the type. What Cinder calls "GB" is GiB.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// Bytes in one GiB.
pub const GIB: u64 = 1 << 30;

/// A number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A whole number of GiB, the unit of every size in the Cinder API (`1..=2147483647`; 0 only
/// while a volume is being managed).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gib(pub u32);

impl Gib {
    pub const fn bytes(self) -> Bytes {
        Bytes(self.0 as u64 * GIB)
    }
}

impl Bytes {
    /// Whole GiB that hold this many bytes (rounded up), as Cinder shows a backend object.
    pub fn to_gib_ceil(self) -> Gib {
        Gib(u32::try_from(self.0.div_ceil(GIB)).unwrap_or(u32::MAX))
    }
    /// GiB with fraction, for capacity reports.
    pub fn as_gib_f64(self) -> f64 {
        self.0 as f64 / GIB as f64
    }
    /// This size once for each of `replicas`; what a volume takes from a cluster's effective
    /// capacity.
    pub const fn times(self, replicas: u8) -> Self {
        Self(self.0.saturating_mul(replicas as u64))
    }
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), Add::add)
    }
}

impl fmt::Display for Gib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
