//! The volumes table. Reads go through the cache of decoded rows (`store::cache`).

use std::sync::Arc;

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::cache::{Stamp, names_epoch};
use super::row::{Columns, map_text};
use super::versioned::AsRead;
use super::{Session, Tx};
use crate::domain::group_type::DEFAULT_CGSNAPSHOT_TYPE;
use crate::domain::status::{AttachStatus, VolumeStatus};
use crate::domain::volume::{Location, Volume, VolumeDetails};
use crate::domain::{ClusterName, Error, Gib, LightosProject, ProjectId, Result, UserId, VolumeId};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 28] = [
    "id",
    "project_id",
    "user_id",
    "name",
    "description",
    "status",
    "previous_status",
    "attach_status",
    "migration_status",
    "size",
    "volume_type_id",
    "availability_zone",
    "snapshot_id",
    "source_volid",
    "bootable",
    "multiattach",
    "consumes_quota",
    "group_id",
    "metadata",
    "admin_metadata",
    "image_metadata",
    "cluster_id",
    "lightos_project",
    "replicas",
    "lightos_uuid",
    "name_id",
    "created_at",
    "updated_at",
];

fn values(v: &Volume) -> [Value; 28] {
    let at = v.location.as_ref();
    [
        v.id.to_string().into(),
        v.project_id.as_str().into(),
        v.user_id.as_str().into(),
        v.name.clone().into(),
        v.description.clone().into(),
        v.status.as_str().into(),
        v.previous_status.map(VolumeStatus::as_str).into(),
        v.attach_status.as_str().into(),
        v.migration_status.clone().into(),
        i64::from(v.size.0).into(),
        v.volume_type_id.map(|id| id.to_string()).into(),
        v.availability_zone.clone().into(),
        v.snapshot_id.map(|id| id.to_string()).into(),
        v.source_volid.map(|id| id.to_string()).into(),
        i64::from(v.bootable).into(),
        i64::from(v.multiattach).into(),
        i64::from(v.consumes_quota).into(),
        v.group_id.map(|id| id.to_string()).into(),
        map_text(&v.metadata).into(),
        map_text(&v.admin_metadata).into(),
        map_text(&v.image_metadata).into(),
        at.map(|at| at.cluster_id.to_string()).into(),
        at.map(|at| at.project.as_str().to_owned()).into(),
        at.map(|at| i64::from(at.replicas)).into(),
        at.and_then(|at| at.uuid).map(|id| id.to_string()).into(),
        at.and_then(|at| at.name_id).map(|id| id.to_string()).into(),
        v.created_at.0.into(),
        v.updated_at.map(|t| t.0).into(),
    ]
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(COLUMNS.map(|c| ("volumes", c)))
        .column(("volumes", "version"))
        .column(("volume_types", "name"))
        .column(("clusters", "name"))
        .expr(names_epoch())
        .column(("adopted_names", "name"))
        .column(("group_types", "name"))
        .from("volumes")
        .left_join("volume_types", Expr::col(("volume_types", "id")).equals(("volumes", "volume_type_id")))
        .left_join("clusters", Expr::col(("clusters", "id")).equals(("volumes", "cluster_id")))
        .left_join("adopted_names", Expr::col(("adopted_names", "volume_id")).equals(("volumes", "id")))
        .left_join("volume_groups", Expr::col(("volume_groups", "id")).equals(("volumes", "group_id")))
        .left_join(
            "group_types",
            Expr::col(("group_types", "id")).equals(("volume_groups", "group_type_id")),
        );
    select
}

fn decode(row: &AnyRow) -> Result<(Stamp, VolumeDetails)> {
    let mut c = Columns::of(row);
    let mut volume = Volume {
        id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        user_id: UserId::new(c.text()?),
        name: c.maybe_text()?,
        description: c.maybe_text()?,
        status: c.one_of(VolumeStatus::parse)?,
        previous_status: c.maybe_one_of(VolumeStatus::parse)?,
        attach_status: c.one_of(AttachStatus::parse)?,
        migration_status: c.maybe_text()?,
        size: Gib(u32::try_from(c.int()?).unwrap_or(u32::MAX)),
        volume_type_id: c.maybe_parsed()?,
        availability_zone: c.maybe_text()?,
        snapshot_id: c.maybe_parsed()?,
        source_volid: c.maybe_parsed()?,
        bootable: c.flag()?,
        multiattach: c.flag()?,
        consumes_quota: c.flag()?,
        group_id: c.maybe_parsed()?,
        metadata: c.map()?,
        admin_metadata: c.map()?,
        image_metadata: c.map()?,
        location: decode_location(&mut c)?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
        version: 0,
    };
    volume.version = c.int()?;
    let type_name = c.maybe_text()?.map(Arc::from);
    let cluster = c.maybe_text()?.map(ClusterName::new);
    let stamp = Stamp { version: volume.version, names: c.int()? };
    let adopted = c.maybe_text()?;
    if let Some(location) = &mut volume.location {
        location.name = adopted;
    }
    let legacy = c.maybe_text()?.as_deref() == Some(DEFAULT_CGSNAPSHOT_TYPE);
    let consistency_group = volume.group_id.filter(|_| legacy);
    Ok((stamp, VolumeDetails { volume, type_name, cluster, consistency_group, attachments: Vec::new() }))
}

fn decode_location(c: &mut Columns<'_>) -> Result<Option<Location>> {
    let cluster_id = c.maybe_parsed()?;
    let project = c.maybe_text()?;
    let replicas = c.maybe_int()?;
    let uuid = c.maybe_parsed()?;
    let name_id = c.maybe_parsed()?;
    Ok(cluster_id.zip(project).map(|(cluster_id, project)| Location {
        cluster_id,
        project: LightosProject::new(project),
        replicas: replicas.and_then(|n| u8::try_from(n).ok()).unwrap_or(1),
        uuid,
        name_id,
        name: None,
    }))
}

