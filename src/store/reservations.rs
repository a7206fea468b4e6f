//! Capacity that is promised but not yet seen in a poll (design, invariant 5).
//!
//! A reservation is written in the transaction that decides and released only by evidence: a
//! poll lists the name with at least the expected size, or its create or extend is proven not to
//! have happened.

use sea_query::{Expr, ExprTrait as _, Query};

use super::row::Columns;
use super::{Session, Tx};
use crate::domain::{Bytes, ClusterId, LightosProject, OperationId, Result, Timestamp};

const COLUMNS: [&str; 7] =
    ["operation_id", "cluster_id", "lightos_project", "name", "bytes", "expected_size", "created_at"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The operation that will use it.
    pub operation_id: OperationId,
    pub cluster_id: ClusterId,
    pub project: LightosProject,
    /// The object's name on the cluster.
    pub name: String,
    /// What it will take from the effective capacity: size × replicas, for an extend the growth.
    pub bytes: Bytes,
    /// Size (once, without replicas) from which a listed object of this name counts as evidence.
    pub expected_size: Bytes,
    pub created_at: Timestamp,
}

impl Session {
    /// The open reservations on a cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reservations(&mut self, cluster: ClusterId) -> Result<Vec<Reservation>> {
        let mut select = Query::select();
        select
            .columns(COLUMNS)
            .from("reservations")
            .and_where(Expr::col("cluster_id").eq(cluster.to_string()));
        let rows = self.all("read reservations", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            Ok(Reservation {
                operation_id: c.parsed()?,
                cluster_id: c.parsed()?,
                project: LightosProject::new(c.text()?),
                name: c.text()?,
                bytes: Bytes(u64::try_from(c.int()?).unwrap_or_default()),
                expected_size: Bytes(u64::try_from(c.int()?).unwrap_or_default()),
                created_at: c.time()?,
            })
        });
        read.collect()
    }
}

impl Tx {
    /// # Errors
    /// Those of the database.
    pub async fn insert_reservation(&mut self, r: &Reservation) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table("reservations").columns(COLUMNS).values_panic([
            r.operation_id.to_string().into(),
            r.cluster_id.to_string().into(),
            r.project.as_str().into(),
            r.name.as_str().into(),
            i64::try_from(r.bytes.0).unwrap_or(i64::MAX).into(),
            i64::try_from(r.expected_size.0).unwrap_or(i64::MAX).into(),
            r.created_at.0.into(),
        ]);
        self.execute("insert a reservation", &insert).await.map(|_| ())
    }

    /// The operation's create or extend is proven not to have happened.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn release_reservation(&mut self, operation: OperationId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("reservations").and_where(Expr::col("operation_id").eq(operation.to_string()));
        self.execute("release a reservation", &delete).await.map(|_| ())
    }

    /// The object goes by another name now, under which polls will list it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rename_reservations(&mut self, cluster: ClusterId, from: &str, to: &str) -> Result<()> {
        let mut update = Query::update();
        update
            .table("reservations")
            .value("name", to)
            .and_where(Expr::col("cluster_id").eq(cluster.to_string()))
            .and_where(Expr::col("name").eq(from));
        self.execute("rename reservations", &update).await.map(|_| ())
    }

    /// The object of this name is proven to be gone from the cluster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn release_reservations_of(&mut self, cluster: ClusterId, name: &str) -> Result<()> {
        let mut delete = Query::delete();
        delete
            .from_table("reservations")
            .and_where(Expr::col("cluster_id").eq(cluster.to_string()))
            .and_where(Expr::col("name").eq(name));
        self.execute("release reservations of a name", &delete).await.map(|_| ())
    }
}
