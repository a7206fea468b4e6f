//! Volumes and snapshots that were on a cluster before they were ours.

use sea_query::{Expr, ExprTrait as _, Query};

use super::row::Columns;
use super::{Session, Tx};
use crate::domain::{BackendUuid, ClusterId, Result, SnapshotId, VolumeId};

impl Session {
    /// The volume that is this object of a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn volume_at(&mut self, cluster: ClusterId, uuid: BackendUuid) -> Result<Option<VolumeId>> {
        self.holder("volumes", cluster, uuid).await
    }

    /// The snapshot that is this object of a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshot_at(&mut self, cluster: ClusterId, uuid: BackendUuid) -> Result<Option<SnapshotId>> {
        self.holder("snapshots", cluster, uuid).await
    }

    async fn holder<T: std::str::FromStr>(
        &mut self,
        table: &'static str,
        cluster: ClusterId,
        uuid: BackendUuid,
    ) -> Result<Option<T>> {
        let mut select = Query::select();
        select
            .column("id")
            .from(table)
            .and_where(Expr::col("cluster_id").eq(cluster.to_string()))
            .and_where(Expr::col("lightos_uuid").eq(uuid.to_string()))
            .limit(1);
        self.optional("find who has an object", &select)
            .await?
            .map(|row| Columns::of(&row).parsed())
            .transpose()
    }
}

impl Tx {
    /// Keeps the volume's own name on its cluster; `None`: it is made from the id. Part of a
    /// change of the volume's row, by whose version caches see it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_backend_name(&mut self, volume: VolumeId, name: Option<&str>) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("adopted_names").and_where(Expr::col("volume_id").eq(volume.to_string()));
        self.execute("forget a name", &delete).await?;
        let Some(name) = name else { return Ok(()) };
        let mut insert = Query::insert();
        insert
            .into_table("adopted_names")
            .columns(["volume_id", "name"])
            .values_panic([volume.to_string().into(), name.into()]);
        self.execute("keep a name", &insert).await.map(|_| ())
    }
}
