//! `POST /volumes`: everything that can be decided at once is decided here; where the volume
//! goes is not (placement is a step of the operation, as scheduling is asynchronous in Cinder).

use std::sync::Arc;

use super::sources::{From, Picked, Sources};
use crate::domain::group::{Group, GroupStatus};
use crate::domain::group_type::GroupType;
use crate::domain::operation::{CreateVolume, Source, Work};
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{NewVolume, Volume, VolumeDetails};
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{Ctx, Error, Gib, GroupId, Metadata, Result, VolumeId};
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, types};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts a volume: the row `creating` and its operation are durable when this returns.
    ///
    /// # Errors
    /// `NotFound` for a source or type, `Invalid` for what does not fit together, `OverQuota`.
    pub async fn create_volume(&self, ctx: &Ctx, new: &NewVolume) -> Result<Arc<VolumeDetails>> {
        let (operation, details) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "create a volume", |tx, _| {
                Box::pin(self.create_volume_in(tx, ctx, new))
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(Arc::new(details))
    }

    /// Also for the members of a copied group.
    pub(in crate::service) async fn create_volume_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: &NewVolume,
    ) -> Result<(crate::domain::operation::Operation, VolumeDetails)> {
        tx.lock_quota(&ctx.project_id).await?;
        // All in Cinder's order: of several refusals only the first is told.
        let named = match &new.volume_type {
            Some(named) => Some(types::resolve(tx, ctx, named).await?),
            None => None,
        };
        let sources = Sources::look_up(tx, ctx, new).await?;
        if let Some(refusal) = new.refusal {
            return Err(Error::invalid(refusal));
        }
        let size = new.size.or_else(|| sources.size()).ok_or_else(without_size)?;
        if let Some(named) = &named {
            named.check_size(size)?;
        }
        if let Some(group) = sources.group() {
            joins(group, named.as_ref())?;
        }
        if let Some(named) = &named {
            sources.check_type(tx, named).await?;
        }
        let (from, group) = sources.only_one()?;
        from.check_size(size)?;
        if let Some(group) = &group {
            check_status(group)?;
            // A delete that counted the members just now must count again.
            tx.update_group(group).await?;
        }
        if let From::Image(Picked { image: Some(image), .. }) = &from {
            image.check(size)?;
        }
        let id = VolumeId::random();
        let volume_type = match named {
            Some(found) => found,
            None => self.type_of(tx, ctx, &from).await?,
        };
        volume_type.check_size(size)?;
        let availability_zone = match group.as_ref().and_then(|group| group.availability_zone.clone()) {
            Some(zone) => zone,
            None => self.zone_of(tx, new, &from).await?,
        };
        refuse_encryption(tx, &volume_type).await?;
        let multiattach = TypeSpecs::parse(&volume_type.extra_specs).is_ok_and(|specs| specs.multiattach);
        if let Some(refusal) = new.multiattach_refusal.as_ref().filter(|_| multiattach) {
            return Err(Error::forbidden(refusal.clone()));
        }
        let wanted = Wanted::Volume { size, volume_type: Some(&volume_type) };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;

        let mut volume = blank(ctx, new, id, size);
        volume.volume_type_id = Some(volume_type.id);
        volume.availability_zone = Some(availability_zone);
        let consistency_group = match &group {
            Some(group) => legacy(tx, group).await?,
            None => None,
        };
        volume.group_id = group.map(|group| group.id);
        volume.multiattach = multiattach;
        let source = inherit(&mut volume, &from);
        tx.insert_volume(&volume).await?;
        volume.version = 1;

        let step = CreateVolume::Place { excluded: Vec::new() };
        let work = Work::CreateVolume { volume: id, source, hints: new.hints.clone(), step };
        let operation = Dispatch::plan(ctx, work);
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        let type_name = Some(Arc::from(volume_type.name));
        let attachments = Vec::new();
        Ok((operation, VolumeDetails { volume, type_name, cluster: None, consistency_group, attachments }))
    }

    /// The source's, else the default.
    async fn type_of(&self, tx: &mut Tx, ctx: &Ctx, from: &From) -> Result<VolumeType> {
        let inherited = match from {
            From::Image(Picked { image: Some(image), .. }) => {
                return match image.volume_type() {
                    Some(named) => types::resolve(tx, ctx, named).await,
                    None => types::default_of(tx, &self.settings, &ctx.project_id).await,
                };
            }
            From::Nothing | From::Image(_) | From::Backup(_) => None,
            From::Snapshot(snapshot) => snapshot.volume_type_id,
            From::Volume(volume) => volume.volume_type_id,
        };
        if let Some(id) = inherited
            && let Some(found) = tx.find_type(id).await?
        {
            return Ok(found);
        }
        types::default_of(tx, &self.settings, &ctx.project_id).await
    }

    /// Given, else the source's, else the default. A copy must stay in the zone of its source
    /// (`cloned_volume_same_az`).
    async fn zone_of(&self, tx: &mut Tx, new: &NewVolume, from: &From) -> Result<String> {
        let source = match from {
            From::Nothing | From::Image(_) | From::Backup(_) => None,
            From::Volume(volume) => volume.availability_zone.clone(),
            From::Snapshot(snapshot) => {
                tx.volume(snapshot.volume_id).await?.and_then(|volume| volume.availability_zone)
            }
        };
        let Some(asked) = &new.availability_zone else {
            return Ok(source.unwrap_or_else(|| self.settings.default_availability_zone.clone()));
        };
        let known = tx.clusters().await?.iter().any(|cluster| cluster.traits.availability_zone == *asked)
            || *asked == self.settings.default_availability_zone;
        if !known && self.settings.allow_availability_zone_fallback {
            return Ok(source.unwrap_or_else(|| self.settings.default_availability_zone.clone()));
        }
        if !known {
            return Err(Error::invalid(format!("Availability zone '{asked}' is invalid.")));
        }
        if self.settings.cloned_volume_same_az && source.is_some_and(|zone| zone != *asked) {
            let kind = if matches!(from, From::Snapshot(_)) { "snapshot" } else { "source volume" };
            return Err(Error::invalid(format!(
                "Invalid input received: Volume must be in the same availability zone as the {kind}"
            )));
        }
        Ok(asked.clone())
    }
}

