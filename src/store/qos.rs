//! QoS specs, and which volumes they concern.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, json_text};
use super::session::Inserted;
use super::{Session, Tx};
use crate::domain::page::{ListQuery, Page};
use crate::domain::qos::{Consumer, QosSpecs};
use crate::domain::volume_type::VolumeType;
use crate::domain::{
    BackendUuid, ClusterId, Error, ErrorKind, LightosProject, QosSpecsId, Result, VolumeTypeId,
};

const COLUMNS: [&str; 6] = ["id", "name", "consumer", "specs", "created_at", "updated_at"];

fn values(q: &QosSpecs) -> Result<[Value; 6]> {
    Ok([
        q.id.to_string().into(),
        q.name.as_str().into(),
        q.consumer.as_str().into(),
        json_text(&q.specs)?.into(),
        q.created_at.0.into(),
        q.updated_at.map(|at| at.0).into(),
    ])
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|c| ("qos_specs", c))).from("qos_specs");
    select
}

fn decode(row: &AnyRow) -> Result<QosSpecs> {
    let mut c = Columns::of(row);
    Ok(QosSpecs {
        id: c.parsed()?,
        name: c.text()?,
        consumer: c.one_of(Consumer::parse)?,
        specs: c.json()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
    })
}

const QOS_SPECS: Listed =
    Listed { table: "qos_specs", project: None, noun: "QoS specs", expression: |_| None };

/// A volume on its cluster, as far as its QoS policy matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttled {
    pub volume_type_id: VolumeTypeId,
    pub cluster_id: ClusterId,
    pub project: LightosProject,
    pub uuid: BackendUuid,
}

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn find_qos_specs(&mut self, id: QosSpecsId) -> Result<Option<QosSpecs>> {
        let mut select = select();
        select.and_where(Expr::col(("qos_specs", "id")).eq(id.to_string()));
        self.optional("find QoS specs", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// The QoS specs of a type.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn qos_specs_of(&mut self, volume_type: &VolumeType) -> Result<Option<QosSpecs>> {
        match volume_type.qos_specs_id {
            Some(id) => self.find_qos_specs(id).await,
            None => Ok(None),
        }
    }

    /// A page of QoS specs.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_qos_specs(&mut self, query: &ListQuery) -> Result<Page<QosSpecs>> {
        let after =
            self.marker(&QOS_SPECS, query).await.map_err(|error| match (error.kind(), &query.marker) {
                (ErrorKind::NotFound, Some(marker)) => {
                    Error::not_found(format!("No such QoS spec {marker}."))
                }
                _ => error,
            })?;
        let total =
            self.total(&QOS_SPECS, query, |dialect, select| QOS_SPECS.narrow(dialect, select, query)).await?;
        let mut select = select();
        QOS_SPECS.narrow(self.dialect, &mut select, query);
        QOS_SPECS.page(&mut select, query, after.as_deref());
        let rows = self.all("list QoS specs", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }

    /// The volumes of the types that have these specs, as far as they are on a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn throttled_by(&mut self, id: QosSpecsId) -> Result<Vec<Throttled>> {
        let mut types = Query::select();
        types.column("id").from("volume_types").and_where(Expr::col("qos_specs_id").eq(id.to_string()));
        let mut select = Query::select();
        select
            .columns(["volume_type_id", "cluster_id", "lightos_project", "lightos_uuid"])
            .from("volumes")
            .and_where(Expr::col("volume_type_id").in_subquery(types))
            .and_where(Expr::col("cluster_id").is_not_null())
            .and_where(Expr::col("lightos_uuid").is_not_null());
        let rows = self.all("volumes under QoS specs", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            Ok(Throttled {
                volume_type_id: c.parsed()?,
                cluster_id: c.parsed()?,
                project: LightosProject::new(c.text()?),
                uuid: c.parsed()?,
            })
        });
        read.collect()
    }
}

impl Tx {
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn insert_qos_specs(&mut self, specs: &QosSpecs) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table("qos_specs").columns(COLUMNS).values_panic(values(specs)?.map(Expr::val));
        match self.insert("insert QoS specs", &insert).await? {
            Inserted::New => Ok(()),
            Inserted::Duplicate => Err(Error::conflict(format!("QoS Specs {} already exists.", specs.name))),
        }
    }

    /// # Errors
    /// Those of the database.
    pub async fn update_qos_specs(&mut self, specs: &QosSpecs) -> Result<()> {
        let mut update = Query::update();
        update
            .table("qos_specs")
            .values(COLUMNS.into_iter().zip(values(specs)?.map(Expr::val)).skip(1))
            .and_where(Expr::col("id").eq(specs.id.to_string()));
        self.execute("update QoS specs", &update).await.map(|_| ())
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_qos_specs(&mut self, id: QosSpecsId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("qos_specs").and_where(Expr::col("id").eq(id.to_string()));
        self.execute("delete QoS specs", &delete).await.map(|_| ())
    }

    /// Takes the specs off every type that has them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn disassociate_qos_specs(
        &mut self,
        id: QosSpecsId,
        now: crate::domain::Timestamp,
    ) -> Result<()> {
        let mut update = Query::update();
        update
            .table("volume_types")
            .value("qos_specs_id", None::<String>)
            .value("updated_at", now.0)
            .and_where(Expr::col("qos_specs_id").eq(id.to_string()));
        self.execute("disassociate QoS specs", &update).await.map(|_| ())
    }
}
