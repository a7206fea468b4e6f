//! `os-migrate_volume`: to another cluster, which to Cinder is another host.

use super::{is_migrating, parse_id, visible};
use crate::domain::cluster::{Intent, Observed};
use crate::domain::operation::{MigrateVolume, Work};
use crate::domain::status::{VolumeEvent, VolumeStatus};
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::store::Dispatch;

/// Whether users are kept from the volume meanwhile (`lock_volume`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    No,
    Yes,
}

impl Services {
    /// Accepts the migration: `starting` and its operation are durable when this returns.
    /// (`force_host_copy` only says who copies; every copy would be the host's here.)
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a host that is not up and enabled, and for what forbids it.
    pub async fn migrate_volume(&self, ctx: &Ctx, id: &str, host: &str, lock: Lock) -> Result<()> {
        let id = parse_id(id)?;
        let target = self.backend(host).await?.filter(|cluster| {
            cluster.intent.intent == Intent::Enabled
                && matches!(cluster.observed, Observed::Reachable | Observed::Suspect)
        });
        let target = target.ok_or_else(|| no_service(host))?.id;
        let operation = self
            .store
            .write("migrate a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    let free = VolumeEvent::Migrate.allowed_from().contains(&volume.status)
                        && !is_migrating(&volume)
                        && volume.group_id.is_none()
                        && volume.cluster_id() != Some(target)
                        && tx.snapshots_of_volume(id).await?.is_empty();
                    if !free {
                        return Err(Error::invalid(format!(
                            "Invalid volume: Volume {id} status must be available or in-use, must not be migrating, \
                             have snapshots, be replicated, be part of a group and destination host/cluster must be \
                             different than the current one"
                        )));
                    }
                    volume.previous_status = Some(volume.status);
                    volume.migration_status = Some("starting".to_owned());
                    if lock == Lock::Yes && volume.status == VolumeStatus::Available {
                        volume.status = VolumeStatus::Maintenance;
                    }
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    let work = Work::MigrateVolume { volume: id, target, step: MigrateVolume::Begin };
                    let operation = Dispatch::plan(ctx, work);
                    self.dispatch.insert(tx, &operation, &ctx.clock).await?;
                    Ok(operation)
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }
}

/// What a host or cluster that is not up, not enabled or not there is answered with.
pub fn no_service(name: &str) -> Error {
    Error::invalid(format!("Invalid host: No available service named '{name}'"))
}