/// The group, if it belongs to the legacy consistency group API.
async fn legacy(tx: &mut Tx, group: &Group) -> Result<Option<GroupId>> {
    let found = tx.find_group_type(group.group_type_id).await?;
    Ok(found.filter(GroupType::is_legacy).map(|_| group.id))
}

/// A volume joins a group only with a type of the group that it names.
fn joins(group: &Group, named: Option<&VolumeType>) -> Result<()> {
    let Some(named) = named else {
        return Err(Error::invalid(
            "Invalid input received: volume_type must be provided when creating a volume in a group.",
        ));
    };
    if !group.volume_types.contains(&named.id) {
        return Err(Error::invalid(format!(
            "Invalid input received: Invalid volume_type provided: {} (requested type must be supported by this \
             group).",
            named.id
        )));
    }
    Ok(())
}

fn check_status(group: &Group) -> Result<()> {
    if !matches!(group.status, GroupStatus::Available | GroupStatus::Creating) {
        return Err(Error::invalid(
            "Invalid Group: Originating group status must be one of 'available, creating' values",
        ));
    }
    Ok(())
}

/// There is no key manager that would give a key, and a volume of such a type without one would
/// be a pretence; the words are those of a Cinder whose key manager does not answer.
async fn refuse_encryption(tx: &mut Tx, volume_type: &VolumeType) -> Result<()> {
    match tx.type_encryption(volume_type.id).await? {
        None => Ok(()),
        Some(encryption) if encryption.cipher.as_deref().is_none_or(str::is_empty) => {
            Err(Error::invalid("Invalid encryption spec"))
        }
        Some(_) => Err(Error::invalid("Key manager error")),
    }
}

/// Upstream has no sentence for it.
fn without_size() -> Error {
    Error::invalid(
        "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    )
}

fn blank(ctx: &Ctx, new: &NewVolume, id: VolumeId, size: Gib) -> Volume {
    Volume {
        id,
        project_id: ctx.project_id.clone(),
        user_id: ctx.user_id.clone(),
        name: new.name.clone(),
        description: new.description.clone(),
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        size,
        volume_type_id: None,
        availability_zone: None,
        snapshot_id: None,
        source_volid: None,
        bootable: false,
        multiattach: false,
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

/// What a copy takes over from its source.
fn inherit(volume: &mut Volume, from: &From) -> Source {
    match from {
        From::Nothing => Source::Blank,
        From::Image(picked) => Source::Image(picked.id),
        From::Backup(backup) => Source::Backup(backup.id),
        From::Snapshot(snapshot) => {
            volume.snapshot_id = Some(snapshot.id);
            volume.bootable = snapshot.bootable;
            volume.image_metadata = snapshot.image_metadata.clone();
            Source::Snapshot(snapshot.id)
        }
        From::Volume(source) => {
            volume.source_volid = Some(source.id);
            volume.bootable = source.bootable;
            volume.image_metadata = source.image_metadata.clone();
            Source::Volume(source.id)
        }
    }
}
