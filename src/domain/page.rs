//! What a list may be asked for: scope, filters, order, and which stretch of it.
//!
//! The edge turns a query string into a `ListQuery` and the store turns a `ListQuery` into SQL;
//! neither knows the other. A field is named as in the struct of the resource (`Volume.name`, not
//! `display_name`), and only fields of the tables below ever get here, so that the store can put
//! them into a statement without looking twice.

use super::{ProjectId, Timestamp};

/// Most items a page may have (`osapi_max_limit` of Cinder); also what a page without `limit` has.
pub const MAX_LIMIT: u32 = 1000;

/// How a field's value is to be read and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Text,
    Integer,
    Boolean,
    Time,
    /// A JSON object of strings (`metadata`); sorted by never, filtered by pairs.
    Map,
    /// Not a column: `host` stands for the name of the cluster in `hearth@<name>#<name>`, and the
    /// values of such a filter are bare cluster names.
    Cluster,
}

/// One field a list can be filtered or sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field {
    /// Name in the domain struct, e.g. `name`.
    pub name: &'static str,
    /// Another spelling a query may use: Cinder's column, e.g. `display_name`.
    pub alias: Option<&'static str>,
    pub kind: Kind,
}

/// The fields of one resource.
pub type Fields = &'static [Field];

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, alias: None, kind }
}

const fn aliased(name: &'static str, alias: &'static str, kind: Kind) -> Field {
    Field { name, alias: Some(alias), kind }
}

pub const VOLUME_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("project_id", Kind::Text),
    field("user_id", Kind::Text),
    aliased("name", "display_name", Kind::Text),
    aliased("description", "display_description", Kind::Text),
    field("status", Kind::Text),
    field("attach_status", Kind::Text),
    field("migration_status", Kind::Text),
    field("size", Kind::Integer),
    field("volume_type_id", Kind::Text),
    field("availability_zone", Kind::Text),
    field("snapshot_id", Kind::Text),
    field("source_volid", Kind::Text),
    field("bootable", Kind::Boolean),
    field("multiattach", Kind::Boolean),
    aliased("consumes_quota", "use_quota", Kind::Boolean),
    field("group_id", Kind::Text),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
    field("host", Kind::Cluster),
    field("metadata", Kind::Map),
    aliased("image_metadata", "glance_metadata", Kind::Map),
];

pub const SNAPSHOT_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("volume_id", Kind::Text),
    field("project_id", Kind::Text),
    field("user_id", Kind::Text),
    aliased("name", "display_name", Kind::Text),
    aliased("description", "display_description", Kind::Text),
    field("status", Kind::Text),
    field("progress", Kind::Text),
    field("volume_size", Kind::Integer),
    field("volume_type_id", Kind::Text),
    field("group_snapshot_id", Kind::Text),
    aliased("consumes_quota", "use_quota", Kind::Boolean),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
    // Not of the snapshot: the zone of its volume.
    field("availability_zone", Kind::Text),
    field("metadata", Kind::Map),
];

pub const VOLUME_TYPE_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("name", Kind::Text),
    field("description", Kind::Text),
    field("is_public", Kind::Boolean),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
    field("extra_specs", Kind::Map),
];

pub const QOS_SPECS_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("name", Kind::Text),
    field("consumer", Kind::Text),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
];

/// By the names of Cinder's columns, which `status` is none of.
pub const ATTACHMENT_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("volume_id", Kind::Text),
    field("project_id", Kind::Text),
    field("instance_uuid", Kind::Text),
    field("attached_host", Kind::Text),
    field("mountpoint", Kind::Text),
    field("attach_status", Kind::Text),
    field("attach_mode", Kind::Text),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
];

pub const BACKUP_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("project_id", Kind::Text),
    field("user_id", Kind::Text),
    field("volume_id", Kind::Text),
    aliased("name", "display_name", Kind::Text),
    aliased("description", "display_description", Kind::Text),
    field("status", Kind::Text),
    field("fail_reason", Kind::Text),
    field("container", Kind::Text),
    field("availability_zone", Kind::Text),
    field("service", Kind::Text),
    field("size", Kind::Integer),
    field("object_count", Kind::Integer),
    field("snapshot_id", Kind::Text),
    field("parent_id", Kind::Text),
    field("data_timestamp", Kind::Time),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
    field("metadata", Kind::Map),
];

pub const MESSAGE_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("project_id", Kind::Text),
    field("request_id", Kind::Text),
    field("resource_type", Kind::Text),
    field("resource_uuid", Kind::Text),
    field("event_id", Kind::Text),
    aliased("level", "message_level", Kind::Text),
    field("created_at", Kind::Time),
    aliased("expires_at", "guaranteed_until", Kind::Time),
];

