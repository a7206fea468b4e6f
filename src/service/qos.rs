//! QoS specs. What changes about limits that clusters keep is carried there by an operation.

use super::Services;
use crate::domain::operation::{Operation, Work};
use crate::domain::page::{ListQuery, Page};
use crate::domain::qos::{Consumer, QosSpecs, Specs};
use crate::domain::volume_type::VolumeType;
use crate::domain::{Ctx, Error, QosSpecsId, Result, VolumeTypeId};
use crate::store::{Dispatch, Session, Tx};

/// How `DELETE /qos-specs/{id}` treats types that have the specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InUse {
    Refuse,
    Disassociate,
}

/// A change of the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QosChange {
    pub consumer: Option<Consumer>,
    pub specs: Specs,
}

fn not_found(id: &str) -> Error {
    Error::not_found(format!("No such QoS spec {id}."))
}

async fn present(session: &mut Session, id: &str) -> Result<QosSpecs> {
    let parsed: QosSpecsId = id.parse().map_err(|_| not_found(id))?;
    session.find_qos_specs(parsed).await?.ok_or_else(|| not_found(id))
}

async fn present_type(tx: &mut Tx, id: &str) -> Result<VolumeType> {
    let missing = || Error::not_found(format!("Volume type {id} could not be found."));
    let parsed: VolumeTypeId = id.parse().map_err(|_| missing())?;
    tx.find_type(parsed).await?.ok_or_else(missing)
}

impl Services {
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn create_qos_specs(
        &self,
        ctx: &Ctx,
        name: &str,
        consumer: Consumer,
        specs: Specs,
    ) -> Result<QosSpecs> {
        let created = QosSpecs {
            id: QosSpecsId::random(),
            name: name.to_owned(),
            consumer,
            specs,
            created_at: ctx.clock.now(),
            updated_at: None,
        };
        let row = &created;
        self.store.write("create QoS specs", |tx, _| Box::pin(tx.insert_qos_specs(row))).await?;
        Ok(created)
    }

    /// # Errors
    /// `NotFound`.
    pub async fn get_qos_specs(&self, id: &str) -> Result<QosSpecs> {
        present(&mut self.store.read().await?, id).await
    }

    /// # Errors
    /// `NotFound` for an unknown marker.
    pub async fn list_qos_specs(&self, query: &ListQuery) -> Result<Page<QosSpecs>> {
        self.store.read().await?.list_qos_specs(query).await
    }

    /// Adds keys or gives them new values; volumes follow.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn update_qos_specs(&self, ctx: &Ctx, id: &str, change: &QosChange) -> Result<()> {
        let operation = self
            .store
            .write("update QoS specs", |tx, _| {
                Box::pin(async move {
                    let before = present(tx, id).await?;
                    let mut found = before.clone();
                    found.consumer = change.consumer.unwrap_or(found.consumer);
                    found.specs.extend(change.specs.clone());
                    self.put_qos_specs(tx, ctx, &before, found).await
                })
            })
            .await?;
        operation.into_iter().for_each(|operation| self.dispatch.announce(operation));
        Ok(())
    }

    /// Takes keys away, up to the first that is not there (as in Cinder); volumes follow.
    ///
    /// # Errors
    /// `NotFound` for the specs or a key.
    pub async fn delete_qos_keys(&self, ctx: &Ctx, id: &str, keys: &[String]) -> Result<()> {
        let (operation, missing) = self
            .store
            .write("delete QoS keys", |tx, _| {
                Box::pin(async move {
                    let before = present(tx, id).await?;
                    let mut found = before.clone();
                    let missing = keys.iter().find(|key| found.specs.remove(key.as_str()).is_none());
                    Ok((self.put_qos_specs(tx, ctx, &before, found).await?, missing.cloned()))
                })
            })
            .await?;
        operation.into_iter().for_each(|operation| self.dispatch.announce(operation));
        match missing {
            Some(key) => Err(Error::not_found(format!("QoS spec {id} has no spec with key {key}."))),
            None => Ok(()),
        }
    }

    /// Clusters hear of it only when there is something for them in it.
    async fn put_qos_specs(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        before: &QosSpecs,
        mut specs: QosSpecs,
    ) -> Result<Option<Operation>> {
        specs.updated_at = Some(ctx.clock.now());
        tx.update_qos_specs(&specs).await?;
        if before.back_end() == specs.back_end() {
            return Ok(None);
        }
        self.plan_qos(tx, ctx, specs.id).await.map(Some)
    }

    async fn plan_qos(&self, tx: &mut Tx, ctx: &Ctx, specs: QosSpecsId) -> Result<Operation> {
        let operation = Dispatch::plan(ctx, Work::ApplyQos { specs });
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok(operation)
    }

    /// # Errors
    /// `NotFound`, or `Invalid` when a type has the specs and they are not to be taken off it.
    pub async fn delete_qos_specs(&self, ctx: &Ctx, id: &str, in_use: InUse) -> Result<()> {
        let operation = self
            .store
            .write("delete QoS specs", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    if !tx.types_with_qos(found.id).await?.is_empty() {
                        if in_use == InUse::Refuse {
                            return Err(Error::invalid("Qos specs still in use."));
                        }
                        tx.disassociate_qos_specs(found.id, ctx.clock.now()).await?;
                    }
                    tx.delete_qos_specs(found.id).await?;
                    self.plan_qos(tx, ctx, found.id).await
                })
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(())
    }

    /// The types that have the specs.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn qos_associations(&self, id: &str) -> Result<Vec<VolumeType>> {
        let mut session = self.store.read().await?;
        let found = present(&mut session, id).await?;
        session.types_with_qos(found.id).await
    }

    /// Gives the specs to a type. Volumes it has already stay as they are, as in Cinder.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` when the type has other specs.
    pub async fn associate_qos_specs(&self, ctx: &Ctx, id: &str, type_id: &str) -> Result<()> {
        self.store
            .write("associate QoS specs", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    let mut volume_type = present_type(tx, type_id).await?;
                    match volume_type.qos_specs_id {
                        Some(other) if other != found.id => Err(Error::invalid(format!(
                            "Invalid volume type: Type {type_id} is already associated with another qos specs: {other}"
                        ))),
                        Some(_) => Ok(()),
                        None => {
                            volume_type.qos_specs_id = Some(found.id);
                            volume_type.updated_at = Some(ctx.clock.now());
                            tx.update_type(&volume_type).await
                        }
                    }
                })
            })
            .await
    }

    /// Takes the specs off a type; nothing when it has others.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn disassociate_qos_specs(&self, ctx: &Ctx, id: &str, type_id: &str) -> Result<()> {
        self.store
            .write("disassociate QoS specs", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    let mut volume_type = present_type(tx, type_id).await?;
                    if volume_type.qos_specs_id != Some(found.id) {
                        return Ok(());
                    }
                    volume_type.qos_specs_id = None;
                    volume_type.updated_at = Some(ctx.clock.now());
                    tx.update_type(&volume_type).await
                })
            })
            .await
    }

    /// Takes the specs off every type.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn disassociate_qos_specs_from_all(&self, ctx: &Ctx, id: &str) -> Result<()> {
        self.store
            .write("disassociate QoS specs from all", |tx, _| {
                Box::pin(async move {
                    let found = present(tx, id).await?;
                    tx.disassociate_qos_specs(found.id, ctx.clock.now()).await
                })
            })
            .await
    }
}
