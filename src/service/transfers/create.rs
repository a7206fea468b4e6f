//! `POST …transfer` and `DELETE …transfer/{id}`: the volume waits, or is taken back.

use secrecy::SecretString;

use super::key::{self, NewKey};
use super::{parse_id, visible};
use crate::domain::status::{SnapshotStatus, VolumeEvent, VolumeStatus};
use crate::domain::transfer::{NewTransfer, SnapshotsOf, Transfer};
use crate::domain::{Ctx, Error, Result, TransferId};
use crate::service::{Services, volumes};
use crate::store::Tx;

impl Services {
    /// Offers a volume; the offer and its key, which cannot be had again.
    ///
    /// # Errors
    /// `NotFound` for the volume, `Invalid` when it or a snapshot that is to go along is not
    /// available.
    pub async fn create_transfer(&self, ctx: &Ctx, new: &NewTransfer) -> Result<(Transfer, SecretString)> {
        let volume = volumes::parse_id(&new.volume_id)?;
        let NewKey { salt, hash, key } = key::generate();
        let transfer = Transfer {
            id: TransferId::random(),
            volume_id: volume,
            source_project_id: ctx.project_id.clone(),
            display_name: new.name.clone(),
            salt,
            crypt_hash: hash,
            no_snapshots: new.snapshots == SnapshotsOf::StayBehind,
            created_at: ctx.clock.now(),
            updated_at: None,
        };
        let offer = &transfer;
        let transfer =
            self.store.write("create a transfer", |tx, _| Box::pin(offer_in(tx, ctx, offer.clone()))).await?;
        Ok((transfer, key))
    }

    /// Takes the offer back.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_transfer(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        self.store
            .write("delete a transfer", |tx, _| {
                Box::pin(async move {
                    let transfer = visible(tx, ctx, id).await?;
                    // An administrator may have reset the volume; then it stays as it is.
                    if let Some(mut volume) = tx.volume(transfer.volume_id).await?
                        && volume.status == VolumeStatus::AwaitingTransfer
                    {
                        volume.status = VolumeStatus::Available;
                        volume.updated_at = Some(ctx.clock.now());
                        tx.update_volume(&volume).await?;
                    }
                    tx.delete_transfer(id).await
                })
            })
            .await
    }
}

async fn offer_in(tx: &mut Tx, ctx: &Ctx, mut transfer: Transfer) -> Result<Transfer> {
    let mut volume = volumes::visible(tx, ctx, transfer.volume_id).await?;
    if !VolumeEvent::Transfer.allowed_from().contains(&volume.status) {
        return Err(Error::invalid("Invalid volume: status must be available"));
    }
    if !transfer.no_snapshots {
        for snapshot in tx.snapshots_of_volume(volume.id).await? {
            if snapshot.status != SnapshotStatus::Available {
                return Err(Error::invalid(format!(
                    "Invalid snapshot: snapshot: {} status must be available",
                    snapshot.id
                )));
            }
        }
    }
    volume.status = VolumeStatus::AwaitingTransfer;
    volume.updated_at = Some(ctx.clock.now());
    tx.update_volume(&volume).await?;
    transfer.source_project_id = volume.project_id;
    tx.insert_transfer(&transfer).await?;
    Ok(transfer)
}
