//! The type of a project's volumes that name none.

use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::row::Columns;
use super::{Session, Tx};
use crate::domain::{ProjectId, Result, VolumeTypeId};

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(["project_id", "volume_type_id"]).from("default_types");
    select
}

impl Session {
    /// # Errors
    /// Those of the database; `None`: the project follows the cloud's default.
    pub async fn default_type_of(&mut self, project: &ProjectId) -> Result<Option<VolumeTypeId>> {
        let mut select = select();
        select.and_where(Expr::col("project_id").eq(project.as_str()));
        let row = self.optional("find a default type", &select).await?;
        row.map(|row| {
            let mut c = Columns::of(&row);
            c.text()?;
            c.parsed()
        })
        .transpose()
    }

    /// # Errors
    /// Those of the database.
    pub async fn default_types(&mut self) -> Result<Vec<(ProjectId, VolumeTypeId)>> {
        let mut select = select();
        select.order_by("project_id", Order::Asc);
        let rows = self.all("list default types", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            Ok((ProjectId::new(c.text()?), c.parsed()?))
        });
        read.collect()
    }

    /// Whether any project has this type as its default.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_a_default_type(&mut self, id: VolumeTypeId) -> Result<bool> {
        let mut select = select();
        select.and_where(Expr::col("volume_type_id").eq(id.to_string())).limit(1);
        Ok(self.optional("is it a default type", &select).await?.is_some())
    }
}

impl Tx {
    /// # Errors
    /// Those of the database.
    pub async fn set_default_type(&mut self, project: &ProjectId, id: VolumeTypeId) -> Result<()> {
        let mut insert = Query::insert();
        insert
            .into_table("default_types")
            .columns(["project_id", "volume_type_id"])
            .values_panic([project.as_str().into(), id.to_string().into()])
            .on_conflict(OnConflict::column("project_id").update_column("volume_type_id").to_owned());
        self.execute("set a default type", &insert).await.map(|_| ())
    }

    /// # Errors
    /// Those of the database.
    pub async fn unset_default_type(&mut self, project: &ProjectId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("default_types").and_where(Expr::col("project_id").eq(project.as_str()));
        self.execute("unset a default type", &delete).await.map(|_| ())
    }
}
