//! The clusters: registrations, inventory, poller, health, intent.
