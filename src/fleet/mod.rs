//! The clusters: registrations, inventory, poller, health, intent.

mod clients;

pub use clients::Clients;
