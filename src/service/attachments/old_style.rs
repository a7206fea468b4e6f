//! Attaching in the old way, by actions on the volume (`cinder-behaviours` §8): Terraform,
//! brick-cinderclient-ext and older Ironic still do.

use std::collections::BTreeMap;

use super::{Caller, caller as callers, invalid};
use crate::domain::attachment::{Attachment, Connector, volume_after};
use crate::domain::cluster::Deed;
use crate::domain::operation::Work;
use crate::domain::status::{AttachStatus, VolumeEvent, VolumeStatus, migration_is_idle};
use crate::domain::volume::Volume;
use crate::domain::{Ctx, Error, Result};
use crate::service::Services;
use crate::service::backends::check_intent;
use crate::service::volumes::{parse_id, visible};
use crate::store::{Dispatch, Tx};

impl Services {
    /// `os-reserve`: available → attaching.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for any other status.
    pub async fn reserve_volume(&self, ctx: &Ctx, id: &str) -> Result<()> {
        self.change_volume(ctx, id, |volume| {
            let shared = volume.multiattach && volume.status == VolumeStatus::InUse;
            if !shared && !VolumeEvent::Reserve.allowed_from().contains(&volume.status) {
                let or_in_use = if volume.multiattach { " or in-use" } else { "" };
                return Err(invalid(format!(
                    "Volume status must be available{or_in_use} to reserve, but the status is {}.",
                    volume.status
                )));
            }
            volume.status = VolumeStatus::Attaching;
            Ok(())
        })
        .await
        .map(|_| ())
    }

    /// `os-unreserve`: attaching → what its attachments make of it; nothing in any other status.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn unreserve_volume(&self, ctx: &Ctx, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        self.store
            .write("unreserve a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    if volume.status != VolumeStatus::Attaching {
                        return Ok(());
                    }
                    let free = tx.attachments_of(id).await?.is_empty();
                    volume.status = if free { VolumeStatus::Available } else { VolumeStatus::InUse };
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await
                })
            })
            .await
    }

    /// `os-begin_detaching`: in-use → detaching. Silently nothing while the volume migrates.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when it is not attached.
    pub async fn begin_detaching(&self, ctx: &Ctx, id: &str) -> Result<()> {
        self.change_volume(ctx, id, |volume| {
            if !migration_is_idle(volume.migration_status.as_deref()) {
                return Ok(());
            }
            if volume.status != VolumeStatus::InUse || volume.attach_status != AttachStatus::Attached {
                return Err(invalid(
                    "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to \
                     detach."
                        .to_owned(),
                ));
            }
            volume.status = VolumeStatus::Detaching;
            Ok(())
        })
        .await
        .map(|_| ())
    }

    /// `os-roll_detaching`: detaching → in-use; nothing in any other status.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn roll_detaching(&self, ctx: &Ctx, id: &str) -> Result<()> {
        self.change_volume(ctx, id, |volume| {
            if volume.status == VolumeStatus::Detaching {
                volume.status = VolumeStatus::InUse;
            }
            Ok(())
        })
        .await
        .map(|_| ())
    }

    /// `os-detach`: the caller says that it has detached the volume.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when it has to say which attachment; `Conflict` when only the
    /// compute service may.
    pub async fn mark_detached(
        &self,
        ctx: &Ctx,
        id: &str,
        attachment: Option<&str>,
        caller: Caller,
    ) -> Result<()> {
        let id = parse_id(id)?;
        let caller = self.consult_about(ctx, id, attachment, caller).await?;
        let operation = self
            .store
            .write("mark a volume detached", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    let found = which(tx, &volume, attachment).await?;
                    if let Some(found) = &found {
                        callers::check(found, caller)?;
                    }
                    if volume.status == VolumeStatus::Maintenance {
                        return Err(invalid("The volume cannot be detached in maintenance mode.".to_owned()));
                    }
                    if let Some(found) = &found {
                        tx.delete_attachment(found.id).await?;
                    }
                    volume.detached_to(volume_after(&tx.attachments_of(id).await?));
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    // One of the new style has let its host in, and only it remembers which.
                    match found.and_then(|found| found.connector) {
                        Some(host) => self.take_off(tx, ctx, id, host).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await?;
        operation.into_iter().for_each(|operation| self.dispatch.announce(operation));
        Ok(())
    }

    /// `os-initialize_connection`: lets the host in; what it needs to connect, as flat JSON.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` during maintenance.
    pub async fn initialize_connection(
        &self,
        ctx: &Ctx,
        id: &str,
        connector: &Connector,
    ) -> Result<BTreeMap<String, serde_json::Value>> {
        let details = self.get_volume(ctx, id).await?;
        if details.volume.status == VolumeStatus::Maintenance {
            return Err(invalid(
                "The volume connection cannot be initialized in maintenance mode.".to_owned(),
            ));
        }
        let work =
            Work::Connect { volume: details.volume.id, attachment: None, connector: connector.clone() };
        let told = self.start_and_wait(ctx, &details.volume, work).await?;
        let told = told.ok_or_else(|| invalid(format!("volume {id} cannot be connected to.")))?;
        serde_json::from_str(&told).map_err(|e| Error::internal(format!("connection of {id}: {e}")))
    }

    /// `os-terminate_connection`: takes the host off and, like `os-unreserve`, frees the volume.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when only the compute service may.
    pub async fn terminate_connection(
        &self,
        ctx: &Ctx,
        id: &str,
        connector: Option<&Connector>,
        caller: Caller,
    ) -> Result<()> {
        let details = self.get_volume(ctx, id).await?;
        let caller = self.consult_about(ctx, details.volume.id, None, caller).await?;
        let attachments = self.store.read().await?.attachments_of(details.volume.id).await?;
        if let [only] = attachments.as_slice() {
            callers::check(only, caller)?;
        }
        if let Some(connector) = connector {
            let work = Work::Disconnect {
                volume: details.volume.id,
                attachment: None,
                connector: connector.clone(),
            };
            self.start_and_wait(ctx, &details.volume, work).await?;
        }
        self.unreserve_volume(ctx, id).await
    }

    async fn start_and_wait(&self, ctx: &Ctx, volume: &Volume, work: Work) -> Result<Option<String>> {
        let operation = Dispatch::plan(ctx, work);
        let planned = &operation;
        self.store
            .write("start an operation", |tx, _| {
                Box::pin(async move {
                    check_intent(tx, volume.cluster_id(), Deed::Use).await?;
                    self.dispatch.insert(tx, planned, &ctx.clock).await
                })
            })
            .await?;
        self.dispatch.announce_and_wait(operation, &self.store, ctx.patience).await
    }
}

/// The attachment meant: the one named, or the only one.
async fn which(tx: &mut Tx, volume: &Volume, id: Option<&str>) -> Result<Option<Attachment>> {
    let all = tx.attachments_of(volume.id).await?;
    match id {
        None if all.len() > 1 => Err(invalid(
            "Detach volume failed: More than one attachment, but no attachment_id provided.".to_owned(),
        )),
        None => Ok(all.into_iter().next()),
        Some(id) => match all.iter().find(|attachment| attachment.id.to_string() == id) {
            Some(found) => Ok(Some(found.clone())),
            None => match id.parse() {
                Ok(parsed) if tx.find_attachment(parsed, None).await?.is_some() => {
                    Err(Error::invalid("Invalid input received: Mismatched volume and attachment"))
                }
                _ => Err(super::not_found(id)),
            },
        },
    }
}
