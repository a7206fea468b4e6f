//! `os-retype`: another type for a volume. Whether it can have it where it is, the operation
//! finds out.

use super::{is_migrating, parse_id, visible};
use crate::domain::cluster::Deed;
use crate::domain::operation::{MigrationPolicy, Operation, RetypeVolume, Work};
use crate::domain::qos::Consumer;
use crate::domain::status::{VolumeEvent, VolumeStatus};
use crate::domain::volume::Volume;
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{Ctx, Error, QosSpecsId, Result, VolumeId};
use crate::service::backends::check_intent;
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, types};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts the change.
    ///
    /// # Errors
    /// `NotFound` for the volume or type, `Invalid` for what Cinder refuses, `OverQuota` of the
    /// new type.
    pub async fn retype_volume(
        &self,
        ctx: &Ctx,
        id: &str,
        new_type: &str,
        policy: MigrationPolicy,
    ) -> Result<()> {
        // The quota is that of the volume's project, and its lock has to come first.
        let project = &self.get_volume(ctx, id).await?.volume.project_id;
        let id = parse_id(id)?;
        let operation = self
            .store
            .write_in_turn(&quota_lock(project), "retype a volume", |tx, _| {
                Box::pin(async move {
                    tx.lock_quota(project).await?;
                    self.retype_in(tx, ctx, id, (new_type, policy)).await
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }

    async fn retype_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: VolumeId,
        (new_type, policy): (&str, MigrationPolicy),
    ) -> Result<Operation> {
        let mut volume = visible(tx, ctx, id).await?;
        let new = types::resolve(tx, ctx, new_type).await?;
        new.check_size(volume.size)?;
        check_multiattach(tx, &volume, &new).await?;
        if volume.consumes_quota {
            let wanted = Wanted::Retype { size: volume.size, volume_type: &new };
            quotas::check(tx, &self.settings, &volume.project_id, wanted).await?;
        }
        let possible = VolumeEvent::Retype.allowed_from().contains(&volume.status)
            && !is_migrating(&volume)
            && volume.group_id.is_none()
            && volume.volume_type_id != Some(new.id)
            && (volume.status != VolumeStatus::InUse || keeps_front_end(tx, &volume, &new).await?);
        if !possible {
            return Err(Error::invalid(
                "Invalid volume: Retype needs volume to be in available or in-use state, not be part of an active \
                 migration or a consistency group, requested type has to be different that the one from the \
                 volume, and for in-use volumes front-end qos specs cannot change.",
            ));
        }
        check_intent(tx, volume.cluster_id(), Deed::Use).await?;
        let previous = volume.status;
        volume.previous_status = Some(previous);
        volume.status = VolumeStatus::Retyping;
        volume.updated_at = Some(ctx.clock.now());
        tx.update_volume(&volume).await?;
        let step = RetypeVolume::ChangeRemote;
        let work = Work::RetypeVolume { volume: id, new_type: new.id, previous, policy, step };
        let operation = Dispatch::plan(ctx, work);
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok(operation)
    }
}

/// What a hypervisor does when it attaches depends on it.
async fn check_multiattach(tx: &mut Tx, volume: &Volume, new: &VolumeType) -> Result<()> {
    let wanted = TypeSpecs::parse(&new.extra_specs).is_ok_and(|specs| specs.multiattach);
    if wanted != volume.multiattach && volume.status != VolumeStatus::Available {
        return Err(Error::invalid(format!(
            "Invalid input received: Invalid volume_type passed, retypes affecting multiattach are only allowed on \
             available volumes, the specified volume however currently has a status of: {}.",
            volume.status
        )));
    }
    if wanted && tx.type_encryption(new.id).await?.is_some() {
        return Err(Error::invalid(
            "Invalid input received: Retype requested both encryption and multi-attach, which is not supported.",
        ));
    }
    Ok(())
}

/// The hypervisor of an attached volume was told its limits and is not told others.
async fn keeps_front_end(tx: &mut Tx, volume: &Volume, new: &VolumeType) -> Result<bool> {
    let old = match volume.volume_type_id {
        Some(id) => tx.find_type(id).await?.and_then(|found| found.qos_specs_id),
        None => None,
    };
    // Two types without specs are no match upstream, but have nothing in the way either.
    if old == new.qos_specs_id {
        return Ok(true);
    }
    Ok(!at_front_end(tx, old).await? && !at_front_end(tx, new.qos_specs_id).await?)
}

async fn at_front_end(tx: &mut Tx, specs: Option<QosSpecsId>) -> Result<bool> {
    let Some(id) = specs else { return Ok(false) };
    Ok(tx.find_qos_specs(id).await?.is_some_and(|found| found.consumer != Consumer::BackEnd))
}
