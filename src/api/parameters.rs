//! What the query of an operation may say, as data. Of a list most of it follows from what it can
//! be filtered by (`filters::Rules`); what is an operation's own is described here.

use serde_json::{Value, json};

use super::answers::print::{AsOf, versions};
use super::filters::Rules;
use super::routes::Row;
use super::v3::resource_filters;

/// One key of a query.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub value: Kind,
    /// Below this minor version it means nothing.
    pub since: u16,
}

/// How a value is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Boolean,
    /// From 0 to this.
    Number(i64),
    Direction,
}

const LARGEST: i64 = 2_147_483_647;

const fn of(name: &'static str, value: Kind, about: &'static str) -> Parameter {
    Parameter { name, about, value, since: 0 }
}

impl Parameter {
    const fn since(mut self, minor: u16) -> Self {
        self.since = minor;
        self
    }

    fn to_json(&self, as_of: AsOf) -> Option<Value> {
        if !as_of.knows(self.since) {
            return None;
        }
        let schema = match self.value {
            Kind::Text => json!({"type": "string"}),
            Kind::Boolean => json!({"type": "boolean"}),
            Kind::Number(largest) => json!({"type": "integer", "minimum": 0, "maximum": largest}),
            Kind::Direction => json!({"type": "string", "enum": ["asc", "desc"]}),
        };
        Some(written(self.name, self.about, self.since, &schema))
    }
}

fn written(name: &str, about: &str, since: u16, schema: &Value) -> Value {
    let mut out = json!({"name": name, "in": "query", "description": about, "schema": schema});
    if let (Value::Object(out), true) = (&mut out, since > 0) {
        out.insert("x-openstack".into(), versions(since));
    }
    out
}

const LIMIT: Parameter = of("limit", Kind::Number(LARGEST), "Most items of the page; 1000 at most count.");
const OFFSET: Parameter = of("offset", Kind::Number(LARGEST), "How many items to leave out.");
const MARKER: Parameter = of("marker", Kind::Text, "Id of the last item of the page before.");
const SORT: Parameter = of("sort", Kind::Text, "Keys and directions: `name:asc,created_at`.");
const SORT_KEY: Parameter = of("sort_key", Kind::Text, "Older than sort, and not beside it.");
const SORT_DIR: Parameter = of("sort_dir", Kind::Direction, "Likewise.");
const ALL_TENANTS: Parameter = of("all_tenants", Kind::Boolean, "Those of all projects, for administrators.");

/// A page, in some order.
pub static PAGE: &[Parameter] = &[LIMIT, OFFSET, MARKER, SORT, SORT_KEY, SORT_DIR];
/// A page of the oldest kind.
pub static STRETCH: &[Parameter] = &[LIMIT, OFFSET];
pub static TENANTS: &[Parameter] = &[ALL_TENANTS];
pub static COUNT: &[Parameter] =
    &[of("with_count", Kind::Boolean, "Also tell how many there are.").since(45)];

const TRANSFER_FILTERS: [Parameter; 5] = [
    of("name", Kind::Text, "Filter."),
    of("volume_id", Kind::Text, "Filter."),
    of("source_project_id", Kind::Text, "Filter."),
    of("no_snapshots", Kind::Boolean, "Filter."),
    of("accepted", Kind::Boolean, "Filter."),
];
pub static TRANSFERS: &[Parameter] = &TRANSFER_FILTERS;
pub static TRANSFER_PAGE: &[Parameter] =
    &[LIMIT, OFFSET, MARKER.since(59), SORT.since(59), SORT_KEY.since(59), SORT_DIR.since(59)];

const PUBLIC: Parameter =
    of("is_public", Kind::Text, "For administrators: a boolean, or `none` for all types.");
pub static IS_PUBLIC: &[Parameter] = &[PUBLIC];
pub static LIST_VOLUME: &[Parameter] =
    &[of("list_volume", Kind::Boolean, "Also tell the volumes of the group.").since(25)];
