//! Names, metadata and image metadata: changes of the row alone.

use super::{parse_id, refuse_in_maintenance, visible};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::{Volume, VolumeChanges, VolumeDetails};
use crate::domain::{Ctx, Error, Metadata, Result};
use crate::service::Services;
use std::sync::Arc;

/// What to do to a map of strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapChange {
    Merge(Metadata),
    Replace(Metadata),
    /// 404 when the key is not there.
    Remove(String),
}

impl MapChange {
    pub(crate) fn apply(&self, map: &mut Metadata) -> Result<()> {
        match self {
            Self::Merge(new) => map.extend(new.clone()),
            Self::Replace(new) => map.clone_from(new),
            Self::Remove(key) => {
                map.remove(key).ok_or_else(|| Error::not_found("Metadata item was not found"))?;
            }
        }
        Ok(())
    }
}

/// Metadata stays as it is while an administrator has the volume locked, or it is being read.
fn refuse_fixed(volume: &Volume, change: &MapChange) -> Result<()> {
    let doing = if matches!(change, MapChange::Remove(_)) { "Deleting" } else { "Updating" };
    match volume.status {
        VolumeStatus::Maintenance | VolumeStatus::Uploading => Err(Error::invalid(format!(
            "Invalid volume: {doing} volume metadata is not allowed for volumes in {} status.",
            volume.status
        ))),
        _ => Ok(()),
    }
}

impl Services {
    /// Name, description, metadata.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` during maintenance.
    pub async fn update_volume(
        &self,
        ctx: &Ctx,
        id: &str,
        changes: &VolumeChanges,
    ) -> Result<Arc<VolumeDetails>> {
        self.change_volume(ctx, id, |volume| {
            refuse_in_maintenance(volume)?;
            if let Some(name) = &changes.name {
                volume.name.clone_from(name);
            }
            if let Some(description) = &changes.description {
                volume.description.clone_from(description);
            }
            if let Some(metadata) = &changes.metadata {
                volume.metadata.clone_from(metadata);
            }
            Ok(())
        })
        .await?;
        self.get_volume(ctx, id).await
    }

    /// Changes the user's metadata; all of it afterwards.
    ///
    /// # Errors
    /// `NotFound` for the volume or the key, `Invalid` in a status that forbids it.
    pub async fn change_volume_metadata(&self, ctx: &Ctx, id: &str, change: &MapChange) -> Result<Metadata> {
        let changed = self
            .change_volume(ctx, id, |volume| {
                refuse_fixed(volume, change)?;
                change.apply(&mut volume.metadata)
            })
            .await?;
        Ok(changed.metadata)
    }

    /// Changes the Glance properties; all of them afterwards.
    ///
    /// # Errors
    /// `NotFound` for the volume or the key.
    pub async fn change_image_metadata(&self, ctx: &Ctx, id: &str, change: &MapChange) -> Result<Metadata> {
        let changed = self
            .change_volume(ctx, id, |volume| {
                refuse_fixed(volume, change)?;
                change.apply(&mut volume.image_metadata)
            })
            .await?;
        Ok(changed.image_metadata)
    }

    /// One change of one row; the row afterwards.
    pub(crate) async fn change_volume<F>(&self, ctx: &Ctx, id: &str, change: F) -> Result<Volume>
    where
        F: Fn(&mut Volume) -> Result<()> + Send + Sync,
    {
        let id = parse_id(id)?;
        let change = &change;
        self.store
            .write("change a volume", |tx, _| {
                Box::pin(async move {
                    let mut volume = visible(tx, ctx, id).await?;
                    change(&mut volume)?;
                    volume.updated_at = Some(ctx.clock.now());
                    tx.update_volume(&volume).await?;
                    Ok(volume)
                })
            })
            .await
    }
}
