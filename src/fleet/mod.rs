//! The clusters: registrations, inventory, poller, health.
//!
//! [`Fleet::run`] follows `clusters.toml` and keeps one client and one poller for each cluster in
//! it. What the pollers learn goes to the store, from where all replicas decide. What an operator
//! wants of a cluster (`domain::cluster::Intent`) is written by `service::fleet`.

mod clients;
mod connect;
mod first_contact;
pub mod health;
mod inventory;
mod member;
mod poller;
pub mod registrations;
mod settings;
mod supervisor;
mod survey;

pub use clients::Clients;
pub use inventory::Inventory;
pub use member::MemberTrouble;
pub use settings::Settings;
pub use supervisor::{Fleet, MemberStatus};