/// `name` is no column upstream: it can be filtered by, as `display_name`, and not sorted by.
pub const TRANSFER_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("volume_id", Kind::Text),
    aliased("source_project_id", "project_id", Kind::Text),
    field("display_name", Kind::Text),
    field("no_snapshots", Kind::Boolean),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
];

pub const GROUP_TYPE_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("name", Kind::Text),
    field("description", Kind::Text),
    field("is_public", Kind::Boolean),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
];

pub const GROUP_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("project_id", Kind::Text),
    field("user_id", Kind::Text),
    field("name", Kind::Text),
    field("description", Kind::Text),
    field("status", Kind::Text),
    field("availability_zone", Kind::Text),
    field("group_type_id", Kind::Text),
    field("group_snapshot_id", Kind::Text),
    field("source_group_id", Kind::Text),
    field("replication_status", Kind::Text),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
    field("host", Kind::Cluster),
];

pub const GROUP_SNAPSHOT_FIELDS: Fields = &[
    field("id", Kind::Text),
    field("project_id", Kind::Text),
    field("user_id", Kind::Text),
    field("name", Kind::Text),
    field("description", Kind::Text),
    field("status", Kind::Text),
    field("group_id", Kind::Text),
    field("group_type_id", Kind::Text),
    field("created_at", Kind::Time),
    field("updated_at", Kind::Time),
];

/// Finds a field by its name or alias.
pub fn find(fields: Fields, name: &str) -> Option<Field> {
    fields.iter().copied().find(|field| field.name == name || field.alias == Some(name))
}

/// Which projects' items are listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    Project(ProjectId),
    /// `all_tenants` of an administrator.
    AllProjects,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "asc" => Some(Self::Ascending),
            "desc" => Some(Self::Descending),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    pub field: Field,
    pub direction: Direction,
}

/// A literal of a filter, already of the field's kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Time(Timestamp),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One condition; a query's conditions are all to hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// `Equal` to `Null` asks for an absent value.
    Compare(Field, Comparison, Value),
    /// Any of these, e.g. `status=['available','error']`. Empty: nothing matches.
    In(Field, Vec<Value>),
    /// Contains the text (`key~=text`). `%` and `_` in it mean themselves.
    Contains(Field, String),
    /// The map has each of these pairs.
    HasPairs(Field, Vec<(String, String)>),
    /// Hides the temporary targets of migrations (`migration_status` `target:…`), which only
    /// administrators see.
    NotMigrationTarget,
    /// Nothing matches: an administrator filtered by something that is not a field.
    Never,
}

/// A page of a list, ready for the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListQuery {
    pub scope: Scope,
    pub filters: Vec<Filter>,
    /// The last key is always `id`, so that the order is total. Default: `created_at` descending,
    /// `id` descending. Empty where the order asked for is none, which is refused only once the
    /// marker has been found, and not at all where nothing can be found.
    pub sort: Vec<Sort>,
    /// At most `MAX_LIMIT`; 0 asks for an empty page.
    pub limit: u32,
    /// Id of the last item seen; an unknown one is "not found" of that resource.
    pub marker: Option<String>,
    pub offset: u64,
    /// Count all matching rows too, whatever the page.
    pub with_count: bool,
}

impl ListQuery {
    /// The first page of everything in the scope, newest first.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            filters: Vec::new(),
            sort: default_sort().to_vec(),
            limit: MAX_LIMIT,
            marker: None,
            offset: 0,
            with_count: false,
        }
    }
}

/// Newest first, ids as tie-break in the same direction.
pub const fn default_sort() -> [Sort; 2] {
    [
        Sort { field: field("created_at", Kind::Time), direction: Direction::Descending },
        Sort { field: field("id", Kind::Text), direction: Direction::Descending },
    ]
}

/// What a list use case gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// All matching rows; only when `with_count` asked.
    pub total: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_either_spelling_and_by_no_other() {
        assert_eq!(find(VOLUME_FIELDS, "display_name").map(|f| f.name), Some("name"));
        assert_eq!(find(VOLUME_FIELDS, "name").map(|f| f.name), Some("name"));
        assert_eq!(find(VOLUME_FIELDS, "id; drop table"), None);
    }

    #[test]
    fn no_table_names_a_field_twice() {
        for fields in [
            VOLUME_FIELDS,
            SNAPSHOT_FIELDS,
            VOLUME_TYPE_FIELDS,
            ATTACHMENT_FIELDS,
            BACKUP_FIELDS,
            MESSAGE_FIELDS,
            GROUP_TYPE_FIELDS,
            GROUP_FIELDS,
            GROUP_SNAPSHOT_FIELDS,
        ] {
            for field in fields {
                let same = fields.iter().filter(|f| f.name == field.name || f.alias == Some(field.name));
                assert_eq!(same.count(), 1, "{}", field.name);
            }
        }
    }
}
