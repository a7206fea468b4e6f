//! The worker against simulated clusters that misbehave, and through crashes at every call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod acts;
mod adoption;
#[path = "../audit/mod.rs"]
mod audit;
mod backup_data;
mod backups;
mod compute;
mod copying;
mod crashes;
mod datapath;
#[path = "../devices/mod.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod devices;
#[path = "../image/fake_glance.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod fake_glance;
#[path = "../auth/fake_keystone.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod fake_keystone;
#[path = "../compute/fake_nova.rs"]
#[allow(dead_code, reason = "made for more tests than these")]
mod fake_nova;
mod faults;
mod groups;
mod images;
mod lab;
mod leases;
mod limits;
mod logs;
mod migration;
mod moves;
mod over_nvme;
mod refusals;
mod retype;
mod stories;
