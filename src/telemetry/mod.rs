//! Log set-up and all metric names.

pub mod logging;
pub mod metrics;
