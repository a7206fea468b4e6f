//! Pure types and rules of block storage: no I/O, no clock of its own, no framework.
//!
//! Every other room speaks in these types. A rule that can be stated without asking anybody
//! (which status may follow which, how a size is rounded, which microversion knows a field)
//! is stated here, once.

pub mod attachment;
pub mod backup;
pub mod clock;
pub mod cluster;
pub mod ctx;
pub mod encryption;
pub mod error;
pub mod group;
pub mod group_type;
pub mod ids;
pub mod image;
pub mod log_level;
pub mod manageable;
pub mod message;
pub mod metadata;
pub mod microversion;
pub mod operation;
pub mod page;
pub mod qos;
pub mod quota;
pub mod size;
pub mod snapshot;
pub mod status;
pub mod transfer;
pub mod type_changes;
pub mod volume;
pub mod volume_type;

pub use clock::{Clock, Timestamp};
pub use ctx::Ctx;
pub use error::{Error, ErrorKind, Result};
pub use ids::*;
pub use metadata::Metadata;
pub use microversion::Microversion;
pub use page::{ListQuery, Page};
pub use size::{Bytes, Gib};
