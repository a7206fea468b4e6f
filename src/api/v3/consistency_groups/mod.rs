//! Legacy consistency groups and their snapshots: another view of groups and group snapshots.
//!
//! Cinder made them groups of the type `default_cgsnapshot_type` and kept the calls, which know
//! every group, not only those of that type. New ones promise snapshots of one moment, which no
//! Lightbits cluster can take, so they end in `error`, as they do with stock Cinder's driver.

pub mod change;
pub mod list;
pub mod snapshots;
pub mod view;
