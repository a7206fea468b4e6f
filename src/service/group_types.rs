//! Group types and their specs.

use super::{Services, confined_to};
use crate::domain::group_type::{GroupSpecs, GroupType, NewGroupType};
use crate::domain::page::{ListQuery, Page};
use crate::domain::type_changes::TypeChanges;
use crate::domain::{Ctx, Error, GroupTypeId, Result};
use crate::store::{Session, Tx};

/// A change of the specs: what to set, or which key to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSpecsChange {
    Set(GroupSpecs),
    Remove(String),
}

fn not_found(id: &str) -> Error {
    Error::not_found(format!("Group type {id} could not be found."))
}

/// A type by id, if the caller may know of it: a private one is for administrators, since there
/// is no call that gives it to a project.
async fn visible(session: &mut Session, ctx: &Ctx, id: &str) -> Result<GroupType> {
    let parsed: GroupTypeId = id.parse().map_err(|_| not_found(id))?;
    let found = session.find_group_type(parsed).await?;
    found.filter(|found| found.is_public || confined_to(ctx).is_none()).ok_or_else(|| not_found(id))
}

/// The type that a request for a group names: an id, or else a name, which finds private types
/// too, as in Cinder.
///
/// # Errors
/// `NotFound`.
pub async fn resolve(session: &mut Session, ctx: &Ctx, id_or_name: &str) -> Result<GroupType> {
    let is_uuid = uuid::Uuid::try_parse(id_or_name).is_ok();
    if is_uuid && let Ok(found) = visible(session, ctx, id_or_name).await {
        return Ok(found);
    }
    session.find_group_type_by_name(id_or_name).await?.ok_or_else(|| match is_uuid {
        true => not_found(id_or_name),
        false => Error::not_found(format!("Group type with name {id_or_name} could not be found.")),
    })
}

impl Services {
    /// One group type, by id.
    ///
    /// # Errors
    /// `NotFound`, also for a private one.
    pub async fn get_group_type(&self, ctx: &Ctx, id: &str) -> Result<GroupType> {
        visible(&mut self.store.read().await?, ctx, id).await
    }

    /// The type a request for a group names, by id or name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn find_group_type(&self, ctx: &Ctx, id_or_name: &str) -> Result<GroupType> {
        resolve(&mut self.store.read().await?, ctx, id_or_name).await
    }

    /// The type that the configuration calls the default.
    ///
    /// # Errors
    /// `NotFound` when it names none, or one that is not there.
    pub async fn default_group_type(&self) -> Result<GroupType> {
        let found = match &self.settings.default_group_type {
            Some(name) => self.store.read().await?.find_group_type_by_name(name).await?,
            None => None,
        };
        found.ok_or_else(|| Error::not_found("Default group type can not be found."))
    }

    /// A page of group types; an unknown marker is none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_group_types(&self, query: &ListQuery) -> Result<Page<GroupType>> {
        self.store.read().await?.list_group_types(query).await
    }

    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn create_group_type(&self, ctx: &Ctx, new: &NewGroupType) -> Result<GroupType> {
        let created = GroupType {
            id: GroupTypeId::random(),
            name: new.name.clone(),
            description: new.description.clone(),
            is_public: new.is_public,
            specs: new.specs.clone(),
            created_at: ctx.clock.now(),
            updated_at: None,
        };
        let row = &created;
        self.store.write("create a group type", |tx, _| Box::pin(tx.insert_group_type(row))).await?;
        Ok(created)
    }

    /// # Errors
    /// `NotFound`, or `Conflict` when the new name is taken.
    pub async fn update_group_type(&self, ctx: &Ctx, id: &str, changes: &TypeChanges) -> Result<GroupType> {
        self.store
            .write("update a group type", |tx, _| {
                Box::pin(async move {
                    // A name that is taken is told of before the type is looked for.
                    if let Some(name) = &changes.name {
                        tx.refuse_group_type_name(name, id).await?;
                    }
                    let mut found = visible(tx, ctx, id).await?;
                    changes.make(&mut found.name, &mut found.description, &mut found.is_public);
                    found.updated_at = Some(ctx.clock.now());
                    tx.update_group_type(&found).await?;
                    Ok(found)
                })
            })
            .await
    }

    /// # Errors
    /// `NotFound`, or `Invalid` for one that groups have.
    pub async fn delete_group_type(&self, ctx: &Ctx, id: &str) -> Result<()> {
        self.store
            .write("delete a group type", |tx, _| {
                Box::pin(async move {
                    let found = visible(tx, ctx, id).await?;
                    if tx.is_group_type_in_use(found.id).await? {
                        return Err(Error::invalid(format!(
                            "Target group type is still in use. Group Type {id} deletion is not allowed with \
                             groups present with the type."
                        )));
                    }
                    tx.delete_group_type(found.id).await
                })
            })
            .await
    }

    /// # Errors
    /// `NotFound` for the type or the key.
    pub async fn change_group_specs(&self, ctx: &Ctx, id: &str, change: &GroupSpecsChange) -> Result<()> {
        self.store.write("change group specs", |tx, _| Box::pin(change_specs(tx, ctx, id, change))).await
    }
}

async fn change_specs(tx: &mut Tx, ctx: &Ctx, id: &str, change: &GroupSpecsChange) -> Result<()> {
    let mut found = visible(tx, ctx, id).await?;
    match change {
        GroupSpecsChange::Set(specs) => found.specs.extend(specs.clone()),
        GroupSpecsChange::Remove(key) => {
            found
                .specs
                .remove(key)
                .ok_or_else(|| Error::not_found(format!("Group Type {id} has no specs with key {key}.")))?;
        }
    }
    found.updated_at = Some(ctx.clock.now());
    tx.update_group_type(&found).await
}
