//! The groups table, and which volumes are in a group.

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement, SimpleExpr, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, json_text};
use super::versioned::AsRead;
use super::{Session, Tx};
use crate::domain::group::{Group, GroupDetails, GroupStatus};
use crate::domain::group_type::DEFAULT_CGSNAPSHOT_TYPE;
use crate::domain::page::{ListQuery, Page};
use crate::domain::status::VolumeStatus;
use crate::domain::volume::Volume;
use crate::domain::{
    ClusterName, Error, GroupId, GroupSnapshotId, ProjectId, Result, UserId, VolumeId, VolumeTypeId,
};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 14] = [
    "id",
    "project_id",
    "user_id",
    "name",
    "description",
    "status",
    "group_type_id",
    "volume_types",
    "availability_zone",
    "group_snapshot_id",
    "source_group_id",
    "cluster_id",
    "created_at",
    "updated_at",
];

fn values(g: &Group) -> Result<[Value; 14]> {
    Ok([
        g.id.to_string().into(),
        g.project_id.as_str().into(),
        g.user_id.as_str().into(),
        g.name.clone().into(),
        g.description.clone().into(),
        g.status.as_str().into(),
        g.group_type_id.to_string().into(),
        json_text(&g.volume_types)?.into(),
        g.availability_zone.clone().into(),
        g.group_snapshot_id.map(|id| id.to_string()).into(),
        g.source_group_id.map(|id| id.to_string()).into(),
        g.cluster_id.map(|id| id.to_string()).into(),
        g.created_at.0.into(),
        g.updated_at.map(|at| at.0).into(),
    ])
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(COLUMNS.map(|c| ("volume_groups", c)))
        .column(("volume_groups", "version"))
        .column(("group_types", "name"))
        .column(("clusters", "name"))
        .from("volume_groups")
        .left_join("group_types", Expr::col(("group_types", "id")).equals(("volume_groups", "group_type_id")))
        .left_join("clusters", Expr::col(("clusters", "id")).equals(("volume_groups", "cluster_id")));
    select
}

fn decode(row: &AnyRow) -> Result<GroupDetails> {
    let mut c = Columns::of(row);
    let group = Group {
        id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        user_id: UserId::new(c.text()?),
        name: c.maybe_text()?,
        description: c.maybe_text()?,
        status: c.one_of(GroupStatus::parse)?,
        group_type_id: c.parsed()?,
        volume_types: c.json()?,
        availability_zone: c.maybe_text()?,
        group_snapshot_id: c.maybe_parsed()?,
        source_group_id: c.maybe_parsed()?,
        cluster_id: c.maybe_parsed()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
        version: c.int()?,
    };
    let legacy = c.maybe_text()?.as_deref() == Some(DEFAULT_CGSNAPSHOT_TYPE);
    Ok(GroupDetails { group, legacy, cluster: c.maybe_text()?.map(ClusterName::new) })
}

const GROUPS: Listed = Listed {
    table: "volume_groups",
    project: Some("project_id"),
    noun: "Group",
    expression: |field| {
        (field.name == "host").then(|| {
            let mut name = Query::select();
            name.column(("clusters", "name"))
                .from("clusters")
                .and_where(Expr::col(("clusters", "id")).equals(("volume_groups", "cluster_id")));
            SimpleExpr::SubQuery(None, Box::new(name.into()))
        })
    },
};

/// Whether a list also has the groups of consistency groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legacy {
    Listed,
    Hidden,
}

/// The type of the row is not the one of consistency groups.
pub(super) fn not_legacy(table: &'static str) -> SimpleExpr {
    let mut legacy = Query::select();
    legacy.column("id").from("group_types").and_where(Expr::col("name").eq(DEFAULT_CGSNAPSHOT_TYPE));
    Expr::col((table, "group_type_id")).not_in_subquery(legacy)
}

fn as_read(group: &Group) -> AsRead {
    AsRead { table: "volume_groups", id: group.id.to_string(), version: group.version }
}

impl Session {
    /// # Errors
    /// Those of the database; an unknown group, or one of another project, is `None`.
    pub async fn find_group(
        &mut self,
        id: GroupId,
        project: Option<&ProjectId>,
    ) -> Result<Option<GroupDetails>> {
        let mut select = select();
        select.and_where(Expr::col(("volume_groups", "id")).eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col(("volume_groups", "project_id")).eq(project.as_str()));
        }
        self.optional("find a group", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of groups. At most three statements.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_groups(&mut self, query: &ListQuery, legacy: Legacy) -> Result<Page<GroupDetails>> {
        let after = self.marker(&GROUPS, query).await?;
        let mut select = select();
        GROUPS.narrow(self.dialect, &mut select, query);
        if legacy == Legacy::Hidden {
            select.and_where(not_legacy("volume_groups"));
        }
        GROUPS.page(&mut select, query, after.as_deref());
        let rows = self.all("list groups", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total: None })
    }

