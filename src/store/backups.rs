//! The backups table.

use sea_query::{Alias, Expr, ExprTrait as _, Query, SelectStatement, SimpleExpr, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, map_text};
use super::versioned::AsRead;
use super::{Session, Tx};
use crate::domain::backup::{Backup, BackupDetails};
use crate::domain::page::{ListQuery, Page};
use crate::domain::status::BackupStatus;
use crate::domain::{BackupId, Error, Gib, ProjectId, Result, UserId, VolumeId};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 19] = [
    "id",
    "project_id",
    "user_id",
    "volume_id",
    "name",
    "description",
    "status",
    "fail_reason",
    "container",
    "availability_zone",
    "service",
    "size",
    "object_count",
    "snapshot_id",
    "parent_id",
    "metadata",
    "data_timestamp",
    "created_at",
    "updated_at",
];

fn values(b: &Backup) -> [Value; 19] {
    [
        b.id.to_string().into(),
        b.project_id.as_str().into(),
        b.user_id.as_str().into(),
        b.volume_id.to_string().into(),
        b.name.clone().into(),
        b.description.clone().into(),
        b.status.as_str().into(),
        b.fail_reason.clone().into(),
        b.container.clone().into(),
        b.availability_zone.clone().into(),
        b.service.clone().into(),
        i64::from(b.size.0).into(),
        i64::from(b.object_count).into(),
        b.snapshot_id.map(|id| id.to_string()).into(),
        b.parent_id.map(|id| id.to_string()).into(),
        map_text(&b.metadata).into(),
        b.data_timestamp.map(|at| at.0).into(),
        b.created_at.0.into(),
        b.updated_at.map(|at| at.0).into(),
    ]
}

fn select() -> SelectStatement {
    let children = Alias::new("children");
    let mut dependents = Query::select();
    dependents
        .expr(Expr::col((children.clone(), "id")).count())
        .from_as("backups", children.clone())
        .and_where(Expr::col((children, "parent_id")).equals(("backups", "id")));
    let mut prefix = Query::select();
    prefix
        .column(("imported_backups", "service_metadata"))
        .from("imported_backups")
        .and_where(Expr::col(("imported_backups", "backup_id")).equals(("backups", "id")));
    let mut select = Query::select();
    select
        .columns(COLUMNS.map(|c| ("backups", c)))
        .column(("backups", "version"))
        .expr(SimpleExpr::SubQuery(None, Box::new(dependents.into())))
        .expr(SimpleExpr::SubQuery(None, Box::new(prefix.into())))
        .from("backups");
    select
}

fn decode(row: &AnyRow) -> Result<BackupDetails> {
    let mut c = Columns::of(row);
    let mut backup = Backup {
        id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        user_id: UserId::new(c.text()?),
        volume_id: c.parsed()?,
        name: c.maybe_text()?,
        description: c.maybe_text()?,
        status: c.one_of(BackupStatus::parse)?,
        fail_reason: c.maybe_text()?,
        container: c.maybe_text()?,
        availability_zone: c.maybe_text()?,
        service: c.maybe_text()?,
        service_metadata: None,
        size: Gib(u32::try_from(c.int()?).unwrap_or(u32::MAX)),
        object_count: u32::try_from(c.int()?).unwrap_or(u32::MAX),
        snapshot_id: c.maybe_parsed()?,
        parent_id: c.maybe_parsed()?,
        metadata: c.map()?,
        data_timestamp: c.maybe_time()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
        version: c.int()?,
    };
    let dependents = u64::try_from(c.int()?).unwrap_or_default();
    backup.service_metadata = c.maybe_text()?;
    Ok(BackupDetails { backup, dependents })
}

const BACKUPS: Listed =
    Listed { table: "backups", project: Some("project_id"), noun: "Backup", expression: |_| None };

impl Session {
    /// `project`: only if it belongs to that project.
    ///
    /// # Errors
    /// Those of the database; an unknown backup is `None`.
    pub async fn find_backup(
        &mut self,
        id: BackupId,
        project: Option<&ProjectId>,
    ) -> Result<Option<BackupDetails>> {
        let mut select = select();
        select.and_where(Expr::col(("backups", "id")).eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col(("backups", "project_id")).eq(project.as_str()));
        }
        self.optional("find a backup", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of backups.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_backups(&mut self, query: &ListQuery) -> Result<Page<BackupDetails>> {
        let after = self.marker(&BACKUPS, query).await?;
        let total =
            self.total(&BACKUPS, query, |dialect, select| BACKUPS.narrow(dialect, select, query)).await?;
        let mut select = select();
        BACKUPS.narrow(self.dialect, &mut select, query);
        BACKUPS.page(&mut select, query, after.as_deref());
        let rows = self.all("list backups", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }

    /// What a project has of backups of one volume, in no order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn backups_of(&mut self, volume: VolumeId, project: &ProjectId) -> Result<Vec<Backup>> {
        let mut select = select();
        select
            .and_where(Expr::col(("backups", "volume_id")).eq(volume.to_string()))
            .and_where(Expr::col(("backups", "project_id")).eq(project.as_str()));
        let rows = self.all("backups of a volume", &select).await?;
        rows.iter().map(|row| decode(row).map(|details| details.backup)).collect()
    }

    /// Number and GiB of a project's backups, those in error too.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn backup_use(&mut self, project: &ProjectId) -> Result<(i64, i64)> {
        let mut select = Query::select();
        select
            .expr(Expr::col("project_id").count())
            .expr(self.dialect.sum(Expr::col("size")))
            .from("backups")
            .and_where(Expr::col("project_id").eq(project.as_str()))
            .group_by_col("project_id");
        let Some(row) = self.optional("count a project's backups", &select).await? else { return Ok((0, 0)) };
        let mut c = Columns::of(&row);
        Ok((c.int()?, c.int()?))
    }
}

impl Tx {
    /// # Errors
    /// Those of the database.
    pub async fn insert_backup(&mut self, backup: &Backup) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(backup));
        self.insert_first("insert a backup", "backups", row).await
    }

    /// Writes the whole row back, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn update_backup(&mut self, backup: &Backup) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(backup));
        let read = AsRead { table: "backups", id: backup.id.to_string(), version: backup.version };
        self.write_back("update a backup", read, row).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_backup(&mut self, id: BackupId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("backups").and_where(Expr::col("id").eq(id.to_string()));
        self.execute("delete a backup", &delete).await?;
        self.forget_service_metadata(id).await
    }

    /// What an imported record says that the names of the objects begin with.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_service_metadata(&mut self, id: BackupId, prefix: &str) -> Result<()> {
        self.forget_service_metadata(id).await?;
        let mut insert = Query::insert();
        insert
            .into_table("imported_backups")
            .columns(["backup_id", "service_metadata"])
            .values_panic([id.to_string().into(), prefix.into()]);
        self.execute("insert the prefix of a backup", &insert).await.map(|_| ())
    }

    async fn forget_service_metadata(&mut self, id: BackupId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("imported_backups").and_where(Expr::col("backup_id").eq(id.to_string()));
        self.execute("delete the prefix of a backup", &delete).await.map(|_| ())
    }

    /// A backup that must exist.
    ///
    /// # Errors
    /// `NotFound` in Cinder's words.
    pub async fn get_backup(&mut self, id: BackupId) -> Result<BackupDetails> {
        let found = self.find_backup(id, None).await?;
        found.ok_or_else(|| Error::not_found(format!("Backup {id} could not be found.")))
    }
}
