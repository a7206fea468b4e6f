//! Which projects a private type is given to.

use super::manage::present;
use crate::domain::{Error, ProjectId, Result};
use crate::service::Services;

impl Services {
    /// # Errors
    /// `NotFound` for the type, and for a public one, which has no such list.
    pub async fn type_access(&self, id: &str) -> Result<Vec<ProjectId>> {
        let parsed = id.parse().map_err(|_| super::not_found(id))?;
        let mut session = self.store.read().await?;
        let found = session.find_type(parsed).await?.ok_or_else(|| super::not_found(id))?;
        if found.is_public {
            return Err(Error::not_found("Access list not available for public volume types."));
        }
        session.type_projects(found.id).await
    }

    /// # Errors
    /// `NotFound`, `Invalid` for a public type, `Conflict` when the project has it already.
    pub async fn add_type_access(&self, id: &str, project: &ProjectId) -> Result<()> {
        self.store
            .write("add type access", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    refuse_public(found.is_public)?;
                    tx.add_type_project(found.id, project).await
                })
            })
            .await
    }

    /// # Errors
    /// `NotFound` for the type or the project's access, `Invalid` for a public type.
    pub async fn remove_type_access(&self, id: &str, project: &ProjectId) -> Result<()> {
        self.store
            .write("remove type access", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    refuse_public(found.is_public)?;
                    tx.remove_type_project(found.id, project).await
                })
            })
            .await
    }
}

fn refuse_public(is_public: bool) -> Result<()> {
    if is_public {
        return Err(Error::invalid(
            "Invalid volume type: Type access modification is not applicable to public volume type.",
        ));
    }
    Ok(())
}
