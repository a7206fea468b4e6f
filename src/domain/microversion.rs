//! Microversions 3.0 – 3.71 of Block Storage v3.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The minor number of an API version 3.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Microversion(u16);

impl Microversion {
    pub const MIN: Self = Self(0);
    /// Cinder 29's newest, 3.71.
    pub const MAX: Self = Self(71);

    /// `v(42)` is 3.42. For constants of the route and field tables.
    pub const fn v(minor: u16) -> Self {
        Self(minor)
    }
    pub const fn minor(self) -> u16 {
        self.0
    }
    pub const fn at_least(self, minor: u16) -> bool {
        self.0 >= minor
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.0)
    }
}