    /// The members of each of these groups, oldest first. One statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn members_of_groups(&mut self, groups: &[GroupId]) -> Result<HashMap<GroupId, Vec<VolumeId>>> {
        let mut members: HashMap<GroupId, Vec<VolumeId>> = HashMap::new();
        if groups.is_empty() {
            return Ok(members);
        }
        let mut select = Query::select();
        select
            .columns(["group_id", "id"])
            .from("volumes")
            .and_where(Expr::col("group_id").is_in(groups.iter().map(ToString::to_string)))
            .order_by("created_at", Order::Asc)
            .order_by("id", Order::Asc);
        for row in &self.all("members of groups", &select).await? {
            let mut c = Columns::of(row);
            members.entry(c.parsed()?).or_default().push(c.parsed()?);
        }
        Ok(members)
    }

    /// What has become of the members of a group.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn member_statuses(&mut self, id: GroupId) -> Result<Vec<VolumeStatus>> {
        let mut select = Query::select();
        select.column("status").from("volumes").and_where(Expr::col("group_id").eq(id.to_string()));
        let rows = self.all("statuses of members", &select).await?;
        rows.iter().map(|row| Columns::of(row).one_of(VolumeStatus::parse)).collect()
    }

    /// How many groups a project has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_groups(&mut self, project: &ProjectId) -> Result<i64> {
        let mut select = Query::select();
        select.column("id").from("volume_groups").and_where(Expr::col("project_id").eq(project.as_str()));
        self.count("count groups", &select).await
    }

    /// Whether any group may have volumes of this type.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_type_in_groups(&mut self, id: VolumeTypeId) -> Result<bool> {
        let mut select = Query::select();
        select
            .column("id")
            .from("volume_groups")
            .and_where(Expr::col("volume_types").like(format!("%{id}%")))
            .limit(1);
        Ok(self.optional("is a type in groups", &select).await?.is_some())
    }

    /// Whether a group is being made from this group, or from this snapshot of one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_group_source(
        &mut self,
        group: Option<GroupId>,
        snapshot: Option<GroupSnapshotId>,
    ) -> Result<bool> {
        let source = match (group, snapshot) {
            (Some(id), _) => Expr::col("source_group_id").eq(id.to_string()),
            (None, Some(id)) => Expr::col("group_snapshot_id").eq(id.to_string()),
            (None, None) => return Ok(false),
        };
        let mut select = Query::select();
        select
            .column("id")
            .from("volume_groups")
            .and_where(Expr::col("status").eq(GroupStatus::Creating.as_str()))
            .and_where(source)
            .limit(1);
        Ok(self.optional("is it a group's source", &select).await?.is_some())
    }
}

impl Tx {
    /// A group that must exist: an operation works on it.
    ///
    /// # Errors
    /// `NotFound` in Cinder's words.
    pub async fn get_group(&mut self, id: GroupId) -> Result<Group> {
        let found = self.find_group(id, None).await?;
        found
            .map(|details| details.group)
            .ok_or_else(|| Error::not_found(format!("Group {id} could not be found.")))
    }

    /// The volumes of a group, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn volumes_of_group(&mut self, id: GroupId) -> Result<Vec<Volume>> {
        let ids = self.members_of_groups(&[id]).await?.remove(&id).unwrap_or_default();
        let mut volumes = Vec::with_capacity(ids.len());
        for id in ids {
            volumes.extend(self.volume(id).await?);
        }
        Ok(volumes)
    }

    /// # Errors
    /// Those of the database.
    pub async fn insert_group(&mut self, group: &Group) -> Result<()> {
        // No cluster mirrors a group elsewhere, so there is nothing to enable.
        let row = COLUMNS.into_iter().zip(values(group)?).chain([("replication_status", "disabled".into())]);
        self.insert_first("insert a group", "volume_groups", row).await
    }

    /// Writes the whole row back, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn update_group(&mut self, group: &Group) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(group)?);
        self.write_back("update a group", as_read(group), row).await
    }

    /// Removes the row, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn delete_group(&mut self, group: &Group) -> Result<()> {
        self.remove("delete a group", as_read(group)).await
    }
}
