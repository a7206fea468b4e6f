//! Volume types, their extra specs and who may use the private ones.

use sea_query::{Cond, Expr, ExprTrait as _, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, map_text};
use super::session::Inserted;
use super::{Session, Tx};
use crate::domain::page::{ListQuery, Page};
use crate::domain::volume_type::VolumeType;
use crate::domain::{Error, ProjectId, QosSpecsId, Result, VolumeTypeId};

const COLUMNS: [&str; 8] =
    ["id", "name", "description", "is_public", "qos_specs_id", "extra_specs", "created_at", "updated_at"];

fn values(t: &VolumeType) -> [Value; 8] {
    [
        t.id.to_string().into(),
        t.name.as_str().into(),
        t.description.clone().into(),
        i64::from(t.is_public).into(),
        t.qos_specs_id.map(|id| id.to_string()).into(),
        map_text(&t.extra_specs).into(),
        t.created_at.0.into(),
        t.updated_at.map(|at| at.0).into(),
    ]
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|c| ("volume_types", c))).from("volume_types");
    select
}

fn decode(row: &AnyRow) -> Result<VolumeType> {
    let mut c = Columns::of(row);
    Ok(VolumeType {
        id: c.parsed()?,
        name: c.text()?,
        description: c.maybe_text()?,
        is_public: c.flag()?,
        qos_specs_id: c.maybe_parsed()?,
        extra_specs: c.map()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
    })
}

const TYPES: Listed =
    Listed { table: "volume_types", project: None, noun: "Volume type", expression: |_| None };

