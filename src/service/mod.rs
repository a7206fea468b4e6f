//! The use cases, one file a resource. They own the transaction and start operations; they never
//! call a cluster.
//!
//! A use case takes the caller (`&Ctx`) first and does what it does in ONE transaction: look up,
//! check the state, check the quota, change the row, insert the operation. Policy is the edge's
//! business and comes before; visibility is ours: a resource of another project is not found.

pub mod attachments;
pub mod backends;
pub mod backups;
pub mod cleanup;
pub mod fleet;
pub mod group_types;
pub mod groups;
pub mod logs;
pub mod manageable;
pub mod messages;
pub mod qos;
pub mod quota_sets;
pub mod quotas;
pub mod snapshots;
pub mod transfers;
pub mod types;
pub mod volumes;

use std::sync::Arc;

use crate::compute::Compute;
use crate::domain::{Clock, Ctx, ProjectId};
use crate::image::Glance;
use crate::store::{Dispatch, Store};

/// What the use cases need to know of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `default_volume_type`: name of the type of a volume that names none.
    pub default_volume_type: String,
    /// `default_group_type`: name of the group type that is shown as the default.
    pub default_group_type: Option<String>,
    /// Zone of a volume that names none and has no source.
    pub default_availability_zone: String,
    /// Put a volume into the default zone when the asked one does not exist.
    pub allow_availability_zone_fallback: bool,
    /// A copy must be in the zone of its source.
    pub cloned_volume_same_az: bool,
    /// Whether snapshots count against `gigabytes` (Cinder's `no_snapshot_gb_quota = false`).
    pub snapshots_use_gigabytes: bool,
    /// Who keeps the data of backups, if anybody does.
    pub backup_service: Option<&'static str>,
    /// Configured default limits, by resource key; Cinder's where a key is missing.
    pub quota_defaults: std::collections::BTreeMap<String, i64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_volume_type: crate::domain::volume_type::DEFAULT_TYPE_NAME.to_owned(),
            default_group_type: None,
            default_availability_zone: "nova".to_owned(),
            allow_availability_zone_fallback: false,
            cloned_volume_same_az: true,
            snapshots_use_gigabytes: true,
            backup_service: None,
            quota_defaults: std::collections::BTreeMap::new(),
        }
    }
}

/// The use cases' common ground. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    pub store: Store,
    pub dispatch: Dispatch,
    pub settings: Arc<Settings>,
    pub clock: Clock,
    /// Whom to ask whether a server still uses a volume; without it nobody can be asked.
    pub compute: Option<Compute>,
    /// Where images are looked up and made; without it every image may be there.
    pub images: Option<Glance>,
}

/// The project a caller is confined to; administrators see every project's resources by id.
pub fn confined_to(ctx: &Ctx) -> Option<&ProjectId> {
    (!ctx.is_admin).then_some(&ctx.project_id)
}

#[cfg(test)]
impl Services {
    /// Over an empty database that is gone afterwards; nobody works on its operations.
    pub async fn in_memory() -> Self {
        let store = Store::connect("sqlite::memory:", 1).await.unwrap();
        store.migrate(&Clock::System).await.unwrap();
        Self {
            store,
            dispatch: Dispatch::new().0,
            settings: Arc::default(),
            clock: Clock::System,
            compute: None,
            images: None,
        }
    }
}
