//! The worker against simulated clusters that misbehave, and through crashes at every call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod acts;
mod adoption;
#[path = "../audit/mod.rs"]
mod audit;
mod backups;
mod copying;
mod crashes;
mod faults;
mod groups;
mod lab;
mod leases;
mod limits;
mod refusals;
mod retype;
mod stories;
