//! Group types with their specs.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, json_text};
use super::session::Inserted;
use super::{Session, Tx};
use crate::domain::group_type::GroupType;
use crate::domain::page::{ListQuery, Page};
use crate::domain::{Error, GroupTypeId, Result};

const COLUMNS: [&str; 7] = ["id", "name", "description", "is_public", "specs", "created_at", "updated_at"];

fn values(t: &GroupType) -> Result<[Value; 7]> {
    Ok([
        t.id.to_string().into(),
        t.name.as_str().into(),
        t.description.clone().into(),
        i64::from(t.is_public).into(),
        json_text(&t.specs)?.into(),
        t.created_at.0.into(),
        t.updated_at.map(|at| at.0).into(),
    ])
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|c| ("group_types", c))).from("group_types");
    select
}

fn decode(row: &AnyRow) -> Result<GroupType> {
    let mut c = Columns::of(row);
    Ok(GroupType {
        id: c.parsed()?,
        name: c.text()?,
        description: c.maybe_text()?,
        is_public: c.flag()?,
        specs: c.json()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
    })
}

const TYPES: Listed =
    Listed { table: "group_types", project: None, noun: "Group type", expression: |_| None };

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn find_group_type(&mut self, id: GroupTypeId) -> Result<Option<GroupType>> {
        let mut select = select();
        select.and_where(Expr::col(("group_types", "id")).eq(id.to_string()));
        self.optional("find a group type", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// # Errors
    /// Those of the database.
    pub async fn find_group_type_by_name(&mut self, name: &str) -> Result<Option<GroupType>> {
        let mut select = select();
        select.and_where(Expr::col(("group_types", "name")).eq(name));
        self.optional("find a group type by name", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of group types. At most three statements.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_group_types(&mut self, query: &ListQuery) -> Result<Page<GroupType>> {
        let after = self.known_marker(&TYPES, query).await?;
        let total = self.total(&TYPES, query, |dialect, select| TYPES.narrow(dialect, select, query)).await?;
        let mut select = select();
        TYPES.narrow(self.dialect, &mut select, query);
        TYPES.page(&mut select, query, after.as_deref());
        let rows = self.all("list group types", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }

    /// Whether any group has this type.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_group_type_in_use(&mut self, id: GroupTypeId) -> Result<bool> {
        let mut select = Query::select();
        select
            .column("id")
            .from("volume_groups")
            .and_where(Expr::col("group_type_id").eq(id.to_string()))
            .limit(1);
        Ok(self.optional("is a group type in use", &select).await?.is_some())
    }
}

impl Tx {
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn insert_group_type(&mut self, t: &GroupType) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table("group_types").columns(COLUMNS).values_panic(values(t)?.map(Expr::val));
        match self.insert("insert a group type", &insert).await? {
            Inserted::New => Ok(()),
            Inserted::Duplicate => Err(name_taken(&t.name)),
        }
    }

    /// # Errors
    /// `Conflict` when another type than `id` has the name.
    pub async fn refuse_group_type_name(&mut self, name: &str, id: &str) -> Result<()> {
        match self.find_group_type_by_name(name).await? {
            Some(other) if other.id.to_string() != id => Err(name_taken(name)),
            _ => Ok(()),
        }
    }

    /// Writes the type back.
    ///
    /// # Errors
    /// `Conflict` when the name is taken, `NotFound` when the type is gone.
    pub async fn update_group_type(&mut self, t: &GroupType) -> Result<()> {
        self.refuse_group_type_name(&t.name, &t.id.to_string()).await?;
        let mut update = Query::update();
        update
            .table("group_types")
            .values(COLUMNS.into_iter().zip(values(t)?.map(Expr::val)).skip(1))
            .and_where(Expr::col("id").eq(t.id.to_string()));
        match self.execute("update a group type", &update).await? {
            0 => Err(Error::not_found(format!("Group type {} could not be found.", t.id))),
            // The name says which API the groups, and so their volumes, belong to.
            _ => self.names_changed().await,
        }
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_group_type(&mut self, id: GroupTypeId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("group_types").and_where(Expr::col("id").eq(id.to_string()));
        self.execute("delete a group type", &delete).await.map(|_| ())
    }
}

fn name_taken(name: &str) -> Error {
    Error::conflict(format!("Group Type {name} already exists."))
}
