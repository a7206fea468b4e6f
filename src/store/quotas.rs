//! Quota limits are stored, use is counted from the rows: a counter can drift, a count cannot.

use std::collections::BTreeMap;

use sea_query::{Expr, ExprTrait as _, OnConflict, Query};

use super::row::Columns;
use super::{Session, Tx};
use crate::domain::operation::RETYPE;
use crate::domain::{ProjectId, Result, VolumeTypeId};

/// What a project has, by type (`None`: volumes without one).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectUse {
    /// Number and GiB of volumes.
    pub volumes: BTreeMap<Option<VolumeTypeId>, (i64, i64)>,
    /// Number and GiB of snapshots.
    pub snapshots: BTreeMap<Option<VolumeTypeId>, (i64, i64)>,
}

impl ProjectUse {
    pub fn volume_count(&self) -> i64 {
        self.volumes.values().map(|(count, _)| count).sum()
    }
    pub fn snapshot_count(&self) -> i64 {
        self.snapshots.values().map(|(count, _)| count).sum()
    }
    /// GiB of volumes and snapshots together.
    pub fn gigabytes(&self) -> i64 {
        self.volumes.values().chain(self.snapshots.values()).map(|(_, gib)| gib).sum()
    }
    /// Volumes, snapshots and GiB of one type.
    pub fn of_type(&self, id: VolumeTypeId) -> (i64, i64, i64) {
        let (volumes, volume_gib) = self.volumes.get(&Some(id)).copied().unwrap_or_default();
        let (snapshots, snapshot_gib) = self.snapshots.get(&Some(id)).copied().unwrap_or_default();
        (volumes, snapshots, volume_gib + snapshot_gib)
    }
}

impl Session {
    /// Counts what the project has. Two statements on covering indexes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn project_use(&mut self, project: &ProjectId) -> Result<ProjectUse> {
        Ok(ProjectUse {
            volumes: self.use_in("volumes", "size", project).await?,
            snapshots: self.use_in("snapshots", "volume_size", project).await?,
        })
    }

    async fn use_in(
        &mut self,
        table: &'static str,
        size: &'static str,
        project: &ProjectId,
    ) -> Result<BTreeMap<Option<VolumeTypeId>, (i64, i64)>> {
        let mut select = Query::select();
        select
            .column("volume_type_id")
            .expr(Expr::col("project_id").count())
            .expr(self.dialect.sum(Expr::col(size)))
            .from(table)
            .and_where(Expr::col("project_id").eq(project.as_str()))
            .and_where(Expr::col("consumes_quota").eq(1i64))
            .group_by_col("volume_type_id");
        let rows = self.all("count a project's use", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            Ok((c.maybe_parsed()?, (c.int()?, c.int()?)))
        });
        read.collect()
    }

    /// Number and GiB of the project's volumes that are on their way to a type.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn retypes_to(&mut self, project: &ProjectId, id: VolumeTypeId) -> Result<(i64, i64)> {
        let mut select = Query::select();
        select
            .column(("volumes", "size"))
            .from("operations")
            .inner_join("volumes", Expr::col(("volumes", "id")).equals(("operations", "resource_id")))
            .and_where(Expr::col(("operations", "kind")).eq(RETYPE))
            .and_where(Expr::col(("operations", "work")).like(format!("%\"new_type\":\"{id}\"%")))
            .and_where(Expr::col(("volumes", "project_id")).eq(project.as_str()));
        let rows = self.all("retypes under way", &select).await?;
        let mut gib = 0;
        for row in &rows {
            gib += Columns::of(row).int()?;
        }
        Ok((i64::try_from(rows.len()).unwrap_or(i64::MAX), gib))
    }

    /// The limits set for a project; a resource without one follows the class.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn quota_limits(&mut self, project: &ProjectId) -> Result<BTreeMap<String, i64>> {
        self.limits("quotas", "project_id", project.as_str()).await
    }

    /// The limits set for a quota class (`default`).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn class_limits(&mut self, class: &str) -> Result<BTreeMap<String, i64>> {
        self.limits("quota_classes", "class_name", class).await
    }

    async fn limits(
        &mut self,
        table: &'static str,
        column: &'static str,
        key: &str,
    ) -> Result<BTreeMap<String, i64>> {
        let mut select = Query::select();
        select.columns(["resource", "hard_limit"]).from(table).and_where(Expr::col(column).eq(key));
        let rows = self.all("read limits", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            Ok((c.text()?, c.int()?))
        });
        read.collect()
    }
}

/// The name of the lock on what a project uses.
pub fn quota_lock(project: &ProjectId) -> String {
    format!("quota:{project}")
}

impl Tx {
    /// Two requests of one project that both count and then insert take turns. Must come first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lock_quota(&mut self, project: &ProjectId) -> Result<()> {
        self.lock(&quota_lock(project)).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn set_quota(&mut self, project: &ProjectId, resource: &str, limit: i64) -> Result<()> {
        self.set_limit("quotas", "project_id", project.as_str(), (resource, limit)).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn set_class_limit(&mut self, class: &str, resource: &str, limit: i64) -> Result<()> {
        self.set_limit("quota_classes", "class_name", class, (resource, limit)).await
    }

    async fn set_limit(
        &mut self,
        table: &'static str,
        column: &'static str,
        key: &str,
        (resource, limit): (&str, i64),
    ) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table(table).columns([column, "resource", "hard_limit"]).values_panic([
            key.into(),
            resource.into(),
            limit.into(),
        ]);
        insert.on_conflict(OnConflict::columns([column, "resource"]).update_column("hard_limit").to_owned());
        self.execute("set a limit", &insert).await.map(|_| ())
    }

    /// Back to the defaults.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_quotas(&mut self, project: &ProjectId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("quotas").and_where(Expr::col("project_id").eq(project.as_str()));
        self.execute("delete quotas", &delete).await.map(|_| ())
    }
}
