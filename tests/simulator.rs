//! The simulated cluster, driven over the network by a plain HTTP client: what it answers is
//! compared with the facts about the real one, not with the gateway's own client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "simulator/auth.rs"]
mod auth;
#[path = "simulator/capacity.rs"]
mod capacity;
#[path = "simulator/data.rs"]
mod data;
#[path = "simulator/data_faults.rs"]
mod data_faults;
#[path = "simulator/data_hostile.rs"]
mod data_hostile;
#[path = "simulator/data_kernel.rs"]
mod data_kernel;
#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/harness.rs"]
mod harness;
#[path = "simulator/nodes.rs"]
mod nodes;
#[path = "simulator/persistence.rs"]
mod persistence;
#[path = "simulator/policies.rs"]
mod policies;
#[path = "simulator/snapshots.rs"]
mod snapshots;
#[path = "simulator/volumes.rs"]
mod volumes;
#[path = "simulator/wire.rs"]
mod wire;
