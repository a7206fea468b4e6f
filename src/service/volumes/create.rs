//! `POST /volumes`: everything that can be decided at once is decided here; where the volume
//! goes is not (placement is a step of the operation, as scheduling is asynchronous in Cinder).

use std::sync::Arc;

use super::{parse_id, visible};
use crate::domain::backup::Backup;
use crate::domain::group::{Group, GroupStatus};
use crate::domain::operation::{CreateVolume, Source, Work};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{AttachStatus, BackupStatus, SnapshotStatus, VolumeEvent, VolumeStatus};
use crate::domain::volume::{NewVolume, Volume, VolumeDetails};
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{BackupId, Ctx, Error, Gib, ImageId, Metadata, Result, SnapshotId, VolumeId};
use crate::service::quotas::{self, Wanted};
use crate::service::{Services, confined_to, groups, types};
use crate::store::{Dispatch, Tx, quota_lock};

/// Where the data comes from, looked up.
enum From {
    Nothing,
    Snapshot(Box<Snapshot>),
    Volume(Box<Volume>),
    Image(ImageId),
    Backup(Box<Backup>),
}

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
        // A type that is named is looked up before anything else, as in Cinder.
        let named = match &new.volume_type {
            Some(named) => Some(types::resolve(tx, ctx, named).await?),
            None => None,
        };
        let (from, group) = look_up(tx, ctx, new).await?;
        if let Some(refusal) = new.refusal {
            return Err(Error::invalid(refusal));
        }
        let id = VolumeId::random();
        let size = size_of(new, &from)?;
        let volume_type = match named {
            Some(found) => found,
            None => self.type_of(tx, ctx, &from).await?,
        };
        volume_type.check_size(size)?;
        let multiattach = TypeSpecs::parse(&volume_type.extra_specs).is_ok_and(|specs| specs.multiattach);
        if let Some(refusal) = new.multiattach_refusal.as_ref().filter(|_| multiattach) {
            return Err(Error::forbidden(refusal.clone()));
        }
        if let Some(group) = &group {
            joins(group, new, &volume_type)?;
            // A delete that counted the members just now must count again.
            tx.update_group(group).await?;
        }
        let availability_zone = match group.as_ref().and_then(|group| group.availability_zone.clone()) {
            Some(zone) => zone,
            None => self.zone_of(tx, new, &from).await?,
        };
        refuse_encryption(tx, &volume_type).await?;
        let wanted = Wanted::Volume { size, volume_type: Some(&volume_type) };
        quotas::check(tx, &self.settings, &ctx.project_id, wanted).await?;

        let mut volume = blank(ctx, new, id, size);
        volume.volume_type_id = Some(volume_type.id);
        volume.availability_zone = Some(availability_zone);
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
        Ok((operation, VolumeDetails { volume, type_name, cluster: None, attachments: Vec::new() }))
    }

    /// The source's, else the default.
    async fn type_of(&self, tx: &mut Tx, ctx: &Ctx, from: &From) -> Result<VolumeType> {
        let inherited = match from {
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

/// Each source named is looked up (404) before naming several is refused (400), as in Cinder.
async fn look_up(tx: &mut Tx, ctx: &Ctx, new: &NewVolume) -> Result<(From, Option<Group>)> {
    let mut from = From::Nothing;
    if let Some(id) = &new.source_volid {
        let source = visible(tx, ctx, parse_id(id)?).await?;
        if !VolumeEvent::ReadData.allowed_from().contains(&source.status) {
            return Err(Error::invalid(
                "Invalid volume: Originating source volume status must be one of 'available, in-use' values",
            ));
        }
        from = From::Volume(Box::new(source));
    }
    if let Some(id) = &new.snapshot_id {
        let missing = || Error::not_found(format!("Snapshot {id} could not be found."));
        let parsed = id.parse::<SnapshotId>().map_err(|_| missing())?;
        let snapshot = tx.find_snapshot(parsed, confined_to(ctx)).await?.ok_or_else(missing)?;
        if snapshot.status != SnapshotStatus::Available {
            return Err(Error::invalid(
                "Invalid snapshot: Originating snapshot status must be one of 'available' values",
            ));
        }
        from = From::Snapshot(Box::new(snapshot));
    }
    let image = new.image_ref.as_deref().map(image_of).transpose()?;
    if let Some(id) = &new.backup_id {
        from = From::Backup(Box::new(backup(tx, ctx, id).await?));
    }
    let mut group = None;
    for id in [&new.consistencygroup_id, &new.group_id].into_iter().flatten() {
        group = Some(groups::visible(tx, ctx, id).await?);
    }
    let sources = [&new.source_volid, &new.snapshot_id, &new.image_ref, &new.backup_id];
    if sources.iter().filter(|source| source.is_some()).count() > 1 {
        return Err(Error::invalid(
            "Invalid input received: May specify only one of backup, imageRef, snapshot, source volume",
        ));
    }
    if let Some(image) = image {
        from = From::Image(image);
    }
    Ok((from, group))
}

/// A volume joins a group only with a type of the group that it names.
fn joins(group: &Group, new: &NewVolume, volume_type: &VolumeType) -> Result<()> {
    if new.volume_type.is_none() {
        return Err(Error::invalid(
            "Invalid input received: volume_type must be provided when creating a volume in a group.",
        ));
    }
    if !group.volume_types.contains(&volume_type.id) {
        return Err(Error::invalid(format!(
            "Invalid input received: Invalid volume_type provided: {} (requested type must be supported by this \
             group).",
            volume_type.id
        )));
    }
    if !matches!(group.status, GroupStatus::Available | GroupStatus::Creating) {
        return Err(Error::invalid(
            "Invalid Group: Originating group status must be one of 'available, creating' values",
        ));
    }
    Ok(())
}

/// An id, or a URL that ends in one. A name could only be told by the image service.
fn image_of(reference: &str) -> Result<ImageId> {
    let last = reference.rsplit('/').next().unwrap_or_default();
    uuid::Uuid::try_parse(last)
        .map(ImageId::from_uuid)
        .map_err(|_| Error::invalid("Invalid image identifier or unable to access requested image."))
}

async fn backup(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Backup> {
    let missing = || Error::not_found(format!("Backup {id} could not be found."));
    let parsed: BackupId = id.parse().map_err(|_| missing())?;
    let found = tx.find_backup(parsed, confined_to(ctx)).await?.ok_or_else(missing)?.backup;
    if found.status != BackupStatus::Available {
        return Err(Error::invalid(
            "Invalid backup: Originating backup status must be one of 'available' values",
        ));
    }
    Ok(found)
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

fn size_of(new: &NewVolume, from: &From) -> Result<Gib> {
    let source = match from {
        From::Nothing | From::Image(_) => {
            return new.size.ok_or_else(|| {
                Error::invalid(
                    // Not more than this, since upstream has no sentence for it.
                    "The server could not comply with the request since it is either malformed or otherwise incorrect.",
                )
            });
        }
        From::Snapshot(snapshot) => snapshot.volume_size,
        From::Volume(volume) => volume.size,
        From::Backup(backup) => backup.size,
    };
    let Some(size) = new.size.filter(|size| *size < source) else { return Ok(new.size.unwrap_or(source)) };
    Err(Error::invalid(match from {
        From::Backup(_) => format!(
            "Invalid input received: Volume size {size}GB cannot be smaller than the backup size {source}GB. It \
             must be >= backup size."
        ),
        From::Snapshot(_) => format!(
            "Invalid input received: Volume size '{size}'GB cannot be smaller than the snapshot size {source}GB. \
             They must be >= original snapshot size."
        ),
        // Two blanks, as upstream writes it.
        _ => format!(
            "Invalid input received: Volume size '{size}'GB cannot be smaller than original volume size  \
             {source}GB. They must be >= original volume size."
        ),
    }))
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
        From::Image(image) => Source::Image(*image),
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
