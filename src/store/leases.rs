//! Leases: who does a thing that only one of several replicas should do.
//!
//! Taken and renewed by compare-and-swap. The only comparison of two hosts' clocks is that of a
//! lease's end, and a holder stops well before it (`margin` of the callers).

use std::time::Duration;

use sea_query::{Cond, Expr, ExprTrait as _, Query};

use super::Store;
use super::session::Inserted;
use crate::domain::{Result, Timestamp};

impl Store {
    /// Takes or renews the lease for `owner` until `now + time`. False when another holds it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn take_lease(&self, name: &str, owner: &str, now: Timestamp, time: Duration) -> Result<bool> {
        self.write("take a lease", |tx, _| {
            Box::pin(async move {
                let until = now.plus(time).0;
                let mut update = Query::update();
                update
                    .table("leases")
                    .values([("owner", owner.into()), ("expires_at", until.into())])
                    .value("epoch", Expr::col("epoch").add(1))
                    .and_where(Expr::col("name").eq(name))
                    .cond_where(
                        Cond::any().add(Expr::col("owner").eq(owner)).add(Expr::col("expires_at").lt(now.0)),
                    );
                if tx.execute("renew a lease", &update).await? == 1 {
                    return Ok(true);
                }
                let mut select = Query::select();
                select.column("owner").from("leases").and_where(Expr::col("name").eq(name));
                if tx.optional("look at a lease", &select).await?.is_some() {
                    return Ok(false);
                }
                let mut insert = Query::insert();
                insert.into_table("leases").columns(["name", "owner", "epoch", "expires_at"]).values_panic([
                    name.into(),
                    owner.into(),
                    1i64.into(),
                    until.into(),
                ]);
                match tx.insert("make a lease", &insert).await? {
                    Inserted::New => Ok(true),
                    Inserted::Duplicate => Err(tx.stale("lease")),
                }
            })
        })
        .await
    }

    /// Gives the lease back, so that nobody has to wait for its end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn drop_lease(&self, name: &str, owner: &str) -> Result<()> {
        self.write("drop a lease", |tx, _| {
            Box::pin(async move {
                let mut update = Query::update();
                update
                    .table("leases")
                    .value("expires_at", 0i64)
                    .and_where(Expr::col("name").eq(name))
                    .and_where(Expr::col("owner").eq(owner));
                tx.execute("drop a lease", &update).await.map(|_| ())
            })
        })
        .await
    }
}
