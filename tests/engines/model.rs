//! What a list query means, in plain Rust over rows in memory: the store must agree with it on
//! every engine.

use std::cmp::Ordering;

use hearth::domain::page::{Comparison, Direction, Field, Filter, Kind, ListQuery, Scope, Sort, Value};
use hearth::domain::volume::Volume;
use hearth::domain::{ClusterId, Metadata, VolumeId};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Number(i64),
    Text(String),
}

/// The rows of the table, and the names of the clusters.
pub struct Model<'a> {
    pub rows: &'a [Volume],
    pub clusters: &'a [(ClusterId, String)],
}

/// What the store is to answer; `None`: the marker is not found.
#[derive(Debug, PartialEq, Eq)]
pub struct Expected {
    pub ids: Vec<VolumeId>,
    pub total: Option<u64>,
}

impl Model<'_> {
    pub fn list(&self, query: &ListQuery) -> Option<Expected> {
        let in_scope = |row: &&Volume| match &query.scope {
            Scope::Project(project) => row.project_id == *project,
            Scope::AllProjects => true,
        };
        let marker = match &query.marker {
            // Where nothing can be found nobody looks for the marker.
            _ if query.filters.contains(&Filter::Never) => None,
            None => None,
            Some(id) => Some(self.rows.iter().filter(in_scope).find(|row| row.id.to_string() == *id)?),
        };
        let mut rows: Vec<&Volume> = self
            .rows
            .iter()
            .filter(in_scope)
            .filter(|row| query.filters.iter().all(|filter| self.holds(row, filter)))
            .collect();
        let total = query.with_count.then_some(rows.len() as u64);
        rows.sort_by(|a, b| self.order(&query.sort, a, b));
        let ids = rows
            .into_iter()
            .filter(|row| marker.is_none_or(|m| self.order(&query.sort, row, m) == Ordering::Greater))
            .skip(usize::try_from(query.offset).unwrap_or(usize::MAX))
            .take(query.limit as usize)
            .map(|row| row.id);
        Some(Expected { ids: ids.collect(), total })
    }

    fn order(&self, sorts: &[Sort], a: &Volume, b: &Volume) -> Ordering {
        sorts.iter().fold(Ordering::Equal, |so_far, sort| {
            so_far.then_with(|| {
                let order = self.sort_cell(a, sort.field).cmp(&self.sort_cell(b, sort.field));
                match sort.direction {
                    Direction::Ascending => order,
                    Direction::Descending => order.reverse(),
                }
            })
        })
    }

    fn sort_cell(&self, row: &Volume, field: Field) -> Cell {
        self.cell(row, field).unwrap_or(match field.kind {
            Kind::Text | Kind::Map | Kind::Cluster => Cell::Text(String::new()),
            Kind::Integer | Kind::Boolean | Kind::Time => Cell::Number(-1),
        })
    }

    fn holds(&self, row: &Volume, filter: &Filter) -> bool {
        match filter {
            Filter::Compare(field, comparison, value) => {
                compare(self.cell(row, *field), *comparison, value, field.kind)
            }
            Filter::In(field, values) => values
                .iter()
                .any(|value| compare(self.cell(row, *field), Comparison::Equal, value, field.kind)),
            Filter::Contains(field, text) => match self.cell(row, *field) {
                None => false,
                Some(Cell::Text(cell)) => cell.contains(text),
                Some(Cell::Number(cell)) => cell.to_string().contains(text),
            },
            Filter::HasPairs(field, pairs) => {
                let map: &Metadata = match field.name {
                    "metadata" => &row.metadata,
                    "image_metadata" => &row.image_metadata,
                    other => panic!("{other} is no map"),
                };
                pairs.iter().all(|(key, value)| map.get(key) == Some(value))
            }
            Filter::NotMigrationTarget => {
                !row.migration_status.as_deref().is_some_and(|s| s.starts_with("target:"))
            }
            Filter::Never => false,
        }
    }

    fn cell(&self, row: &Volume, field: Field) -> Option<Cell> {
        let text = |text: &str| Some(Cell::Text(text.to_owned()));
        let flag = |flag: bool| Some(Cell::Number(i64::from(flag)));
        match field.name {
            "id" => text(&row.id.to_string()),
            "project_id" => text(row.project_id.as_str()),
            "user_id" => text(row.user_id.as_str()),
            "name" => row.name.clone().map(Cell::Text),
            "description" => row.description.clone().map(Cell::Text),
            "status" => text(row.status.as_str()),
            "attach_status" => text(row.attach_status.as_str()),
            "migration_status" => row.migration_status.clone().map(Cell::Text),
            "size" => Some(Cell::Number(i64::from(row.size.0))),
            "volume_type_id" => row.volume_type_id.map(|id| Cell::Text(id.to_string())),
            "availability_zone" => row.availability_zone.clone().map(Cell::Text),
            "snapshot_id" => row.snapshot_id.map(|id| Cell::Text(id.to_string())),
            "source_volid" => row.source_volid.map(|id| Cell::Text(id.to_string())),
            "bootable" => flag(row.bootable),
            "multiattach" => flag(row.multiattach),
            "consumes_quota" => flag(row.consumes_quota),
            "group_id" => row.group_id.map(|id| Cell::Text(id.to_string())),
            "created_at" => Some(Cell::Number(row.created_at.0)),
            "updated_at" => row.updated_at.map(|at| Cell::Number(at.0)),
            "host" => {
                let id = row.location.as_ref()?.cluster_id;
                let (_, name) = self.clusters.iter().find(|(cluster, _)| *cluster == id)?;
                Some(Cell::Text(name.clone()))
            }
            other => panic!("{other} has no cell"),
        }
    }
}

fn compare(cell: Option<Cell>, comparison: Comparison, value: &Value, kind: Kind) -> bool {
    if *value == Value::Null {
        return cell.is_none() == (comparison == Comparison::Equal);
    }
    let Some(cell) = cell else { return false };
    let value = match (kind, value) {
        (Kind::Text | Kind::Cluster, Value::Text(text)) => Cell::Text(text.clone()),
        (Kind::Integer, Value::Integer(number)) => Cell::Number(*number),
        (Kind::Boolean, Value::Boolean(flag)) => Cell::Number(i64::from(*flag)),
        (Kind::Time, Value::Time(at)) => Cell::Number(at.0),
        // Nothing equals a value of another kind.
        _ => return comparison == Comparison::NotEqual,
    };
    match comparison {
        Comparison::Equal => cell == value,
        Comparison::NotEqual => cell != value,
        Comparison::Less => cell < value,
        Comparison::LessOrEqual => cell <= value,
        Comparison::Greater => cell > value,
        Comparison::GreaterOrEqual => cell >= value,
    }
}
