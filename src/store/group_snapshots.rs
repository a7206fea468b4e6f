//! The group snapshots table, and which snapshots belong to one.

use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::groups::{Legacy, not_legacy};
use super::list::Listed;
use super::row::Columns;
use super::versioned::AsRead;
use super::{Session, Tx};
use crate::domain::group::{GroupSnapshot, GroupSnapshotDetails, GroupSnapshotStatus};
use crate::domain::group_type::DEFAULT_CGSNAPSHOT_TYPE;
use crate::domain::page::{ListQuery, Page};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::SnapshotStatus;
use crate::domain::{GroupId, GroupSnapshotId, ProjectId, Result, UserId};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 10] = [
    "id",
    "group_id",
    "group_type_id",
    "project_id",
    "user_id",
    "name",
    "description",
    "status",
    "created_at",
    "updated_at",
];

fn values(s: &GroupSnapshot) -> [Value; 10] {
    [
        s.id.to_string().into(),
        s.group_id.to_string().into(),
        s.group_type_id.to_string().into(),
        s.project_id.as_str().into(),
        s.user_id.as_str().into(),
        s.name.clone().into(),
        s.description.clone().into(),
        s.status.as_str().into(),
        s.created_at.0.into(),
        s.updated_at.map(|at| at.0).into(),
    ]
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(COLUMNS.map(|c| ("group_snapshots", c)))
        .column(("group_snapshots", "version"))
        .column(("group_types", "name"))
        .from("group_snapshots")
        .left_join(
            "group_types",
            Expr::col(("group_types", "id")).equals(("group_snapshots", "group_type_id")),
        );
    select
}

fn decode(row: &AnyRow) -> Result<GroupSnapshotDetails> {
    let mut c = Columns::of(row);
    let snapshot = GroupSnapshot {
        id: c.parsed()?,
        group_id: c.parsed()?,
        group_type_id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        user_id: UserId::new(c.text()?),
        name: c.maybe_text()?,
        description: c.maybe_text()?,
        status: c.one_of(GroupSnapshotStatus::parse)?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
        version: c.int()?,
    };
    let legacy = c.maybe_text()?.as_deref() == Some(DEFAULT_CGSNAPSHOT_TYPE);
    Ok(GroupSnapshotDetails { snapshot, legacy })
}

const GROUP_SNAPSHOTS: Listed = Listed {
    table: "group_snapshots",
    project: Some("project_id"),
    noun: "GroupSnapshot",
    expression: |_| None,
};

fn as_read(snapshot: &GroupSnapshot) -> AsRead {
    AsRead { table: "group_snapshots", id: snapshot.id.to_string(), version: snapshot.version }
}

impl Session {
    /// # Errors
    /// Those of the database; an unknown one, or one of another project, is `None`.
    pub async fn find_group_snapshot(
        &mut self,
        id: GroupSnapshotId,
        project: Option<&ProjectId>,
    ) -> Result<Option<GroupSnapshotDetails>> {
        let mut select = select();
        select.and_where(Expr::col(("group_snapshots", "id")).eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col(("group_snapshots", "project_id")).eq(project.as_str()));
        }
        self.optional("find a group snapshot", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of group snapshots. At most two statements.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_group_snapshots(
        &mut self,
        query: &ListQuery,
        legacy: Legacy,
    ) -> Result<Page<GroupSnapshotDetails>> {
        let after = self.marker(&GROUP_SNAPSHOTS, query).await?;
        let mut select = select();
        GROUP_SNAPSHOTS.narrow(self.dialect, &mut select, query);
        if legacy == Legacy::Hidden {
            select.and_where(not_legacy("group_snapshots"));
        }
        GROUP_SNAPSHOTS.page(&mut select, query, after.as_deref());
        let rows = self.all("list group snapshots", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total: None })
    }

    /// What has become of the snapshots of a group snapshot.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshot_statuses(&mut self, id: GroupSnapshotId) -> Result<Vec<SnapshotStatus>> {
        let mut select = Query::select();
        select
            .column("status")
            .from("snapshots")
            .and_where(Expr::col("group_snapshot_id").eq(id.to_string()));
        let rows = self.all("statuses of a group's snapshots", &select).await?;
        rows.iter().map(|row| Columns::of(row).one_of(SnapshotStatus::parse)).collect()
    }

    /// Whether a group has any snapshot.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn has_group_snapshots(&mut self, group: GroupId) -> Result<bool> {
        let mut select = Query::select();
        select
            .column("id")
            .from("group_snapshots")
            .and_where(Expr::col("group_id").eq(group.to_string()))
            .limit(1);
        Ok(self.optional("has a group snapshots", &select).await?.is_some())
    }
}

impl Tx {
    /// The snapshots of a group snapshot, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshots_of_group(&mut self, id: GroupSnapshotId) -> Result<Vec<Snapshot>> {
        let mut select = Query::select();
        select
            .column("id")
            .from("snapshots")
            .and_where(Expr::col("group_snapshot_id").eq(id.to_string()))
            .order_by("created_at", Order::Asc)
            .order_by("id", Order::Asc);
        let rows = self.all("snapshots of a group snapshot", &select).await?;
        let mut snapshots = Vec::with_capacity(rows.len());
        for row in &rows {
            snapshots.extend(self.find_snapshot(Columns::of(row).parsed()?, None).await?);
        }
        Ok(snapshots)
    }

    /// # Errors
    /// Those of the database.
    pub async fn insert_group_snapshot(&mut self, snapshot: &GroupSnapshot) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(snapshot));
        self.insert_first("insert a group snapshot", "group_snapshots", row).await
    }

    /// Writes the whole row back, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn update_group_snapshot(&mut self, snapshot: &GroupSnapshot) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(snapshot));
        self.write_back("update a group snapshot", as_read(snapshot), row).await
    }

    /// Removes the row, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn delete_group_snapshot(&mut self, snapshot: &GroupSnapshot) -> Result<()> {
        self.remove("delete a group snapshot", as_read(snapshot)).await
    }
}
