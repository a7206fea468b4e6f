//! The default types of projects.

use super::resolve;
use crate::domain::{Ctx, Error, ErrorKind, ProjectId, Result, VolumeTypeId};
use crate::service::Services;

impl Services {
    /// Sets it, by id or name.
    ///
    /// # Errors
    /// `Invalid` for an unknown type.
    pub async fn set_default_type(
        &self,
        ctx: &Ctx,
        project: &ProjectId,
        named: &str,
    ) -> Result<VolumeTypeId> {
        self.store
            .write("set a default type", |tx, _| {
                Box::pin(async move {
                    let found = resolve(tx, ctx, named).await.map_err(wrong_if_unknown)?;
                    tx.set_default_type(project, found.id).await?;
                    Ok(found.id)
                })
            })
            .await
    }

    /// # Errors
    /// `NotFound` when the project follows the cloud's default.
    pub async fn default_type_of(&self, project: &ProjectId) -> Result<VolumeTypeId> {
        let found = self.store.read().await?.default_type_of(project).await?;
        found.ok_or_else(|| Error::not_found(format!("Default type for project {project} not found.")))
    }

    /// # Errors
    /// Those of the database.
    pub async fn default_types(&self) -> Result<Vec<(ProjectId, VolumeTypeId)>> {
        self.store.read().await?.default_types().await
    }

    /// # Errors
    /// Those of the database.
    pub async fn unset_default_type(&self, project: &ProjectId) -> Result<()> {
        self.store.write("unset a default type", |tx, _| Box::pin(tx.unset_default_type(project))).await
    }
}

/// A type in a body that does not exist is a wrong request, not a missing resource.
fn wrong_if_unknown(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::invalid(error.message().to_owned()),
        _ => error,
    }
}
