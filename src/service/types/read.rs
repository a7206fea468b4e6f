//! Show and list.

use super::{default_of, not_found, resolve};
use crate::domain::page::{ListQuery, Page};
use crate::domain::volume_type::{TypeSpecs, VolumeType};
use crate::domain::{Ctx, Error, ProjectId, Result, VolumeTypeId};
use crate::service::{Services, confined_to};

/// Which types a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Public ones, and the private ones given to this project.
    UsableBy(&'a ProjectId),
    All,
}

impl Services {
    /// One type, by id only.
    ///
    /// # Errors
    /// `NotFound`, also for a private type that was not given to the caller's project.
    pub async fn get_type(&self, ctx: &Ctx, id: &str) -> Result<VolumeType> {
        let parsed: VolumeTypeId = id.parse().map_err(|_| not_found(id))?;
        let mut session = self.store.read().await?;
        let found = session.find_type(parsed).await?.ok_or_else(|| not_found(id))?;
        match confined_to(ctx) {
            Some(project) if !session.may_use_type(&found, project).await? => Err(not_found(id)),
            _ => Ok(found),
        }
    }

    /// One type, by id or name.
    ///
    /// # Errors
    /// `NotFound`, also for a private type that was not given to the caller's project.
    pub async fn find_type(&self, ctx: &Ctx, id_or_name: &str) -> Result<VolumeType> {
        resolve(&mut self.store.read().await?, ctx, id_or_name).await
    }

    /// The type of a volume that names none.
    ///
    /// # Errors
    /// `Invalid` when there is none.
    pub async fn default_type(&self, ctx: &Ctx) -> Result<VolumeType> {
        default_of(&mut self.store.read().await?, &self.settings, &ctx.project_id).await
    }

    /// A page of types; an unknown marker is none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_types(&self, query: &ListQuery, shown: Shown<'_>) -> Result<Page<VolumeType>> {
        let project = match shown {
            Shown::UsableBy(project) => Some(project),
            Shown::All => None,
        };
        self.store.read().await?.list_types(query, project).await
    }

    /// What the extra specs of a type, named by id or name, ask of a cluster.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for specs that cannot be.
    pub async fn type_specs(&self, ctx: &Ctx, id_or_name: &str) -> Result<TypeSpecs> {
        let found = self.find_type(ctx, id_or_name).await?;
        TypeSpecs::parse(&found.extra_specs).map_err(Error::invalid)
    }
}
