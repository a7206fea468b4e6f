//! Block Storage v3, resource by resource.

pub mod extensions;
pub mod resource_filters;