pub static HOST: &[Parameter] = &[
    of("host", Kind::Text, "The backend, as os-services names it."),
    of("cluster", Kind::Text, "Instead of a host; there is none.").since(17),
];
pub static FORCE: &[Parameter] = &[of("force", Kind::Boolean, "Although it is in use.")];
pub static DELETION: &[Parameter] = &[
    of("cascade", Kind::Boolean, "Delete its snapshots, too."),
    of("force", Kind::Boolean, "Whatever its status.").since(23),
];
pub static VOLUME_TYPE: &[Parameter] = &[of("vol_type_id", Kind::Text, "Id of the volume type.")];
pub static USAGE: &[Parameter] = &[of("usage", Kind::Boolean, "Also tell what is used.")];
pub static PROJECT: &[Parameter] = &[
    of("project_id", Kind::Text, "Another project's, for administrators.").since(39),
    of("tenant_id", Kind::Text, "The older name of project_id.").since(39),
];
pub static POOLS: &[Parameter] = &[
    of("detail", Kind::Boolean, "Also tell the capabilities."),
    of("name", Kind::Text, "Filter.").since(28),
    of("volume_type", Kind::Text, "Only pools that may hold such volumes.").since(35),
];
pub static SERVICES: &[Parameter] = &[
    of("host", Kind::Text, "Filter; a host without a backend means all of its backends."),
    of("binary", Kind::Text, "Filter."),
    of("service", Kind::Text, "The older name of binary."),
];
pub static HOSTS: &[Parameter] =
    &[of("zone", Kind::Text, "Filter."), of("service", Kind::Text, "Filter, by the binary.")];
pub static CLUSTERS: &[Parameter] = &[
    of("name", Kind::Text, "Filter."),
    of("binary", Kind::Text, "Filter."),
    of("is_up", Kind::Boolean, "Filter."),
    of("disabled", Kind::Boolean, "Filter."),
    of("num_hosts", Kind::Number(LARGEST), "Filter."),
    of("num_down_hosts", Kind::Number(LARGEST), "Filter."),
    of("replication_status", Kind::Text, "Filter.").since(26),
    of("frozen", Kind::Boolean, "Filter.").since(26),
    of("active_backend_id", Kind::Text, "Filter.").since(26),
];
pub static BINARY: &[Parameter] = &[of("binary", Kind::Text, "`cinder-volume` unless told.")];
pub static RESOURCE: &[Parameter] = &[of("resource", Kind::Text, "Only those of this resource.")];

/// The parameters of a row's query.
pub fn query(row: &Row, as_of: AsOf) -> Vec<Value> {
    let listed = row.list.iter().flat_map(|(rules, since)| filters(rules, *since, as_of));
    let own = row.query.iter().copied().flatten().filter_map(|parameter| parameter.to_json(as_of));
    let mut all: Vec<Value> = listed.chain(own).collect();
    all.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    all
}

/// What a list takes: a stretch of it, an order, and filters.
fn filters(rules: &Rules, since: u16, as_of: AsOf) -> Vec<Value> {
    if !as_of.knows(since) {
        return Vec::new();
    }
    let paging = PAGE.iter().chain(TENANTS).filter_map(|parameter| parameter.to_json(as_of));
    let everybody = resource_filters::of(rules.resource);
    let columns = rules.fields.iter().map(|field| field.name).filter(|name| !everybody.contains(name));
    let named = everybody
        .iter()
        .map(|name| (*name, "Filter."))
        .chain(columns.map(|name| (name, "Filter, for administrators.")));
    let named = named.filter(|(name, _)| !rules.own.contains(name)).filter_map(|(name, about)| {
        let own = rules.since.iter().find(|(key, _)| *key == name).map_or(0, |(_, minor)| *minor);
        let since = own.max(since);
        as_of.knows(since).then(|| written(name, about, since, &json!({"type": "string"})))
    });
    paging.chain(named).collect()
}
