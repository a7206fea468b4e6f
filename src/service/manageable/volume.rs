//! Taking a volume in: the row is `managing`, and its size 0 until the cluster has told it.

use std::sync::Arc;

use super::check_service;
use crate::domain::cluster::Cluster;
use crate::domain::manageable::NewManagedVolume;
use crate::domain::operation::{AdoptVolume, Operation, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{Volume, VolumeDetails};
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{Ctx, Error, ErrorKind, Gib, Metadata, Result, VolumeId};
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, types};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts it; whether there is such a volume shows later, as in Cinder.
    ///
    /// # Errors
    /// `Invalid` for an unknown host or type, a service that is not there, a volume that is ours
    /// already; `OverQuota` for the count (the size shows later).
    pub async fn manage_volume(&self, ctx: &Ctx, new: &NewManagedVolume) -> Result<Arc<VolumeDetails>> {
        let cluster = match &new.cluster {
            Some(_) => None,
            None => self.backend(&new.host).await?,
        };
        let id = VolumeId::random();
        let (operation, details) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "manage a volume", |tx, _| {
                Box::pin(self.manage_volume_in(tx, ctx, new, (id, cluster.as_ref())))
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(Arc::new(details))
    }

    async fn manage_volume_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: &NewManagedVolume,
        (id, cluster): (VolumeId, Option<&Cluster>),
    ) -> Result<(Operation, VolumeDetails)> {
        tx.lock_quota(&ctx.project_id).await?;
        let named = match &new.volume_type {
            Some(named) => Some(named_type(tx, ctx, named).await?),
            None => None,
        };
        refuse_ours(tx, new).await?;
        let volume_type = match named {
            Some(volume_type) => volume_type,
            None => types::default(tx, &self.settings).await?,
        };
        if tx.type_encryption(volume_type.id).await?.is_some() {
            return Err(Error::invalid("Managing to an encrypted volume type is not supported."));
        }
        let missing = || {
            let (what, name) = new.cluster.as_ref().map_or(("Host", &new.host), |name| ("Cluster", name));
            Error::invalid(format!("{what} '{name}' not found"))
        };
        let cluster = cluster.ok_or_else(missing)?;
        check_service(cluster)?;
        let wanted = Wanted::Volume { size: Gib(0), volume_type: Some(&volume_type) };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;
        let allowance = quotas::allowance(tx, &self.settings, &ctx.project_id, &volume_type).await?;

        let mut volume = managing(ctx, new, id, &volume_type);
        let zone = new.availability_zone.clone();
        volume.availability_zone = Some(zone.unwrap_or_else(|| cluster.traits.availability_zone.clone()));
        tx.insert_volume(&volume).await?;
        volume.version = 1;
        let (reference, step) = (new.reference.clone(), AdoptVolume::Find);
        let work = Work::AdoptVolume { volume: id, reference, allowance, step };
        let mut operation = Dispatch::plan(ctx, work);
        operation.cluster_id = Some(cluster.id);
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        let type_name = Some(Arc::from(volume_type.name));
        Ok((
            operation,
            VolumeDetails {
                volume,
                type_name,
                cluster: None,
                consistency_group: None,
                attachments: Vec::new(),
            },
        ))
    }
}

async fn named_type(tx: &mut Tx, ctx: &Ctx, named: &str) -> Result<VolumeType> {
    types::resolve(tx, ctx, named).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Error::invalid(format!("Invalid volume type: Cannot find requested '{named}' volume type"))
        }
        _ => error,
    })
}

/// A name of ours says at once that it is taken; for other names the UUID will say so.
async fn refuse_ours(tx: &mut Tx, new: &NewManagedVolume) -> Result<()> {
    let name = new.reference.name.as_deref().unwrap_or_default();
    let named = name.strip_prefix("volume-").and_then(|id| id.parse::<VolumeId>().ok());
    match named {
        Some(id) if tx.volume(id).await?.is_some() => {
            Err(Error::invalid("Unable to manage existing volume. The volume is already managed"))
        }
        _ => Ok(()),
    }
}

fn managing(ctx: &Ctx, new: &NewManagedVolume, id: VolumeId, volume_type: &VolumeType) -> Volume {
    Volume {
        id,
        project_id: ctx.project_id.clone(),
        user_id: ctx.user_id.clone(),
        name: new.name.clone(),
        description: new.description.clone(),
        status: VolumeStatus::Managing,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        size: Gib(0),
        volume_type_id: Some(volume_type.id),
        availability_zone: None,
        snapshot_id: None,
        source_volid: None,
        bootable: new.bootable,
        multiattach: TypeSpecs::parse(&volume_type.extra_specs).is_ok_and(|specs| specs.multiattach),
        consumes_quota: true,
        group_id: None,
        metadata: new.metadata.clone(),
        admin_metadata: Metadata::new(),
        image_metadata: Metadata::new(),
        location: None,
        created_at: ctx.clock.now(),
        updated_at: None,
        version: 0,
    }
}
