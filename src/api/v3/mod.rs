//! Block Storage v3, resource by resource.

pub mod attachments;
pub mod backups;
pub mod clusters;
pub mod consistency_groups;
pub mod default_types;
pub mod extensions;
pub mod group_snapshots;
pub mod group_types;
pub mod groups;
pub mod manageable;
pub mod messages;
mod meta;
pub mod qos_specs;
pub mod quotas;
pub mod resource_filters;
pub mod services;
pub mod snapshots;
pub mod transfers;
pub mod types;
pub mod volumes;
pub mod workers;
