//! Extra specs: fixed while any volume has the type, since they were promised to it.

use super::manage::present;
use crate::domain::volume_type::VolumeType;
use crate::domain::{Ctx, Error, Metadata, Result};
use crate::service::Services;
use crate::store::Tx;

/// A change of the specs: what to set, or which key to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecsChange {
    Set(Metadata),
    Remove(String),
}

impl Services {
    /// Whether the specs of a type may be changed at all.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a type in use.
    pub async fn unused_type(&self, id: &str) -> Result<()> {
        self.store
            .write("look at a type", |tx, _| Box::pin(async move { unused(tx, id).await.map(|_| ()) }))
            .await
    }

    /// # Errors
    /// `NotFound` for the type or the key, `Invalid` for a type in use.
    pub async fn change_extra_specs(&self, ctx: &Ctx, id: &str, change: &SpecsChange) -> Result<()> {
        self.store
            .write("change extra specs", |tx, _| {
                Box::pin(async move {
                    let mut found = unused(tx, id).await?;
                    match change {
                        SpecsChange::Set(specs) => found.extra_specs.extend(specs.clone()),
                        SpecsChange::Remove(key) => {
                            let removed = found.extra_specs.remove(key);
                            removed.ok_or_else(|| spec_not_found(id, key))?;
                        }
                    }
                    found.updated_at = Some(ctx.clock.now());
                    tx.update_type(&found).await
                })
            })
            .await
    }
}

/// The type, if no volume has it.
async fn unused(tx: &mut Tx, id: &str) -> Result<VolumeType> {
    let found = present(tx, id).await?;
    if tx.is_type_in_use(found.id).await? {
        return Err(Error::invalid("Volume Type is currently in use."));
    }
    Ok(found)
}

/// For a key that the type does not have.
pub fn spec_not_found(id: &str, key: &str) -> Error {
    Error::not_found(format!("Volume Type {id} has no extra specs with key {key}."))
}
