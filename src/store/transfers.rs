//! The transfers table.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::Columns;
use super::{Session, Tx};
use crate::domain::page::{ListQuery, Page};
use crate::domain::transfer::Transfer;
use crate::domain::{ProjectId, Result, TransferId, VolumeId};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 9] = [
    "id",
    "volume_id",
    "source_project_id",
    "display_name",
    "salt",
    "crypt_hash",
    "no_snapshots",
    "created_at",
    "updated_at",
];

fn values(t: &Transfer) -> [Value; 9] {
    [
        t.id.to_string().into(),
        t.volume_id.to_string().into(),
        t.source_project_id.as_str().into(),
        t.display_name.clone().into(),
        t.salt.as_str().into(),
        t.crypt_hash.as_str().into(),
        i64::from(t.no_snapshots).into(),
        t.created_at.0.into(),
        t.updated_at.map(|at| at.0).into(),
    ]
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|c| ("transfers", c))).from("transfers");
    select
}

fn decode(row: &AnyRow) -> Result<Transfer> {
    let mut c = Columns::of(row);
    Ok(Transfer {
        id: c.parsed()?,
        volume_id: c.parsed()?,
        source_project_id: ProjectId::new(c.text()?),
        display_name: c.maybe_text()?,
        salt: c.text()?,
        crypt_hash: c.text()?,
        no_snapshots: c.flag()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
    })
}

const TRANSFERS: Listed =
    Listed { table: "transfers", project: Some("source_project_id"), noun: "Transfer", expression: |_| None };

impl Session {
    /// # Errors
    /// Those of the database; an unknown transfer, or one of another project, is `None`.
    pub async fn find_transfer(
        &mut self,
        id: TransferId,
        project: Option<&ProjectId>,
    ) -> Result<Option<Transfer>> {
        let mut select = select();
        select.and_where(Expr::col(("transfers", "id")).eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col(("transfers", "source_project_id")).eq(project.as_str()));
        }
        self.optional("find a transfer", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of transfers. At most three statements.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_transfers(&mut self, query: &ListQuery) -> Result<Page<Transfer>> {
        let after = self.marker(&TRANSFERS, query).await?;
        let total =
            self.total(&TRANSFERS, query, |dialect, select| TRANSFERS.narrow(dialect, select, query)).await?;
        let mut select = select();
        TRANSFERS.narrow(self.dialect, &mut select, query);
        TRANSFERS.page(&mut select, query, after.as_deref());
        let rows = self.all("list transfers", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }
}

impl Tx {
    /// # Errors
    /// Those of the database.
    pub async fn insert_transfer(&mut self, transfer: &Transfer) -> Result<()> {
        let mut insert = Query::insert();
        insert
            .into_table("transfers")
            .columns(COLUMNS)
            .values_panic(values(transfer).into_iter().map(Expr::val));
        self.execute("insert a transfer", &insert).await.map(|_| ())
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_transfer(&mut self, id: TransferId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("transfers").and_where(Expr::col("id").eq(id.to_string()));
        self.execute("delete a transfer", &delete).await.map(|_| ())
    }

    /// The offers of a volume that is gone.
    pub(super) async fn delete_transfers_of(&mut self, volume: VolumeId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("transfers").and_where(Expr::col("volume_id").eq(volume.to_string()));
        self.execute("delete the transfers of a volume", &delete).await.map(|_| ())
    }
}