fn as_read(volume: &Volume) -> AsRead {
    AsRead { table: "volumes", id: volume.id.to_string(), version: volume.version }
}

impl Session {
    /// A volume with what its views show. `project`: only if it belongs to that project.
    ///
    /// # Errors
    /// Those of the database; an unknown volume is `None`.
    pub async fn find_volume(
        &mut self,
        id: VolumeId,
        project: Option<&ProjectId>,
    ) -> Result<Option<Arc<VolumeDetails>>> {
        let mut stamp = Query::select();
        stamp
            .column("version")
            .expr(names_epoch())
            .from("volumes")
            .and_where(Expr::col("id").eq(id.to_string()));
        if let Some(project) = project {
            stamp.and_where(Expr::col("project_id").eq(project.as_str()));
        }
        let Some(row) = self.optional("find a volume", &stamp).await? else { return Ok(None) };
        let mut columns = Columns::of(&row);
        let stamp = Stamp { version: columns.int()?, names: columns.int()? };
        if let Some(details) = self.cache.get(id, stamp, self.moment) {
            return Ok(Some(details));
        }
        Ok(self.load_volumes(vec![id]).await?.pop())
    }

    /// The full rows of these ids, in no order; those that are gone are missing.
    pub(super) async fn load_volumes(&mut self, ids: Vec<VolumeId>) -> Result<Vec<Arc<VolumeDetails>>> {
        let mut select = select();
        select.and_where(Expr::col(("volumes", "id")).is_in(ids.iter().map(ToString::to_string)));
        let rows = self.all("load volumes", &select).await?;
        let mut decoded = rows.iter().map(decode).collect::<Result<Vec<_>>>()?;
        let attached: Vec<VolumeId> = decoded
            .iter()
            .filter(|(_, details)| details.volume.attach_status != AttachStatus::Detached)
            .map(|(_, details)| details.volume.id)
            .collect();
        if !attached.is_empty() {
            // A volume's row changes with its attachments, so what is read here is at least as new
            // as the row, and a newer row will be read again.
            let mut shown = self.attached_to(&attached).await?;
            for (_, details) in &mut decoded {
                details.attachments = shown.remove(&details.volume.id).unwrap_or_default();
            }
        }
        let mut loaded = Vec::with_capacity(decoded.len());
        for (stamp, details) in decoded {
            let details = Arc::new(details);
            if self.may_cache() {
                self.cache.put(stamp, self.moment, &details);
            }
            loaded.push(details);
        }
        Ok(loaded)
    }

    /// Every volume bound to a cluster: (id, backend name id, status, version) is too little for
    /// some, so the whole row.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn volumes_of_cluster(&mut self, cluster: crate::domain::ClusterId) -> Result<Vec<Volume>> {
        let mut select = select();
        select.and_where(Expr::col(("volumes", "cluster_id")).eq(cluster.to_string()));
        let rows = self.all("volumes of a cluster", &select).await?;
        rows.iter().map(|row| decode(row).map(|(_, details)| details.volume)).collect()
    }

    /// Number of volumes bound to a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_volumes_of_cluster(&mut self, cluster: crate::domain::ClusterId) -> Result<i64> {
        let mut select = Query::select();
        select.column("id").from("volumes").and_where(Expr::col("cluster_id").eq(cluster.to_string()));
        self.count("count volumes of a cluster", &select).await
    }

    /// Whether any volume or snapshot has this type.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_type_in_use(&mut self, id: crate::domain::VolumeTypeId) -> Result<bool> {
        let mut select = Query::select();
        select
            .column("id")
            .from("volumes")
            .and_where(Expr::col("volume_type_id").eq(id.to_string()))
            .limit(1);
        Ok(self.optional("is a type in use", &select).await?.is_some())
    }
}

impl Tx {
    /// The row as this transaction sees it.
    ///
    /// # Errors
    /// Those of the database; an unknown volume is `None`.
    pub async fn volume(&mut self, id: VolumeId) -> Result<Option<Volume>> {
        let mut select = select();
        select.and_where(Expr::col(("volumes", "id")).eq(id.to_string()));
        let row = self.optional("read a volume", &select).await?;
        row.map(|row| decode(&row).map(|(_, details)| details.volume)).transpose()
    }

    /// # Errors
    /// Those of the database.
    pub async fn insert_volume(&mut self, volume: &Volume) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(volume));
        self.insert_first("insert a volume", "volumes", row).await
    }

    /// Writes the whole row back, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn update_volume(&mut self, volume: &Volume) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(volume));
        self.write_back("update a volume", as_read(volume), row).await
    }

    /// Removes the row, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn delete_volume(&mut self, volume: &Volume) -> Result<()> {
        self.remove("delete a volume", as_read(volume)).await?;
        let mut placement = Query::delete();
        placement.from_table("placements").and_where(Expr::col("volume_id").eq(volume.id.to_string()));
        self.execute("delete a placement", &placement).await?;
        self.set_backend_name(volume.id, None).await?;
        self.delete_transfers_of(volume.id).await
    }

    /// A volume that must exist: an operation works on it.
    ///
    /// # Errors
    /// `NotFound` in Cinder's words.
    pub async fn get_volume(&mut self, id: VolumeId) -> Result<Volume> {
        let found = self.volume(id).await?;
        found.ok_or_else(|| Error::not_found(format!("Volume {id} could not be found.")))
    }
}
