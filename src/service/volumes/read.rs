//! Show, list, summary: from the store only, never from a cluster.

use std::sync::Arc;

use super::{not_found, parse_id};
use crate::domain::page::{ListQuery, Page};
use crate::domain::volume::{VolumeDetails, VolumeSummary};
use crate::domain::{Ctx, Result};
use crate::service::{Services, confined_to};

impl Services {
    /// One volume.
    ///
    /// # Errors
    /// `NotFound`, also for a volume of another project.
    pub async fn get_volume(&self, ctx: &Ctx, id: &str) -> Result<Arc<VolumeDetails>> {
        let parsed = parse_id(id)?;
        let found = self.store.find_volume(parsed, confined_to(ctx)).await?;
        found.ok_or_else(|| not_found(id))
    }

    /// A page of volumes.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_volumes(&self, query: &ListQuery) -> Result<Arc<Page<Arc<VolumeDetails>>>> {
        self.store.list_volumes(query).await
    }

    /// Count, size and metadata of all volumes of the scope.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn volume_summary(&self, query: &ListQuery) -> Result<VolumeSummary> {
        let mut summary = VolumeSummary::default();
        for (size, metadata) in self.store.read().await?.summarise_volumes(query).await? {
            summary.count += 1;
            summary.total_size_gib += size;
            for (key, value) in metadata {
                summary.metadata.entry(key).or_default().insert(value);
            }
        }
        Ok(summary)
    }
}
