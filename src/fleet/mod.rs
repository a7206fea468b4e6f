//! The clusters: registrations, inventory, poller, health, intent.

mod clients;
pub mod health;
pub mod registrations;

pub use clients::Clients;
