//! Taking a snapshot in: it is `creating` and counted as large as its volume, as in Cinder.

use super::check_service;
use crate::domain::manageable::NewManagedSnapshot;
use crate::domain::operation::{Operation, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{SnapshotStatus, VolumeEvent};
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Error, Result, SnapshotId};
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, snapshots, volumes};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts it; whether there is such a snapshot shows later, as in Cinder.
    ///
    /// # Errors
    /// `NotFound` for the volume, `Invalid` for its status or a service that is not there,
    /// `OverQuota`.
    pub async fn manage_snapshot(&self, ctx: &Ctx, new: &NewManagedSnapshot) -> Result<Snapshot> {
        let (operation, snapshot) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "manage a snapshot", |tx, _| {
                Box::pin(self.manage_snapshot_in(tx, ctx, new))
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(snapshot)
    }

    async fn manage_snapshot_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: &NewManagedSnapshot,
    ) -> Result<(Operation, Snapshot)> {
        tx.lock_quota(&ctx.project_id).await?;
        let volume = volumes::visible(tx, ctx, volumes::parse_id(&new.volume_id)?).await?;
        let cluster = volume.cluster_id();
        // Where the volume is nowhere, that is what is told.
        if let Some(cluster) = cluster {
            let found = tx.clusters().await?.into_iter().find(|view| view.id == cluster);
            let missing = || Error::not_found("Service cinder-volume could not be found.");
            check_service(&found.ok_or_else(missing)?)?;
        }
        snapshots::may_be_taken(&volume)?;
        snapshots::check_status(&volume, VolumeEvent::ReadData)?;
        let volume_type = match volume.volume_type_id {
            Some(id) => tx.find_type(id).await?,
            None => None,
        };
        let wanted = Wanted::Snapshot { size: volume.size, volume_type: volume_type.as_ref() };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;
        let mut snapshot = creating(ctx, new, &volume);
        tx.insert_snapshot(&snapshot).await?;
        snapshot.version = 1;
        // The volume's row moves too: a delete that counted its snapshots just now must count again.
        tx.update_volume(&volume).await?;
        let work = Work::AdoptSnapshot { snapshot: snapshot.id, reference: new.reference.clone() };
        let mut operation = Dispatch::plan(ctx, work);
        operation.cluster_id = cluster;
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok((operation, snapshot))
    }
}

/// Where it lives is written down when it has been found: until then nothing there is ours.
fn creating(ctx: &Ctx, new: &NewManagedSnapshot, volume: &Volume) -> Snapshot {
    Snapshot {
        id: SnapshotId::random(),
        volume_id: volume.id,
        project_id: ctx.project_id.clone(),
        user_id: ctx.user_id.clone(),
        name: new.name.clone(),
        description: new.description.clone(),
        status: SnapshotStatus::Creating,
        progress: Some("0%".to_owned()),
        volume_size: volume.size,
        volume_type_id: volume.volume_type_id,
        group_snapshot_id: None,
        consumes_quota: true,
        metadata: new.metadata.clone(),
        image_metadata: volume.image_metadata.clone(),
        bootable: volume.bootable,
        cluster_id: None,
        lightos_project: None,
        uuid: None,
        created_at: ctx.clock.now(),
        updated_at: None,
        version: 0,
    }
}
