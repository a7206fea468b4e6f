//! The snapshots table.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, SimpleExpr, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, map_text};
use super::versioned::AsRead;
use super::{Session, Tx};
use crate::domain::page::{ListQuery, Page};
use crate::domain::snapshot::Snapshot;
use crate::domain::status::SnapshotStatus;
use crate::domain::{ClusterId, Error, Gib, LightosProject, ProjectId, Result, SnapshotId, UserId, VolumeId};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 20] = [
    "id",
    "volume_id",
    "project_id",
    "user_id",
    "name",
    "description",
    "status",
    "progress",
    "volume_size",
    "volume_type_id",
    "group_snapshot_id",
    "consumes_quota",
    "metadata",
    "image_metadata",
    "bootable",
    "cluster_id",
    "lightos_project",
    "lightos_uuid",
    "created_at",
    "updated_at",
];

fn values(s: &Snapshot) -> [Value; 20] {
    [
        s.id.to_string().into(),
        s.volume_id.to_string().into(),
        s.project_id.as_str().into(),
        s.user_id.as_str().into(),
        s.name.clone().into(),
        s.description.clone().into(),
        s.status.as_str().into(),
        s.progress.clone().into(),
        i64::from(s.volume_size.0).into(),
        s.volume_type_id.map(|id| id.to_string()).into(),
        s.group_snapshot_id.map(|id| id.to_string()).into(),
        i64::from(s.consumes_quota).into(),
        map_text(&s.metadata).into(),
        map_text(&s.image_metadata).into(),
        i64::from(s.bootable).into(),
        s.cluster_id.map(|id| id.to_string()).into(),
        s.lightos_project.as_ref().map(|p| p.as_str().to_owned()).into(),
        s.uuid.map(|id| id.to_string()).into(),
        s.created_at.0.into(),
        s.updated_at.map(|t| t.0).into(),
    ]
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|c| ("snapshots", c))).column(("snapshots", "version")).from("snapshots");
    select
}

fn decode(row: &AnyRow) -> Result<Snapshot> {
    let mut c = Columns::of(row);
    Ok(Snapshot {
        id: c.parsed()?,
        volume_id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        user_id: UserId::new(c.text()?),
        name: c.maybe_text()?,
        description: c.maybe_text()?,
        status: c.one_of(SnapshotStatus::parse)?,
        progress: c.maybe_text()?,
        volume_size: Gib(u32::try_from(c.int()?).unwrap_or(u32::MAX)),
        volume_type_id: c.maybe_parsed()?,
        group_snapshot_id: c.maybe_parsed()?,
        consumes_quota: c.flag()?,
        metadata: c.map()?,
        image_metadata: c.map()?,
        bootable: c.flag()?,
        cluster_id: c.maybe_parsed()?,
        lightos_project: c.maybe_text()?.map(LightosProject::new),
        uuid: c.maybe_parsed()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
        version: c.int()?,
    })
}

const SNAPSHOTS: Listed = Listed {
    table: "snapshots",
    project: Some("project_id"),
    noun: "Snapshot",
    // The zone of a snapshot is that of its volume.
    expression: |field| {
        (field.name == "availability_zone").then(|| {
            let mut zone = Query::select();
            zone.column(("volumes", "availability_zone"))
                .from("volumes")
                .and_where(Expr::col(("volumes", "id")).equals(("snapshots", "volume_id")));
            SimpleExpr::SubQuery(None, Box::new(zone.into()))
        })
    },
};

fn as_read(snapshot: &Snapshot) -> AsRead {
    AsRead { table: "snapshots", id: snapshot.id.to_string(), version: snapshot.version }
}

impl Session {
    /// # Errors
    /// Those of the database; an unknown snapshot, or one of another project, is `None`.
    pub async fn find_snapshot(
        &mut self,
        id: SnapshotId,
        project: Option<&ProjectId>,
    ) -> Result<Option<Snapshot>> {
        let mut select = select();
        select.and_where(Expr::col(("snapshots", "id")).eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col(("snapshots", "project_id")).eq(project.as_str()));
        }
        let row = self.optional("find a snapshot", &select).await?;
        row.map(|row| decode(&row)).transpose()
    }

    /// A page of snapshots. At most three statements.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_snapshots(&mut self, query: &ListQuery) -> Result<Page<Snapshot>> {
        let after = self.marker(&SNAPSHOTS, query).await?;
        let total =
            self.total(&SNAPSHOTS, query, |dialect, select| SNAPSHOTS.narrow(dialect, select, query)).await?;
        let mut select = select();
        SNAPSHOTS.narrow(self.dialect, &mut select, query);
        SNAPSHOTS.page(&mut select, query, after.as_deref());
        let rows = self.all("list snapshots", &select).await?;
        let items = rows.iter().map(decode).collect::<Result<_>>()?;
        Ok(Page { items, total })
    }

    /// All snapshots of a volume, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshots_of_volume(&mut self, volume: VolumeId) -> Result<Vec<Snapshot>> {
        let mut select = select();
        select
            .and_where(Expr::col(("snapshots", "volume_id")).eq(volume.to_string()))
            .order_by(("snapshots", "created_at"), sea_query::Order::Desc)
            .order_by(("snapshots", "id"), sea_query::Order::Desc);
        let rows = self.all("snapshots of a volume", &select).await?;
        rows.iter().map(decode).collect()
    }

    /// All snapshots on a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshots_of_cluster(&mut self, cluster: ClusterId) -> Result<Vec<Snapshot>> {
        let mut select = select();
        select.and_where(Expr::col(("snapshots", "cluster_id")).eq(cluster.to_string()));
        let rows = self.all("snapshots of a cluster", &select).await?;
        rows.iter().map(decode).collect()
    }
}

impl Tx {
    /// A snapshot that must exist: an operation works on it.
    ///
    /// # Errors
    /// `NotFound` in Cinder's words.
    pub async fn get_snapshot(&mut self, id: SnapshotId) -> Result<Snapshot> {
        let found = self.find_snapshot(id, None).await?;
        found.ok_or_else(|| Error::not_found(format!("Snapshot {id} could not be found.")))
    }

    /// # Errors
    /// Those of the database.
    pub async fn insert_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(snapshot));
        self.insert_first("insert a snapshot", "snapshots", row).await
    }

    /// Writes the whole row back, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn update_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(snapshot));
        self.write_back("update a snapshot", as_read(snapshot), row).await
    }

    /// The snapshots of a volume are of its type.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn retype_snapshots(
        &mut self,
        volume: VolumeId,
        volume_type: crate::domain::VolumeTypeId,
    ) -> Result<()> {
        let mut update = Query::update();
        update
            .table("snapshots")
            .value("volume_type_id", volume_type.to_string())
            .value("version", Expr::col("version").add(1i64))
            .and_where(Expr::col("volume_id").eq(volume.to_string()));
        self.execute("retype snapshots", &update).await.map(|_| ())
    }

    /// Removes the row, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn delete_snapshot(&mut self, snapshot: &Snapshot) -> Result<()> {
        self.remove("delete a snapshot", as_read(snapshot)).await
    }
}
