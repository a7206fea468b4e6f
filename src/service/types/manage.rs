//! What administrators do to types.

use super::{default, not_found};
use crate::domain::type_changes::TypeChanges;
use crate::domain::volume_type::{NewVolumeType, VolumeType};
use crate::domain::{Ctx, Error, Result, VolumeTypeId};
use crate::service::Services;
use crate::store::Tx;

/// The type in the transaction that changes it.
pub(super) async fn present(tx: &mut Tx, id: &str) -> Result<VolumeType> {
    let parsed: VolumeTypeId = id.parse().map_err(|_| not_found(id))?;
    tx.find_type(parsed).await?.ok_or_else(|| not_found(id))
}

impl Services {
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn create_type(&self, ctx: &Ctx, new: &NewVolumeType) -> Result<VolumeType> {
        let created = VolumeType {
            id: VolumeTypeId::random(),
            name: new.name.clone(),
            description: new.description.clone(),
            is_public: new.is_public,
            qos_specs_id: None,
            extra_specs: new.extra_specs.clone(),
            created_at: ctx.clock.now(),
            updated_at: None,
        };
        let row = &created;
        self.store.write("create a type", |tx, _| Box::pin(tx.insert_type(row))).await?;
        Ok(created)
    }

    /// # Errors
    /// `NotFound`, or `Conflict` when the new name is taken.
    pub async fn update_type(&self, ctx: &Ctx, id: &str, changes: &TypeChanges) -> Result<VolumeType> {
        self.store
            .write("update a type", |tx, _| {
                Box::pin(async move {
                    let mut found = present(tx, id).await?;
                    changes.make(&mut found.name, &mut found.description, &mut found.is_public);
                    found.updated_at = Some(ctx.clock.now());
                    tx.update_type(&found).await?;
                    Ok(found)
                })
            })
            .await
    }

    /// # Errors
    /// `NotFound`, or `Invalid` for the default type and one that volumes have.
    pub async fn delete_type(&self, id: &str) -> Result<()> {
        self.store
            .write("delete a type", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    let is_default =
                        default(tx, &self.settings).await.is_ok_and(|default| default.id == found.id);
                    if is_default || tx.is_a_default_type(found.id).await? {
                        return Err(Error::invalid(format!(
                            "The volume type {id} is a default volume type and cannot be deleted."
                        )));
                    }
                    if tx.is_type_in_use(found.id).await? || tx.is_type_in_groups(found.id).await? {
                        return Err(Error::invalid("Target volume type is still in use."));
                    }
                    tx.delete_type(found.id).await
                })
            })
            .await
    }
}
