//! The clusters: registrations, inventory, poller, health, intent.
//!
//! [`Fleet::run`] follows `clusters.toml` and keeps one client and one poller for each cluster in
//! it. What the pollers learn goes to the store, from where all replicas decide.

mod clients;
mod connect;
mod expiry;
mod first_contact;
pub mod health;
mod intent;
mod inventory;
mod member;
mod poller;
pub mod registrations;
mod settings;
mod supervisor;
mod survey;

pub use clients::Clients;
pub use intent::set_intent;
pub use inventory::Inventory;
pub use member::MemberTrouble;
pub use settings::Settings;
pub use supervisor::{Fleet, MemberStatus};
