//! The text of `clusters.toml` as the replicas share it: the newest under its epoch, and the few
//! before it, by which a replica recognises a stale file.

use sea_query::{Expr, ExprTrait as _, Order, Query};

use super::row::Columns;
use super::session::Inserted;
use super::{Session, Tx};
use crate::domain::{Error, Result, Timestamp};

const KEPT: i64 = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationsText {
    pub epoch: i64,
    pub text: String,
    pub updated_by: String,
    pub updated_at: Timestamp,
}

impl Session {
    /// The newest epoch; 0 before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn registrations_epoch(&mut self) -> Result<i64> {
        let mut select = Query::select();
        select.column("epoch").from("registrations").order_by("id", Order::Desc).limit(1);
        let row = self.optional("read the registrations' epoch", &select).await?;
        row.map_or(Ok(0), |row| Columns::of(&row).int())
    }

    /// # Errors
    /// Those of the database.
    pub async fn registrations_newest(&mut self) -> Result<Option<RegistrationsText>> {
        let mut select = Query::select();
        select
            .columns(["epoch", "text", "updated_by", "updated_at"])
            .from("registrations")
            .order_by("id", Order::Desc)
            .limit(1);
        let Some(row) = self.optional("read the registrations", &select).await? else { return Ok(None) };
        let mut c = Columns::of(&row);
        let (epoch, text, updated_by, updated_at) = (c.int()?, c.text()?, c.text()?, c.time()?);
        Ok(Some(RegistrationsText { epoch, text, updated_by, updated_at }))
    }

    /// The texts kept, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn registrations_texts(&mut self) -> Result<Vec<String>> {
        let mut select = Query::select();
        select.column("text").from("registrations").order_by("id", Order::Desc);
        let rows = self.all("read earlier registrations", &select).await?;
        rows.iter().map(|row| Columns::of(row).text()).collect()
    }
}

impl Tx {
    /// Puts the text after the epoch it is made from; the new epoch.
    ///
    /// # Errors
    /// `Conflict` when another replica was first.
    pub async fn put_registrations(
        &mut self,
        after: i64,
        text: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<i64> {
        let epoch = after + 1;
        let mut insert = Query::insert();
        insert
            .into_table("registrations")
            .columns(["id", "epoch", "text", "updated_by", "updated_at"])
            .values_panic([epoch.into(), epoch.into(), text.into(), by.into(), now.0.into()]);
        if self.insert("put registrations", &insert).await? == Inserted::Duplicate {
            return Err(Error::conflict("The registrations have just been changed by another replica."));
        }
        let mut prune = Query::delete();
        prune.from_table("registrations").and_where(Expr::col("id").lte(epoch - KEPT));
        self.execute("forget old registrations", &prune).await?;
        Ok(epoch)
    }
}
