//! The number of each cluster's `cinder-volume`, as Cinder's services have one: given when the
//! cluster is first seen, the same in every process and after every restart, and never another's.

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait as _, Query};

use super::row::Columns;
use super::session::Inserted;
use super::{Session, Tx};
use crate::domain::{ClusterId, Result};

/// The scheduler's, which is no row: there always is one.
pub const SCHEDULER_ID: i64 = 1;

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn service_ids(&mut self) -> Result<HashMap<ClusterId, i64>> {
        let mut select = Query::select();
        select.columns(["id", "cluster_id"]).from("service_ids");
        let rows = self.all("read the numbers of services", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            let id = c.int()?;
            Ok((c.parsed()?, id))
        });
        read.collect()
    }
}

impl Tx {
    /// Gives the cluster a number if it has none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn number_service(&mut self, cluster: ClusterId) -> Result<()> {
        let mut select = Query::select();
        select.column("id").from("service_ids").and_where(Expr::col("cluster_id").eq(cluster.to_string()));
        if self.optional("find the number of a service", &select).await?.is_some() {
            return Ok(());
        }
        let mut last = Query::select();
        last.expr(Expr::col("id").max()).from("service_ids");
        let last = self.optional("find the last number", &last).await?;
        let last = last.map(|row| Columns::of(&row).maybe_int()).transpose()?.flatten();
        let mut insert = Query::insert();
        insert
            .into_table("service_ids")
            .columns(["id", "cluster_id"])
            .values_panic([(last.unwrap_or(SCHEDULER_ID) + 1).into(), cluster.to_string().into()]);
        match self.insert("number a service", &insert).await? {
            Inserted::New => Ok(()),
            // Another process has given this number, or this cluster its number.
            Inserted::Duplicate => Err(self.stale("service number")),
        }
    }
}
