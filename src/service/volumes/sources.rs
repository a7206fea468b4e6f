//! What a new volume is made of, and the group it joins: all of it is looked up (404) before any
//! of it is judged (400), as in Cinder.

use super::{parse_id, visible};
use crate::domain::backup::Backup;
use crate::domain::encryption::TypeEncryption;
use crate::domain::group::Group;
use crate::domain::image::{Found, Image};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::{BackupStatus, SnapshotStatus, VolumeEvent};
use crate::domain::volume::{NewVolume, Volume};
use crate::domain::volume_type::VolumeType;
use crate::domain::{BackupId, Ctx, Error, ErrorKind, Gib, ImageId, Result, SnapshotId, VolumeTypeId};
use crate::service::{confined_to, groups};
use crate::store::Tx;

/// Cinder lets a copy have another type only where both name one and the same back end.
const BACKEND_NAME: &str = "volume_backend_name";

/// Since then an image that Nova made of a boot volume is its snapshot.
const SNAPSHOTS_OF_NOVA: u16 = 46;

/// Everything a request names.
pub(super) struct Sources {
    snapshot: Option<Snapshot>,
    volume: Option<Volume>,
    image: Option<Picked>,
    backup: Option<Backup>,
    group: Option<Group>,
}

/// An image, and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) id: ImageId,
    /// Nothing, where there is no image service.
    pub(super) image: Option<Box<Image>>,
}

/// Where the data comes from.
pub(super) enum From {
    Nothing,
    Snapshot(Box<Snapshot>),
    Volume(Box<Volume>),
    Image(Picked),
    Backup(Box<Backup>),
}

impl Sources {
    pub(super) async fn look_up(tx: &mut Tx, ctx: &Ctx, new: &NewVolume) -> Result<Self> {
        let mut snapshot = match &new.snapshot_id {
            Some(id) => Some(snapshot(tx, ctx, id).await?),
            None => None,
        };
        let volume = match &new.source_volid {
            Some(id) => Some(visible(tx, ctx, parse_id(id)?).await?),
            None => None,
        };
        let mut group = None;
        for id in [&new.consistencygroup_id, &new.group_id].into_iter().flatten() {
            group = Some(groups::visible(tx, ctx, id).await?);
        }
        let mut image = picked(new)?;
        if let Some(stands_for) = image.as_ref().and_then(|picked| picked.image.as_ref()?.boot_snapshot()) {
            let found = boot_snapshot(tx, ctx, &stands_for.snapshot_id).await?;
            if ctx.microversion.at_least(SNAPSHOTS_OF_NOVA) {
                (snapshot, image) = (Some(found), None);
            }
        }
        let backup = match &new.backup_id {
            Some(id) => Some(backup(tx, ctx, id).await?),
            None => None,
        };
        // Whether it can be booted from is asked of the volume as it is now, while there is one.
        if let Some(snapshot) = &mut snapshot
            && let Some(origin) = tx.volume(snapshot.volume_id).await?
        {
            snapshot.bootable = origin.bootable;
        }
        Ok(Self { snapshot, volume, image, backup, group })
    }

    pub(super) const fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// That of a copy for which none is asked.
    pub(super) fn size(&self) -> Option<Gib> {
        let snapshot = self.snapshot.as_ref().map(|snapshot| snapshot.volume_size);
        let volume = || self.volume.as_ref().map(|volume| volume.size);
        snapshot.or_else(volume).or_else(|| self.backup.as_ref().map(|backup| backup.size))
    }

    /// May a copy have this type?
    pub(super) async fn check_type(&self, tx: &mut Tx, named: &VolumeType) -> Result<()> {
        let refused = |advice: &str| {
            Error::invalid(format!(
                "Invalid input received: Invalid volume_type provided: {} (requested type is not compatible; {advice}).",
                named.id
            ))
        };
        if let Some(volume) = &self.volume
            && volume.volume_type_id != Some(named.id)
            && !is_compatible(tx, volume.volume_type_id, named).await?
        {
            return Err(refused("either match source volume, or omit type argument"));
        }
        if let Some(snapshot) = &self.snapshot
            && snapshot.volume_type_id != Some(named.id)
        {
            let now = tx.volume(snapshot.volume_id).await?.and_then(|volume| volume.volume_type_id);
            if !is_compatible(tx, now, named).await? {
                return Err(refused("recommend omitting the type argument"));
            }
        }
        Ok(())
    }

