//! A `ListQuery` as SQL. Used by every paged table; the volumes' own part is at the end.

use std::sync::Arc;

use sea_query::{Cond, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr, Value as SqlValue};

use super::cache::{Stamp, names_epoch};
use super::row::{Columns, pair_text};
use super::{Dialect, Session};
use crate::domain::page::{Comparison, Direction, Field, Filter, Kind, ListQuery, Page, Scope, Sort, Value};
use crate::domain::volume::VolumeDetails;
use crate::domain::{Error, ErrorKind, Result, VolumeId};

/// A page whose rows vanished between its two statements is read again this often.
const REREADS: u32 = 5;

/// One table that can be listed.
pub(super) struct Listed {
    pub(super) table: &'static str,
    /// Column of the project, if the table has one.
    pub(super) project: Option<&'static str>,
    /// For the 404 of an unknown marker.
    pub(super) noun: &'static str,
    /// How a field is to be read when it is not a column of the table.
    pub(super) expression: fn(Field) -> Option<SimpleExpr>,
}

const VOLUMES: Listed = Listed {
    table: "volumes",
    project: Some("project_id"),
    noun: "Volume",
    expression: |field| match field.kind {
        // `host` of a volume is the name of its cluster.
        Kind::Cluster => {
            let mut name = Query::select();
            name.column(("clusters", "name"))
                .from("clusters")
                .and_where(Expr::col(("clusters", "id")).equals(("volumes", "cluster_id")));
            Some(SimpleExpr::SubQuery(None, Box::new(name.into())))
        }
        _ => None,
    },
};

impl Listed {
    fn column(&self, field: Field) -> SimpleExpr {
        (self.expression)(field).unwrap_or_else(|| Expr::col((self.table, field.name)))
    }

    /// What a list is ordered by: NULL sorts as the smallest value on every engine.
    fn sort_key(&self, sort: Sort) -> SimpleExpr {
        let column = self.column(sort.field);
        let fallback: SqlValue = match (sort.field.name, sort.field.kind) {
            ("id" | "created_at" | "status" | "size" | "project_id" | "user_id", _) => return column,
            (_, Kind::Integer | Kind::Boolean | Kind::Time) => (-1i64).into(),
            (_, Kind::Text | Kind::Map | Kind::Cluster) => "".into(),
        };
        Func::coalesce([column, Expr::val(fallback)]).into()
    }

    /// `select` narrowed to the scope and filters of the query.
    pub(super) fn narrow(&self, dialect: Dialect, select: &mut SelectStatement, query: &ListQuery) {
        if let (Scope::Project(project), Some(column)) = (&query.scope, self.project) {
            select.and_where(Expr::col((self.table, column)).eq(project.as_str()));
        }
        for filter in &query.filters {
            select.and_where(self.condition(dialect, filter));
        }
    }

    fn condition(&self, dialect: Dialect, filter: &Filter) -> SimpleExpr {
        match filter {
            Filter::Compare(field, comparison, value) => self.compare(*field, *comparison, value),
            Filter::In(_, values) if values.is_empty() => never(),
            Filter::In(field, values) => {
                let mut any = values.iter().map(|value| self.compare(*field, Comparison::Equal, value));
                let first = any.next().unwrap_or_else(never);
                any.fold(first, ExprTrait::or)
            }
            // Not LIKE: SQLite's ignores case, and nothing in the text is special this way.
            Filter::Contains(field, text) => {
                let column = self.column(*field);
                let column = match field.kind {
                    Kind::Text | Kind::Map | Kind::Cluster => column,
                    Kind::Integer | Kind::Boolean | Kind::Time => dialect.as_text(column),
                };
                dialect.position(column, text).gt(0)
            }
            Filter::HasPairs(field, pairs) => {
                let column = self.column(*field);
                let mut all = pairs
                    .iter()
                    .map(|(key, value)| dialect.position(column.clone(), &pair_text(key, value)).gt(0));
                let first = all.next().unwrap_or_else(|| Expr::val(1).eq(1));
                all.fold(first, ExprTrait::and)
            }
            Filter::NotMigrationTarget => {
                let column = Expr::col((self.table, "migration_status"));
                column.clone().is_null().or(column.not_like("target:%"))
            }
            Filter::Never => never(),
        }
    }

