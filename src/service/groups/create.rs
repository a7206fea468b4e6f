//! A new, empty group. Which cluster it gets is decided by its operation, as scheduling is
//! asynchronous in Cinder.

use crate::domain::group::{Group, GroupStatus, NewGroup};
use crate::domain::operation::{Operation, Work};
use crate::domain::{Ctx, Error, GroupId, Result, VolumeTypeId};
use crate::service::{Services, group_types, quotas};
use crate::store::{Dispatch, Tx, quota_lock};

impl Services {
    /// Accepts a group: the row `creating` and its operation are durable when this returns.
    ///
    /// # Errors
    /// `NotFound` for a type, `Invalid` for the zone, `OverQuota`.
    pub async fn create_group(&self, ctx: &Ctx, new: &NewGroup) -> Result<Group> {
        let (operation, group) = self
            .store
            .write_in_turn(&quota_lock(&ctx.project_id), "create a group", |tx, _| {
                Box::pin(self.create_group_in(tx, ctx, new))
            })
            .await?;
        self.dispatch.announce(operation);
        Ok(group)
    }

    async fn create_group_in(&self, tx: &mut Tx, ctx: &Ctx, new: &NewGroup) -> Result<(Operation, Group)> {
        tx.lock_quota(&ctx.project_id).await?;
        let mut volume_types = Vec::with_capacity(new.volume_types.len());
        for named in &new.volume_types {
            volume_types.push(volume_type(tx, named).await?);
        }
        let group_type = group_types::resolve(tx, ctx, &new.group_type).await?;
        let availability_zone = self.group_zone(tx, new.availability_zone.as_deref()).await?;
        quotas::check_group(tx, &self.settings, &ctx.project_id).await?;
        let group = Group {
            id: GroupId::random(),
            project_id: ctx.project_id.clone(),
            user_id: ctx.user_id.clone(),
            name: new.name.clone(),
            description: new.description.clone(),
            status: GroupStatus::Creating,
            group_type_id: group_type.id,
            volume_types,
            availability_zone: Some(availability_zone),
            group_snapshot_id: None,
            source_group_id: None,
            cluster_id: None,
            created_at: ctx.clock.now(),
            updated_at: None,
            version: 1,
        };
        tx.insert_group(&group).await?;
        let operation = Dispatch::plan(ctx, Work::CreateGroup { group: group.id });
        self.dispatch.insert(tx, &operation, &ctx.clock).await?;
        Ok((operation, group))
    }

    /// Given, else the default.
    async fn group_zone(&self, tx: &mut Tx, asked: Option<&str>) -> Result<String> {
        let default = &self.settings.default_availability_zone;
        let Some(asked) = asked.filter(|asked| asked != default) else { return Ok(default.clone()) };
        if tx.clusters().await?.iter().any(|cluster| cluster.traits.availability_zone == asked) {
            return Ok(asked.to_owned());
        }
        if self.settings.allow_availability_zone_fallback {
            return Ok(default.clone());
        }
        Err(Error::invalid(format!("Invalid input received: Availability zone '{asked}' is invalid.")))
    }
}

/// By id or name, private ones too, as in Cinder: a volume of the type is still refused to those
/// who may not use it.
async fn volume_type(tx: &mut Tx, named: &str) -> Result<VolumeTypeId> {
    if let Ok(id) = named.parse::<VolumeTypeId>()
        && let Some(found) = tx.find_type(id).await?
    {
        return Ok(found.id);
    }
    let found = tx.find_type_by_name(named).await?;
    found.map(|found| found.id).ok_or_else(|| {
        Error::not_found(match uuid::Uuid::try_parse(named) {
            Ok(_) => format!("Volume type {named} could not be found."),
            Err(_) => format!("Volume type with name {named} could not be found."),
        })
    })
}