    /// The one source there may be, if it can be read.
    pub(super) fn only_one(self) -> Result<(From, Option<Group>)> {
        let Self { snapshot, volume, image, backup, group } = self;
        let from = match (snapshot, volume, image, backup) {
            (None, None, None, None) => From::Nothing,
            (Some(snapshot), None, None, None) => From::Snapshot(Box::new(snapshot)),
            (None, Some(volume), None, None) => From::Volume(Box::new(volume)),
            (None, None, Some(image), None) => From::Image(image),
            (None, None, None, Some(backup)) => From::Backup(Box::new(backup)),
            _ => {
                return Err(Error::invalid(
                    "Invalid input received: May specify only one of backup, imageRef, snapshot, source volume",
                ));
            }
        };
        from.check_status()?;
        Ok((from, group))
    }
}

impl From {
    fn check_status(&self) -> Result<()> {
        let (readable, refusal) = match self {
            Self::Nothing | Self::Image(_) => return Ok(()),
            Self::Snapshot(snapshot) => (
                snapshot.status == SnapshotStatus::Available,
                "Invalid snapshot: Originating snapshot status must be one of 'available' values",
            ),
            Self::Volume(volume) => (
                VolumeEvent::ReadData.allowed_from().contains(&volume.status),
                "Invalid volume: Originating source volume status must be one of 'available, in-use' values",
            ),
            Self::Backup(backup) => (
                backup.status == BackupStatus::Available,
                "Invalid backup: Originating backup status must be one of 'available' values",
            ),
        };
        if readable { Ok(()) } else { Err(Error::invalid(refusal)) }
    }

    /// A copy may be larger than its source.
    pub(super) fn check_size(&self, size: Gib) -> Result<()> {
        let source = match self {
            Self::Nothing | Self::Image(_) => return Ok(()),
            Self::Snapshot(snapshot) => snapshot.volume_size,
            Self::Volume(volume) => volume.size,
            Self::Backup(backup) => backup.size,
        };
        if size >= source {
            return Ok(());
        }
        Err(Error::invalid(match self {
            Self::Backup(_) => format!(
                "Invalid input received: Volume size {size}GB cannot be smaller than the backup size {source}GB. It \
                 must be >= backup size."
            ),
            Self::Snapshot(_) => format!(
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
}

/// What the image service said of the image, or what can be said without one.
fn picked(new: &NewVolume) -> Result<Option<Picked>> {
    match &new.image {
        Some(Found::Image(image)) => Ok(Some(Picked { id: image.id, image: Some(image.clone()) })),
        Some(Found::Refused(kind, told)) => Err(Error::new(*kind, told.clone())),
        None => {
            let id = new.image_ref.as_deref().map(image_of).transpose()?;
            Ok(id.map(|id| Picked { id, image: None }))
        }
    }
}

/// An id, or a URL that ends in one. A name could only be told by the image service.
///
/// # Errors
/// `Invalid` for anything else.
pub fn image_of(reference: &str) -> Result<ImageId> {
    let last = reference.rsplit('/').next().unwrap_or_default();
    uuid::Uuid::try_parse(last)
        .map(ImageId::from_uuid)
        .map_err(|_| Error::invalid("Invalid image identifier or unable to access requested image."))
}

async fn snapshot(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Snapshot> {
    let missing = || Error::not_found(format!("Snapshot {id} could not be found."));
    let parsed: SnapshotId = id.parse().map_err(|_| missing())?;
    tx.find_snapshot(parsed, confined_to(ctx)).await?.ok_or_else(missing)
}

/// That which an image of Nova's stands for.
async fn boot_snapshot(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Snapshot> {
    snapshot(tx, ctx, id).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::not_found(format!(
            "Nova specific image is found, but boot volume snapshot id:{id} not found."
        )),
        _ => error,
    })
}

async fn backup(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Backup> {
    let missing = || Error::not_found(format!("Backup {id} could not be found."));
    let parsed: BackupId = id.parse().map_err(|_| missing())?;
    Ok(tx.find_backup(parsed, confined_to(ctx)).await?.ok_or_else(missing)?.backup)
}

/// Encrypted alike, and both for the same back end.
async fn is_compatible(tx: &mut Tx, source: Option<VolumeTypeId>, named: &VolumeType) -> Result<bool> {
    let Some(id) = source else { return Ok(false) };
    let (ours, theirs) = (tx.type_encryption(id).await?, tx.type_encryption(named.id).await?);
    if !is_same_encryption(ours.as_ref(), theirs.as_ref()) {
        return Ok(false);
    }
    let Some(source) = tx.find_type(id).await? else { return Ok(false) };
    let backend =
        |specs: &VolumeType| specs.extra_specs.get(BACKEND_NAME).filter(|name| !name.is_empty()).cloned();
    let ours = backend(&source);
    Ok(ours.is_some() && ours == backend(named))
}

fn is_same_encryption(one: Option<&TypeEncryption>, other: Option<&TypeEncryption>) -> bool {
    let told = |it: &TypeEncryption| {
        (it.provider.clone(), it.control_location.clone(), it.cipher.clone(), it.key_size)
    };
    one.map(told) == other.map(told)
}