    fn compare(&self, field: Field, comparison: Comparison, value: &Value) -> SimpleExpr {
        let column = self.column(field);
        let value: SqlValue = match (field.kind, value) {
            (_, Value::Null) if comparison == Comparison::Equal => return column.is_null(),
            (_, Value::Null) => return column.is_not_null(),
            (Kind::Text | Kind::Map | Kind::Cluster, Value::Text(text)) => text.as_str().into(),
            (Kind::Integer, Value::Integer(number)) => (*number).into(),
            (Kind::Boolean, Value::Boolean(flag)) => i64::from(*flag).into(),
            (Kind::Time, Value::Time(at)) => at.0.into(),
            // PostgreSQL refuses to compare a number with a text; here nothing equals it.
            _ if comparison == Comparison::NotEqual => return column.is_not_null(),
            _ => return never(),
        };
        match comparison {
            Comparison::Equal => column.eq(value),
            Comparison::NotEqual => column.ne(value),
            Comparison::Less => column.lt(value),
            Comparison::LessOrEqual => column.lte(value),
            Comparison::Greater => column.gt(value),
            Comparison::GreaterOrEqual => column.gte(value),
        }
    }

    /// Orders `select` and cuts the page out of it. `after`: the sort values of the marker.
    pub(super) fn page(&self, select: &mut SelectStatement, query: &ListQuery, after: Option<&[SqlValue]>) {
        if let Some(after) = after {
            select.cond_where(self.beyond(&query.sort, after));
        }
        for sort in &query.sort {
            let order = match sort.direction {
                Direction::Ascending => Order::Asc,
                Direction::Descending => Order::Desc,
            };
            select.order_by_expr(self.sort_key(*sort), order);
        }
        select.limit(u64::from(query.limit));
        if query.offset > 0 {
            // The driver panics above this; no table is as long.
            select.offset(std::cmp::Ord::min(query.offset, i64::MAX.unsigned_abs()));
        }
    }

    /// The rows behind the marker: later in the first key, or equal there and later in the next …
    fn beyond(&self, sorts: &[Sort], after: &[SqlValue]) -> Cond {
        let mut any = Cond::any();
        for (depth, (sort, value)) in sorts.iter().zip(after).enumerate() {
            let mut all = Cond::all();
            for (equal, at) in sorts.iter().zip(after).take(depth) {
                all = all.add(self.sort_key(*equal).eq(at.clone()));
            }
            let key = self.sort_key(*sort);
            any = any.add(all.add(match sort.direction {
                Direction::Ascending => key.gt(value.clone()),
                Direction::Descending => key.lt(value.clone()),
            }));
        }
        any
    }
}

/// Cinder's words about a key of the order that is no column.
fn in_order(query: &ListQuery) -> Result<()> {
    match query.sort.is_empty() {
        true => Err(Error::invalid("Invalid input received: Invalid sort key")),
        false => Ok(()),
    }
}

fn never() -> SimpleExpr {
    Expr::val(0).eq(1)
}

impl Session {
    /// The sort values of the marker's row; an unknown marker is 404 of that resource. Only then
    /// an order that is none is refused.
    pub(super) async fn marker(
        &mut self,
        listed: &Listed,
        query: &ListQuery,
    ) -> Result<Option<Vec<SqlValue>>> {
        // Where nothing can be found nobody looks for the marker or at the order, as in Cinder.
        if query.filters.contains(&Filter::Never) {
            return Ok(None);
        }
        let found = match &query.marker {
            None => None,
            Some(marker) => {
                let values = self.values_at(listed, query, marker).await?;
                let missing = || Error::not_found(format!("{} {marker} could not be found.", listed.noun));
                Some(values.ok_or_else(missing)?)
            }
        };
        in_order(query)?;
        Ok(found)
    }

    /// The same where Cinder takes an unknown marker for none.
    pub(super) async fn known_marker(
        &mut self,
        listed: &Listed,
        query: &ListQuery,
    ) -> Result<Option<Vec<SqlValue>>> {
        match self.marker(listed, query).await {
            Err(error) if error.kind() == ErrorKind::NotFound => in_order(query).map(|()| None),
            found => found,
        }
    }

