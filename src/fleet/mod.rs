//! The clusters: registrations, inventory, poller, health, intent.

mod clients;
pub mod registrations;

pub use clients::Clients;
