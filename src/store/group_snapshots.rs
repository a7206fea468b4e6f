//! Group snapshots.
