//! Rows that carry a version, and their compare-and-swap by it (invariant 10).
//!
//! A row begins at version 1. Whoever writes it back or removes it names the version it has read;
//! a row that moved meanwhile restarts the transaction.

use sea_query::{Expr, ExprTrait as _, Query, Value};

use super::Tx;
use crate::domain::Result;

/// A row as it was read.
pub(super) struct AsRead {
    pub(super) table: &'static str,
    pub(super) id: String,
    pub(super) version: i64,
}

impl Tx {
    /// A row of version 1.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn insert_first(
        &mut self,
        doing: &'static str,
        table: &'static str,
        row: impl Iterator<Item = (&'static str, Value)>,
    ) -> Result<()> {
        let (columns, values): (Vec<_>, Vec<_>) = row.chain([("version", 1i64.into())]).unzip();
        let mut insert = Query::insert();
        insert.into_table(table).columns(columns).values_panic(values.into_iter().map(Expr::val));
        self.execute(doing, &insert).await.map(|_| ())
    }

    /// Writes the whole row back.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub(super) async fn write_back(
        &mut self,
        doing: &'static str,
        read: AsRead,
        row: impl Iterator<Item = (&'static str, Value)>,
    ) -> Result<()> {
        let changeable = row.filter(|(column, _)| *column != "id");
        let mut update = Query::update();
        update
            .table(read.table)
            .values(changeable.map(|(column, value)| (column, Expr::val(value))))
            .value("version", read.version + 1)
            .and_where(Expr::col("id").eq(read.id))
            .and_where(Expr::col("version").eq(read.version));
        match self.execute(doing, &update).await? {
            0 => Err(self.stale(doing)),
            _ => Ok(()),
        }
    }

    /// Removes the row.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub(super) async fn remove(&mut self, doing: &'static str, read: AsRead) -> Result<()> {
        let mut delete = Query::delete();
        delete
            .from_table(read.table)
            .and_where(Expr::col("id").eq(read.id))
            .and_where(Expr::col("version").eq(read.version));
        match self.execute(doing, &delete).await? {
            0 => Err(self.stale(doing)),
            _ => Ok(()),
        }
    }
}