    async fn values_at(
        &mut self,
        listed: &Listed,
        query: &ListQuery,
        marker: &str,
    ) -> Result<Option<Vec<SqlValue>>> {
        let mut select = Query::select();
        select.column((listed.table, "id"));
        for sort in &query.sort {
            select.expr(listed.sort_key(*sort));
        }
        select.from(listed.table).and_where(Expr::col((listed.table, "id")).eq(marker));
        if let (Scope::Project(project), Some(column)) = (&query.scope, listed.project) {
            select.and_where(Expr::col((listed.table, column)).eq(project.as_str()));
        }
        let Some(row) = self.optional("find a marker", &select).await? else { return Ok(None) };
        let mut columns = Columns::of(&row);
        columns.text()?;
        let read = query.sort.iter().map(|sort| match sort.field.kind {
            Kind::Integer | Kind::Boolean | Kind::Time => columns.int().map(SqlValue::from),
            Kind::Text | Kind::Map | Kind::Cluster => columns.text().map(SqlValue::from),
        });
        read.collect::<Result<Vec<_>>>().map(Some)
    }

    /// How many rows match, whatever the page.
    pub(super) async fn total(
        &mut self,
        listed: &Listed,
        query: &ListQuery,
        narrow: impl FnOnce(Dialect, &mut SelectStatement),
    ) -> Result<Option<u64>> {
        if !query.with_count {
            return Ok(None);
        }
        let mut select = Query::select();
        select.column((listed.table, "id")).from(listed.table);
        narrow(self.dialect, &mut select);
        let count = self.count("count a list", &select).await?;
        Ok(Some(u64::try_from(count).unwrap_or_default()))
    }

    /// A page of volumes. At most four statements, however long the page.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_volumes(&mut self, query: &ListQuery) -> Result<Page<Arc<VolumeDetails>>> {
        let after = self.marker(&VOLUMES, query).await?;
        let total =
            self.total(&VOLUMES, query, |dialect, select| VOLUMES.narrow(dialect, select, query)).await?;
        for _ in 0..REREADS {
            let keys = self.volume_keys(query, after.as_deref()).await?;
            if let Some(items) = self.volumes_by_key(&keys).await? {
                return Ok(Page { items, total });
            }
        }
        Err(Error::unavailable("The list is changing too fast, try again."))
    }

    async fn volume_keys(
        &mut self,
        query: &ListQuery,
        after: Option<&[SqlValue]>,
    ) -> Result<Vec<(VolumeId, Stamp)>> {
        let mut select = Query::select();
        select.columns([("volumes", "id"), ("volumes", "version")]).expr(names_epoch()).from("volumes");
        VOLUMES.narrow(self.dialect, &mut select, query);
        VOLUMES.page(&mut select, query, after);
        let rows = self.all("list volumes", &select).await?;
        let read = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((columns.parsed()?, Stamp { version: columns.int()?, names: columns.int()? }))
        });
        read.collect()
    }

    /// The rows in the order of the keys; `None` when one vanished meanwhile.
    async fn volumes_by_key(
        &mut self,
        keys: &[(VolumeId, Stamp)],
    ) -> Result<Option<Vec<Arc<VolumeDetails>>>> {
        let mut found: Vec<Option<Arc<VolumeDetails>>> =
            keys.iter().map(|(id, stamp)| self.cache.get(*id, *stamp, self.moment)).collect();
        let missing: Vec<VolumeId> =
            keys.iter().zip(&found).filter(|(_, hit)| hit.is_none()).map(|((id, _), _)| *id).collect();
        if !missing.is_empty() {
            let loaded = self.load_volumes(missing).await?;
            let loaded: std::collections::HashMap<VolumeId, Arc<VolumeDetails>> =
                loaded.into_iter().map(|details| (details.volume.id, details)).collect();
            for (slot, (id, _)) in found.iter_mut().zip(keys) {
                if slot.is_none() {
                    *slot = loaded.get(id).cloned();
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Id and size of all volumes of the scope with their metadata, for the summary.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn summarise_volumes(
        &mut self,
        query: &ListQuery,
    ) -> Result<Vec<(u64, crate::domain::Metadata)>> {
        let mut select = Query::select();
        select.columns([("volumes", "size"), ("volumes", "metadata")]).from("volumes");
        VOLUMES.narrow(self.dialect, &mut select, query);
        let rows = self.all("summarise volumes", &select).await?;
        let read = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((u64::try_from(columns.int()?).unwrap_or_default(), columns.map()?))
        });
        read.collect()
    }
}
