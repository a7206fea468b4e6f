//! `POST …transfer/{id}/accept`: the volume, and its snapshots unless they stay behind, become
//! the acceptor's, and with them the quota they use, in one transaction. On the cluster only a
//! label changes, later.

use secrecy::SecretString;

use super::{key, not_found, parse_id};
use crate::domain::operation::{Operation, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{SnapshotStatus, VolumeStatus};
use crate::domain::transfer::Transfer;
use crate::domain::volume::Volume;
use crate::domain::volume_type::VolumeType;
use crate::domain::{Ctx, Error, Result, TransferId};
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, confined_to};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Takes the volume of an offer.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a wrong key or a volume that cannot be had, `OverQuota`.
    pub async fn accept_transfer(&self, ctx: &Ctx, id: &str, key: &SecretString) -> Result<Transfer> {
        let id = parse_id(id)?;
        let (transfer, operation) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "accept a transfer", |tx, _| {
                Box::pin(self.accept_in(tx, ctx, id, key))
            })
            .await?;
        tracing::info!(transfer = %id, volume = %transfer.volume_id, from = %transfer.source_project_id,
            to = %ctx.project_id, "volume transferred");
        if let Some(operation) = operation {
            self.dispatch.announce(operation);
        }
        Ok(transfer)
    }

    async fn accept_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: TransferId,
        key: &SecretString,
    ) -> Result<(Transfer, Option<Operation>)> {
        tx.lock_quota(&ctx.project_id).await?;
        // Whoever has the key may take it: the offer is another project's.
        let transfer = tx.find_transfer(id, None).await?.ok_or_else(|| not_found(&id.to_string()))?;
        if key::hash(&transfer.salt, key) != transfer.crypt_hash {
            return Err(Error::invalid(format!(
                "Invalid auth key: Attempt to transfer {id} with invalid auth key."
            )));
        }
        let mut volume = tx.get_volume(transfer.volume_id).await?;
        if volume.group_id.is_some() {
            return Err(Error::invalid(format!(
                "Invalid volume: Volume {} must not be part of a consistency group.",
                volume.id
            )));
        }
        let volume_type = usable_type(tx, ctx, &volume).await?;
        let snapshots =
            if transfer.no_snapshots { Vec::new() } else { tx.snapshots_of_volume(volume.id).await? };
        let wanted =
            Wanted::Taken { size: volume.size, snapshots: &snapshots, volume_type: volume_type.as_ref() };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;
        check_status(&transfer, &volume)?;
        for snapshot in snapshots {
            take_snapshot(tx, ctx, &transfer, snapshot).await?;
        }
        volume.status = VolumeStatus::Available;
        volume.project_id = ctx.project_id.clone();
        volume.user_id = ctx.user_id.clone();
        volume.updated_at = Some(ctx.clock.now());
        tx.update_volume(&volume).await?;
        tx.delete_transfer(id).await?;
        if volume.location.is_none() {
            return Ok((transfer, None));
        }
        let mut operation = Dispatch::plan(ctx, Work::Relabel { volume: volume.id });
        operation.cluster_id = volume.cluster_id();
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok((transfer, Some(operation)))
    }
}

/// The volume's type, if the acceptor may use it: upstream lets a private type slip through to
/// projects it was not given to, with what it costs.
async fn usable_type(tx: &mut Tx, ctx: &Ctx, volume: &Volume) -> Result<Option<VolumeType>> {
    let Some(id) = volume.volume_type_id else { return Ok(None) };
    let Some(found) = tx.find_type(id).await? else { return Ok(None) };
    match confined_to(ctx) {
        Some(project) if !tx.may_use_type(&found, project).await? => Err(Error::invalid(format!(
            "Invalid volume: The project has no access to volume type {} of volume {}.",
            found.id, volume.id
        ))),
        _ => Ok(Some(found)),
    }
}

fn check_status(transfer: &Transfer, volume: &Volume) -> Result<()> {
    match volume.status {
        VolumeStatus::AwaitingTransfer => Ok(()),
        VolumeStatus::Maintenance => {
            Err(Error::invalid("Invalid volume: The volume cannot accept transfer in maintenance mode."))
        }
        _ => Err(Error::invalid(format!(
            "Invalid volume: Transfer {}: Volume id {} expected in awaiting-transfer state.",
            transfer.id, volume.id
        ))),
    }
}

async fn take_snapshot(tx: &mut Tx, ctx: &Ctx, transfer: &Transfer, mut snapshot: Snapshot) -> Result<()> {
    if snapshot.status != SnapshotStatus::Available {
        return Err(Error::invalid(format!(
            "Invalid snapshot: Transfer {}: Snapshot {} is not in the expected available state.",
            transfer.id, snapshot.id
        )));
    }
    snapshot.project_id = ctx.project_id.clone();
    snapshot.user_id = ctx.user_id.clone();
    snapshot.updated_at = Some(ctx.clock.now());
    tx.update_snapshot(&snapshot).await
}