/// Public, or given to this project.
fn visible_to(project: &ProjectId) -> Cond {
    let mut given = Query::select();
    given
        .column("volume_type_id")
        .from("volume_type_projects")
        .and_where(Expr::col("project_id").eq(project.as_str()));
    Cond::any()
        .add(Expr::col(("volume_types", "is_public")).eq(1i64))
        .add(Expr::col(("volume_types", "id")).in_subquery(given))
}

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn find_type(&mut self, id: VolumeTypeId) -> Result<Option<VolumeType>> {
        let mut select = select();
        select.and_where(Expr::col(("volume_types", "id")).eq(id.to_string()));
        self.optional("find a type", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// # Errors
    /// Those of the database.
    pub async fn find_type_by_name(&mut self, name: &str) -> Result<Option<VolumeType>> {
        let mut select = select();
        select.and_where(Expr::col(("volume_types", "name")).eq(name));
        self.optional("find a type by name", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of types; `visible_to`: only those this project may use.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_types(
        &mut self,
        query: &ListQuery,
        project: Option<&ProjectId>,
    ) -> Result<Page<VolumeType>> {
        let after = self.known_marker(&TYPES, query).await?;
        let narrow = |dialect, select: &mut SelectStatement| {
            TYPES.narrow(dialect, select, query);
            if let Some(project) = project {
                select.cond_where(visible_to(project));
            }
        };
        let total = self.total(&TYPES, query, narrow).await?;
        let mut select = select();
        narrow(self.dialect, &mut select);
        TYPES.page(&mut select, query, after.as_deref());
        let rows = self.all("list types", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }

    /// The types that have these QoS specs.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn types_with_qos(&mut self, id: QosSpecsId) -> Result<Vec<VolumeType>> {
        let mut select = select();
        select
            .and_where(Expr::col(("volume_types", "qos_specs_id")).eq(id.to_string()))
            .order_by(("volume_types", "created_at"), sea_query::Order::Asc)
            .order_by(("volume_types", "id"), sea_query::Order::Asc);
        let rows = self.all("types with QoS specs", &select).await?;
        rows.iter().map(decode).collect()
    }

    /// Names and ids of all types, for the per-type quota keys.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn type_names(&mut self) -> Result<Vec<(VolumeTypeId, String)>> {
        let mut select = Query::select();
        select.columns(["id", "name"]).from("volume_types").order_by("name", sea_query::Order::Asc);
        let rows = self.all("names of types", &select).await?;
        let read = rows.iter().map(|row| {
            let mut c = Columns::of(row);
            Ok((c.parsed()?, c.text()?))
        });
        read.collect()
    }

    /// The projects a private type is given to.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn type_projects(&mut self, id: VolumeTypeId) -> Result<Vec<ProjectId>> {
        let mut select = Query::select();
        select
            .column("project_id")
            .from("volume_type_projects")
            .and_where(Expr::col("volume_type_id").eq(id.to_string()))
            .order_by("project_id", sea_query::Order::Asc);
        let rows = self.all("projects of a type", &select).await?;
        rows.iter().map(|row| Columns::of(row).text().map(ProjectId::new)).collect()
    }

    /// # Errors
    /// Those of the database.
    pub async fn may_use_type(&mut self, volume_type: &VolumeType, project: &ProjectId) -> Result<bool> {
        Ok(volume_type.is_public || self.type_projects(volume_type.id).await?.contains(project))
    }
}

impl Tx {
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn insert_type(&mut self, t: &VolumeType) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table("volume_types").columns(COLUMNS).values_panic(values(t).map(Expr::val));
        match self.insert("insert a type", &insert).await? {
            Inserted::New => Ok(()),
            Inserted::Duplicate => Err(name_taken(&t.name)),
        }
    }

    /// Writes the type back; the volumes that show its name are shown anew.
    ///
    /// # Errors
    /// `NotFound` when it is gone.
    pub async fn update_type(&mut self, t: &VolumeType) -> Result<()> {
        if let Some(other) = self.find_type_by_name(&t.name).await?
            && other.id != t.id
        {
            return Err(name_taken(&t.name));
        }
        let mut update = Query::update();
        update
            .table("volume_types")
            .values(COLUMNS.into_iter().zip(values(t).map(Expr::val)).skip(1))
            .and_where(Expr::col("id").eq(t.id.to_string()));
        if self.execute("update a type", &update).await? == 0 {
            return Err(Error::not_found(format!("Volume type {} could not be found.", t.id)));
        }
        self.names_changed().await
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_type(&mut self, id: VolumeTypeId) -> Result<()> {
        let parts = [
            ("volume_type_projects", "volume_type_id"),
            ("type_encryption", "volume_type_id"),
            ("volume_types", "id"),
        ];
        for (table, column) in parts {
            let mut delete = Query::delete();
            delete.from_table(table).and_where(Expr::col(column).eq(id.to_string()));
            self.execute("delete a type", &delete).await?;
        }
        Ok(())
    }

    /// # Errors
    /// `Conflict` when the project has it already.
    pub async fn add_type_project(&mut self, id: VolumeTypeId, project: &ProjectId) -> Result<()> {
        let mut insert = Query::insert();
        insert
            .into_table("volume_type_projects")
            .columns(["volume_type_id", "project_id"])
            .values_panic([id.to_string().into(), project.as_str().into()]);
        match self.insert("add type access", &insert).await? {
            Inserted::New => Ok(()),
            Inserted::Duplicate => Err(Error::conflict(format!(
                "Volume type access for {id} / {project} combination already exists."
            ))),
        }
    }

    /// # Errors
    /// `NotFound` when the project has it not.
    pub async fn remove_type_project(&mut self, id: VolumeTypeId, project: &ProjectId) -> Result<()> {
        let mut delete = Query::delete();
        delete
            .from_table("volume_type_projects")
            .and_where(Expr::col("volume_type_id").eq(id.to_string()))
            .and_where(Expr::col("project_id").eq(project.as_str()));
        match self.execute("remove type access", &delete).await? {
            0 => Err(Error::not_found(format!(
                "Volume type access not found for {id} / {project} combination."
            ))),
            _ => Ok(()),
        }
    }
}

fn name_taken(name: &str) -> Error {
    Error::conflict(format!("Volume Type {name} already exists."))
}
