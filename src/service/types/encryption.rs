//! Encryption of types: fixed while any volume has the type, since its key was made for it.

use super::manage::present;
use super::not_found;
use crate::domain::encryption::{EncryptionFields, TypeEncryption};
use crate::domain::{Ctx, Error, Result, VolumeId, VolumeTypeId};
use crate::service::Services;
use crate::store::Tx;

impl Services {
    /// What a type says about encryption, if anything.
    ///
    /// # Errors
    /// `NotFound` for the type.
    pub async fn type_encryption(&self, id: &str) -> Result<Option<TypeEncryption>> {
        let parsed: VolumeTypeId = id.parse().map_err(|_| not_found(id))?;
        let mut session = self.store.read().await?;
        session.find_type(parsed).await?.ok_or_else(|| not_found(id))?;
        session.type_encryption(parsed).await
    }

    /// What the type of a volume says about encryption.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn volume_encryption(&self, volume: VolumeId) -> Result<Option<TypeEncryption>> {
        let mut session = self.store.read().await?;
        let found = session.find_volume(volume, None).await?;
        match found.and_then(|details| details.volume.volume_type_id) {
            Some(id) => session.type_encryption(id).await,
            None => Ok(None),
        }
    }

    /// # Errors
    /// `Invalid` for a type that volumes have or that is encrypted already, `NotFound`.
    pub async fn create_type_encryption(
        &self,
        ctx: &Ctx,
        id: &str,
        fields: &EncryptionFields,
    ) -> Result<TypeEncryption> {
        self.store
            .write("create a type's encryption", |tx, _| {
                Box::pin(async move {
                    refuse_in_use(tx, id, "create").await?;
                    let found = present(tx, id).await?;
                    let mut created = TypeEncryption {
                        volume_type_id: found.id,
                        encryption_id: uuid::Uuid::new_v4(),
                        provider: String::new(),
                        control_location: String::new(),
                        cipher: None,
                        key_size: None,
                        created_at: ctx.clock.now(),
                        updated_at: None,
                    };
                    created.change(fields);
                    tx.insert_type_encryption(&created).await?;
                    Ok(created)
                })
            })
            .await
    }

    /// # Errors
    /// `Invalid` for a type that volumes have, `NotFound` for the type or its encryption.
    pub async fn update_type_encryption(&self, ctx: &Ctx, id: &str, fields: &EncryptionFields) -> Result<()> {
        self.store
            .write("update a type's encryption", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    refuse_in_use(tx, id, "update").await?;
                    let mut changed = tx.type_encryption(found.id).await?.ok_or_else(|| no_encryption(id))?;
                    changed.change(fields);
                    changed.updated_at = Some(ctx.clock.now());
                    tx.update_type_encryption(&changed).await
                })
            })
            .await
    }

    /// # Errors
    /// `Invalid` for a type that volumes have, `NotFound` when there is none.
    pub async fn delete_type_encryption(&self, id: &str) -> Result<()> {
        self.store
            .write("delete a type's encryption", |tx, _| {
                Box::pin(async move {
                    refuse_in_use(tx, id, "delete").await?;
                    let parsed = id.parse().map_err(|_| no_encryption(id))?;
                    match tx.delete_type_encryption(parsed).await? {
                        0 => Err(no_encryption(id)),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }
}

/// For a type without encryption, and for a key that an encryption does not have.
pub fn no_encryption(id: &str) -> Error {
    Error::not_found(format!("Volume type encryption for type {id} does not exist."))
}

/// An unknown type is in no use.
async fn refuse_in_use(tx: &mut Tx, id: &str, doing: &str) -> Result<()> {
    let Ok(parsed) = id.parse() else { return Ok(()) };
    if tx.is_type_in_use(parsed).await? {
        return Err(Error::invalid(format!("Cannot {doing} encryption specs. Volume type in use.")));
    }
    Ok(())
}
