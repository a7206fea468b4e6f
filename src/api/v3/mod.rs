//! Block Storage v3, resource by resource.

pub mod extensions;
mod meta;
pub mod resource_filters;
pub mod snapshots;
pub mod volumes;
