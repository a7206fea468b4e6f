//! What ought to be on a cluster, for the poller and for those who want to take a cluster away.

use sea_query::{Expr, ExprTrait as _, Query};
use sqlx::any::AnyRow;

use super::row::Columns;
use super::{Session, Tx};
use crate::domain::cluster::Capacity;
use crate::domain::status::VolumeStatus;
use crate::domain::volume::volume_name;
use crate::domain::{Bytes, ClusterId, Gib, LightosProject, Result};

/// A volume of ours on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holding {
    pub project: LightosProject,
    pub name: String,
    pub size: Bytes,
    /// It is known to be there, and nothing is being done to it.
    pub settled: bool,
}

fn decode(row: &AnyRow) -> Result<Holding> {
    let mut c = Columns::of(row);
    let id = c.parsed()?;
    let name_id = c.maybe_parsed()?;
    let project = c.maybe_text()?.unwrap_or_default();
    let size = Gib(u32::try_from(c.int()?).unwrap_or(u32::MAX)).bytes();
    let status = c.one_of(VolumeStatus::parse)?;
    let is_there = c.maybe_text()?.is_some();
    let adopted = c.maybe_text()?;
    let quiet = matches!(status, VolumeStatus::Available | VolumeStatus::InUse | VolumeStatus::Reserved);
    let name = adopted.unwrap_or_else(|| volume_name(name_id.unwrap_or(id)));
    Ok(Holding { project: LightosProject::new(project), name, size, settled: quiet && is_there })
}

/// Rows that point at a cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClusterUse {
    pub volumes: u64,
    pub snapshots: u64,
    pub operations: u64,
}

impl ClusterUse {
    pub const fn is_empty(self) -> bool {
        self.volumes == 0 && self.snapshots == 0 && self.operations == 0
    }
}

impl Session {
    /// Our volumes on a cluster, those being created or deleted included.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn holdings(&mut self, cluster: ClusterId) -> Result<Vec<Holding>> {
        let mut select = Query::select();
        select
            .columns(
                ["id", "name_id", "lightos_project", "size", "status", "lightos_uuid"]
                    .map(|c| ("volumes", c)),
            )
            .column(("adopted_names", "name"))
            .from("volumes")
            .left_join("adopted_names", Expr::col(("adopted_names", "volume_id")).equals(("volumes", "id")))
            .and_where(Expr::col("cluster_id").eq(cluster.to_string()));
        let mut holdings = Vec::new();
        self.each("read what a cluster holds", &select, |row| {
            holdings.push(decode(row)?);
            Ok(())
        })
        .await?;
        Ok(holdings)
    }

    /// How much points at a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cluster_use(&mut self, cluster: ClusterId) -> Result<ClusterUse> {
        let mut counts = [0_u64; 3];
        for (table, count) in ["volumes", "snapshots", "operations"].into_iter().zip(&mut counts) {
            let mut select = Query::select();
            select.column("id").from(table).and_where(Expr::col("cluster_id").eq(cluster.to_string()));
            *count = u64::try_from(self.count("count what a cluster holds", &select).await?).unwrap_or(0);
        }
        let [volumes, snapshots, operations] = counts;
        Ok(ClusterUse { volumes, snapshots, operations })
    }
}

impl Tx {
    /// Takes in statistics without a list of volumes: what is provisioned stays as the last list
    /// had it. Nothing happens before the first list.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_statistics(&mut self, cluster: ClusterId, fresh: &Capacity) -> Result<()> {
        self.lock(super::clusters::PLACEMENT_LOCK).await?;
        let mut select = Query::select();
        select.column("capacity").from("clusters").and_where(Expr::col("id").eq(cluster.to_string()));
        let Some(row) = self.optional("read a cluster's figures", &select).await? else { return Ok(()) };
        let Some(old) = Columns::of(&row).maybe_json::<Capacity>()? else { return Ok(()) };
        let new = Capacity {
            effective: fresh.effective,
            physical_used: fresh.physical_used,
            physical_free: fresh.physical_free,
            max_replicas: fresh.max_replicas,
            ..old.clone()
        };
        if new == old {
            return Ok(());
        }
        let mut update = Query::update();
        update
            .table("clusters")
            .value("capacity", super::row::json_text(&new)?)
            .and_where(Expr::col("id").eq(cluster.to_string()));
        self.execute("put a cluster's statistics", &update).await.map(|_| ())
    }
}
