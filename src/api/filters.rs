//! From a query string to the filters of a `ListQuery` (`cinder-behaviours` 3.2).
//!
//! Who may filter by what depends on the caller and on the microversion: a member only by what
//! `resource_filters` lists (unknown keys are dropped below 3.31 and refused from there on), an
//! administrator by every column (a key that is no column finds nothing). A version that brought
//! a filter holds it back only below 3.31, since from there on stock looks at that list alone;
//! what the versions say otherwise is seen nowhere (`tests/conformance/golden`).

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::bool_text;
use super::call::Call;
use super::columns;
use super::fault::MALFORMED;
use super::page::{self, RESERVED};
use super::python::{Literal, literal};
use super::v3::resource_filters;
use crate::domain::page::{Comparison, Field, Fields, Filter, Kind, Scope, Sort, Value, find};
use crate::domain::{Error, ListQuery, Microversion, Result, Timestamp};

/// Minor version of the filters that all lists have in common.
const GENERAL: u16 = 31;

/// How one list is filtered.
#[derive(Debug)]
pub struct Rules {
    /// Name in `resource_filters`.
    pub resource: &'static str,
    pub fields: Fields,
    /// Filters that came with a minor version; below it they are dropped, as long as nothing is refused.
    pub since: &'static [(&'static str, u16)],
    /// From here on a filter that a member may not use is refused; below it is dropped.
    pub strict_since: u16,
    /// Parameters of the list that are no filters.
    pub own: &'static [&'static str],
    /// What is hidden from members.
    pub hidden: &'static [Filter],
}

/// The whole query of a list request.
pub fn list_query(call: &Call, rules: &Rules) -> Result<ListQuery> {
    // The order of the checks is Cinder's: pages and the words about order, filters, directions,
    // and only when anything can be found the marker and the keys of the order (in the store).
    let words = || page::sort_words(&call.query, "created_at");
    if matches!(rules.resource, "snapshot" | "attachment") {
        words()?;
    }
    let (limit, offset) = page::stretch(&call.query)?;
    words()?;
    let with_count = is_counted(rules) && page::with_count(&call.query, call.version())?;
    let mut filters = read(call, rules)?;
    if !call.ctx.is_admin {
        filters.extend_from_slice(rules.hidden);
    }
    let scope = scope_of(call, rules)?;
    if matches!(scope, Scope::Project(_)) && knows_all_tenants(rules) {
        // The own project takes the place of whatever is asked for.
        filters.retain(|filter| !is_by_project(filter));
    }
    if rules.resource == "volume"
        && call.ctx.is_admin
        && call.query.has("all_tenants")
        && scope != Scope::AllProjects
    {
        // Upstream takes the word for a column unless it is true.
        filters.push(Filter::Never);
    }
    // Some are not looked for at all when nothing can be found.
    let looks_first = matches!(rules.resource, "attachment" | "snapshot" | "backup" | "group_snapshot");
    if !looks_first || !filters.contains(&Filter::Never) {
        page::check_directions(&call.query)?;
    }
    if by_keyword(rules) && !filters.contains(&Filter::Never) && names_one_twice(&asked(call, rules)) {
        return Err(Error::invalid(MALFORMED));
    }
    let sort = if filters.contains(&Filter::Never) { Vec::new() } else { sorted(call, rules)? };
    Ok(ListQuery { scope, filters, sort, limit, marker: page::marker(&call.query), offset, with_count })
}

/// Elsewhere `all_tenants` is a filter like any other, and no column.
fn knows_all_tenants(rules: &Rules) -> bool {
    !matches!(rules.resource, "message" | "volume_type" | "qos_specs")
}

fn is_by_project(filter: &Filter) -> bool {
    matches!(filter, Filter::Compare(field, ..) | Filter::In(field, _) if field.name == "project_id")
}

fn scope_of(call: &Call, rules: &Rules) -> Result<Scope> {
    Ok(match rules.resource {
        "snapshot" => everybody(call, bool_text::lenient),
        // Here the word alone counts.
        "attachment" | "group" | "group_snapshot" => everybody(call, |_| true),
        "backup" => {
            let asked = call.query.get("all_tenants").filter(|_| call.ctx.is_admin);
            if let Some(text) = asked.filter(|text| bool_text::of_query(text).is_none()) {
                return Err(Error::invalid(format!("all_tenants must be a boolean, got '{text}'.")));
            }
            everybody(call, bool_text::lenient)
        }
        _ if !knows_all_tenants(rules) => Scope::Project(call.ctx.project_id.clone()),
        _ => scope(call)?,
    })
}

/// Elsewhere `with_count` is a filter like any other, and no column.
fn is_counted(rules: &Rules) -> bool {
    matches!(rules.resource, "volume" | "snapshot" | "backup")
}

fn sorted(call: &Call, rules: &Rules) -> Result<Vec<Sort>> {
    // Until then only the column's own name, `display_name`, was known.
    let named_since = match rules.resource {
        "snapshot" => 30,
        "backup" => 37,
        _ => 0,
    };
    if !call.version().at_least(named_since) && page::is_sorted_by(&call.query, "name") {
        return Ok(Vec::new());
    }
    page::sort(&call.query, rules.fields, columns::of(rules.resource))
}

/// `all_tenants` is for administrators; others' is ignored, since clients always send it.
pub fn scope(call: &Call) -> Result<Scope> {
    if call.ctx.is_admin && call.query.boolean("all_tenants")? {
        return Ok(Scope::AllProjects);
    }
    Ok(Scope::Project(call.ctx.project_id.clone()))
}

/// The same with another reading of the word.
fn everybody(call: &Call, means_yes: impl Fn(&str) -> bool) -> Scope {
    if call.ctx.is_admin && call.query.get("all_tenants").is_some_and(means_yes) {
        return Scope::AllProjects;
    }
    Scope::Project(call.ctx.project_id.clone())
}

/// What of the query is meant as a filter.
fn asked<'c>(call: &'c Call, rules: &Rules) -> Vec<(&'c str, &'c str)> {
    let version = call.version();
    let member_of_today = !call.ctx.is_admin && version.at_least(rules.strict_since);
    let mut paged = Vec::new();
    let mut asked = Vec::new();
    for (key, text) in call.query.iter() {
        // Of several the first is about the page, and the others are filters.
        if RESERVED.contains(&key) && !paged.contains(&key) {
            paged.push(key);
            continue;
        }
        let all_tenants = key == "all_tenants" && (knows_all_tenants(rules) || member_of_today);
        let counts = key == "with_count" && is_counted(rules) && version.at_least(45);
        if !all_tenants && !counts && !rules.own.contains(&key) {
            asked.push((key, text));
        }
    }
    asked
}

/// Handed on as keyword arguments by upstream, which may not be given twice.
fn by_keyword(rules: &Rules) -> bool {
    matches!(rules.resource, "group" | "group_snapshot" | "message")
}

fn names_one_twice(asked: &[(&str, &str)]) -> bool {
    asked.iter().enumerate().any(|(at, (key, _))| asked.iter().skip(at + 1).any(|(later, _)| later == key))
}

/// Of equal keys the last counts; only a name is renamed before that.
fn last_of_equals<'c>(asked: &[(&'c str, &'c str)]) -> Vec<(&'c str, &'c str)> {
    let counts =
        |at: usize, key: &str| key == "name" || asked.iter().skip(at + 1).all(|(later, _)| *later != key);
    asked.iter().enumerate().filter(|(at, (key, _))| counts(*at, key)).map(|(_, pair)| *pair).collect()
}

fn read(call: &Call, rules: &Rules) -> Result<Vec<Filter>> {
    let version = call.version();
    let asked = asked(call, rules);
    let mut asked = if by_keyword(rules) { asked } else { last_of_equals(&asked) };
    if version.at_least(rules.strict_since) && asked.iter().any(|(key, _)| !key.is_ascii()) {
        return Err(Error::invalid("Filter keys can only contain ASCII characters."));
    }
    let may = |key: &str| call.ctx.is_admin || members_may(rules, key, version);
    let unknown: Vec<&str> = asked.iter().map(|(key, _)| *key).filter(|key| !may(key)).collect();
    if version.at_least(rules.strict_since) && !unknown.is_empty() {
        let names = unknown.join(",");
        return Err(Error::invalid(format!("Invalid filters {names} are found in query options.")));
    }
    asked.retain(|(key, _)| may(key));
    let mut filters = Vec::new();
    // Upstream renames only the first of two, and what it knows as `name` itself is no column.
    if ["volume", "snapshot", "backup"].contains(&rules.resource)
        && asked.iter().filter(|(key, _)| *key == "name").count() > 1
    {
        filters.push(Filter::Never);
    }
    // Comparisons of times are for volumes, and read before anything else; elsewhere such a column equals no text.
    let compared = |key: &str| {
        find(rules.fields, key).filter(|field| field.kind == Kind::Time && rules.resource == "volume")
    };
    for (key, text) in asked.iter().filter(|(key, _)| !is_held_back(call, rules, key)) {
        compared(key).map(|field| times(field, text)).transpose()?;
    }
    for (key, text) in asked {
        if key == "deleted" && rules.resource == "volume" {
            // A column all the same, and what is deleted is never shown.
            if flag(key, text, version)? {
                filters.extend(find(rules.fields, "id").map(|id| Filter::In(id, Vec::new())));
            }
            continue;
        }
        // Until then upstream passes over it where the column has another name.
        let passed_over = !version.at_least(GENERAL) && find(rules.fields, "display_name").is_some();
        if is_held_back(call, rules, key) || (key == "name~" && passed_over) {
            continue;
        }
        // Empty it stays what it is, and that is no column.
        let of_server = rules.resource == "attachment" && key == "instance_id" && !text.is_empty();
        let key = if of_server { "instance_uuid" } else { key };
        let columns = columns::of(rules.resource);
        match compared(key) {
            Some(field) => filters.extend(times(field, text)?),
            None if columns.unknown.contains(&key) => filters.push(Filter::Never),
            None if columns.null.contains(&key.trim_end_matches('~')) => {
                // Only of volumes a literal is read.
                let asks_for_null = rules.resource == "volume" && literal(text) == Some(Literal::None);
                let id = find(rules.fields, "id").filter(|_| !asks_for_null);
                filters.extend(id.map(|id| Filter::In(id, Vec::new())));
            }
            None => filters.push(one(rules.fields, key, text, version)?),
        }
    }
    Ok(filters)
}

/// Whether a key is passed over: what came with a later version, except that the general filters
/// let it pass, and that nobody ever looked at those of administrators elsewhere.
fn is_held_back(call: &Call, rules: &Rules, key: &str) -> bool {
    let version = call.version();
    match key {
        // Known under both names later; the one is the column's, the other was none until then.
        "use_quota" => !version.at_least(GENERAL),
        "consumes_quota" => false,
        _ => rules.since.iter().any(|(name, minor)| {
            let of_admin = call.ctx.is_admin && *minor == rules.strict_since;
            *name == key && !of_admin && !version.at_least(*minor) && !version.at_least(rules.strict_since)
        }),
    }
}

/// Whether members may filter by a key: from some version on by what is configured, and before by
/// what the code of each list says, which for some is everything.
fn members_may(rules: &Rules, key: &str, version: Microversion) -> bool {
    match rules.resource {
        _ if version.at_least(rules.strict_since) => resource_filters::of(rules.resource).contains(&key),
        "group" | "group_snapshot" | "message" => true,
        "snapshot" => ["name", "status", "volume_id", "metadata"].contains(&key),
        "volume_type" => key == "is_public",
        other => resource_filters::of(other).contains(&key),
    }
}

fn one(fields: Fields, key: &str, text: &str, version: Microversion) -> Result<Filter> {
    if let Some(name) = key.strip_suffix('~') {
        return Ok(match find(fields, name) {
            None => Filter::Never,
            Some(field) if field.kind == Kind::Map => Filter::Never,
            // Times are not kept as text here.
            Some(field) if field.kind == Kind::Time => Filter::In(field, Vec::new()),
            Some(field) => Filter::Contains(field, text.to_owned()),
        });
    }
    // This spelling came with the general filters; until then it was no column.
    if key == "consumes_quota" && !version.at_least(GENERAL) {
        return Ok(Filter::Never);
    }
    let Some(field) = find(fields, key) else { return Ok(Filter::Never) };
    match field.kind {
        // The name is taken as it is, even if it looks like a Python literal.
        Kind::Text if field.name == "name" => Ok(equal(field, Value::Text(text.to_owned()))),
        Kind::Boolean => boolean(field, key, text, version).map(|value| equal(field, Value::Boolean(value))),
        Kind::Map => Ok(pairs(field, text)),
        Kind::Cluster => {
            let cluster = text.split('#').next().unwrap_or(text).strip_prefix("hearth@");
            Ok(cluster.map_or_else(
                || Filter::In(field, Vec::new()),
                |name| equal(field, Value::Text(name.to_owned())),
            ))
        }
        Kind::Text | Kind::Integer | Kind::Time => Ok(by_literal(field, text)),
    }
}

const fn equal(field: Field, value: Value) -> Filter {
    Filter::Compare(field, Comparison::Equal, value)
}

/// A word, a number, `None`, or a list of them.
fn by_literal(field: Field, text: &str) -> Filter {
    let scalar = |literal: Literal, text: &str| match (literal, field.kind) {
        (Literal::None, _) => Some(Value::Null),
        (Literal::Text(text), Kind::Text) => Some(Value::Text(text)),
        (Literal::Text(text), _) => text.parse().ok().map(Value::Integer),
        (Literal::Integer(number), Kind::Integer) => Some(Value::Integer(number)),
        (Literal::Integer(_) | Literal::Bool(_), Kind::Text) => Some(Value::Text(text.to_owned())),
        _ => None,
    };
    // A column all the same, unlike what `Filter::Never` stands for: Cinder goes on and asks.
    let impossible = || Filter::In(field, Vec::new());
    match literal(text) {
        Some(Literal::Sequence(items)) => {
            let own =
                |item: &Literal| if let Literal::Integer(n) = item { n.to_string() } else { String::new() };
            Filter::In(
                field,
                items
                    .into_iter()
                    .filter_map(|item| {
                        let text = own(&item);
                        scalar(item, &text)
                    })
                    .collect(),
            )
        }
        Some(other) => scalar(other, text).map_or_else(impossible, |value| equal(field, value)),
        None if field.kind == Kind::Text => equal(field, Value::Text(text.to_owned())),
        None => impossible(),
    }
}

fn boolean(field: Field, key: &str, text: &str, version: Microversion) -> Result<bool> {
    if field.name == "consumes_quota" {
        return bool_text::parameter("use_quota", Some(text));
    }
    flag(key, text, version)
}

/// Strict since 3.2.
fn flag(key: &str, text: &str, version: Microversion) -> Result<bool> {
    if version.at_least(2) {
        let refused = || Error::invalid(format!("Invalid input received: '{key} = {text}'"));
        return bool_text::of_query(text).ok_or_else(refused);
    }
    Ok(!matches!(text, "False" | "false" | "FALSE" | ""))
}

/// `{'key': 'value'}`; whatever is no dictionary of words finds nothing.
fn pairs(field: Field, text: &str) -> Filter {
    let Some(Literal::Dict(items)) = literal(text) else { return Filter::Never };
    let word = |literal: Literal| match literal {
        Literal::Text(text) => Some(text),
        Literal::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    let pairs: Option<Vec<_>> =
        items.into_iter().map(|(key, value)| Some((word(key)?, word(value)?))).collect();
    pairs.map_or(Filter::Never, |pairs| Filter::HasPairs(field, pairs))
}

/// `gt:2020-01-01T00:00:00,lt:…`.
fn times(field: Field, text: &str) -> Result<Vec<Filter>> {
    let part = |part: &str| {
        let (operator, time) = part.split_once(':').unwrap_or((part, part));
        let comparison = match operator {
            "gt" => Comparison::Greater,
            "gte" => Comparison::GreaterOrEqual,
            "eq" => Comparison::Equal,
            "neq" => Comparison::NotEqual,
            "lt" => Comparison::Less,
            "lte" => Comparison::LessOrEqual,
            other => return Err(Error::invalid(format!("Invalid {other} operator"))),
        };
        let at = iso_time(time).ok_or_else(|| Error::invalid(format!("Invalid {time} value")))?;
        Ok(Filter::Compare(field, comparison, Value::Time(at)))
    };
    text.split(',').map(part).collect()
}

/// ISO 8601, with or without a zone, down to a bare date.
fn iso_time(text: &str) -> Option<Timestamp> {
    let micros = DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_micros())
        .or_else(|_| {
            let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
            let parsed = naive.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
            parsed.map(|time| time.and_utc().timestamp_micros()).ok_or(())
        })
        .or_else(|()| {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| ())?;
            date.and_hms_opt(0, 0, 0).map(|time| time.and_utc().timestamp_micros()).ok_or(())
        });
    micros.ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::page::VOLUME_FIELDS;

    fn field(name: &str) -> Field {
        find(VOLUME_FIELDS, name).unwrap()
    }
    fn filter(key: &str, text: &str, minor: u16) -> Result<Filter> {
        one(VOLUME_FIELDS, key, text, Microversion::v(minor))
    }
    fn word(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn values_are_read_as_the_field_wants_them() {
        let status = field("status");
        for (key, text, expected) in [
            ("status", "available", equal(status, word("available"))),
            ("status", "'available'", equal(status, word("available"))),
            ("status", "['available', 'error']", Filter::In(status, vec![word("available"), word("error")])),
            ("status", "[]", Filter::In(status, vec![])),
            ("group_id", "None", equal(field("group_id"), Value::Null)),
            ("size", "5", equal(field("size"), Value::Integer(5))),
            ("size", "many", Filter::In(field("size"), vec![])),
            ("name", "['a']", equal(field("name"), word("['a']"))),
            ("display_name", "5", equal(field("name"), word("5"))),
            ("availability_zone", "5", equal(field("availability_zone"), word("5"))),
            ("host", "hearth@c1#c1", equal(field("host"), word("c1"))),
            ("host", "elsewhere", Filter::In(field("host"), vec![])),
            ("metadata", "{'k': 'v'}", Filter::HasPairs(field("metadata"), vec![("k".into(), "v".into())])),
            ("metadata", "k=v", Filter::Never),
            ("nonsense", "1", Filter::Never),
            ("display_name~", "a%", Filter::Contains(field("name"), "a%".to_owned())),
            ("size~", "1", Filter::Contains(field("size"), "1".to_owned())),
            ("metadata~", "1", Filter::Never),
        ] {
            assert_eq!(filter(key, text, 71).unwrap(), expected, "{key}={text}");
        }
        let quota = |key, minor| filter(key, "true", minor).unwrap();
        assert_eq!(quota("consumes_quota", 30), Filter::Never);
        assert_eq!(quota("consumes_quota", 31), quota("use_quota", 31));
    }

    #[test]
    fn booleans_became_strict_at_3_2() {
        let bootable = |value| equal(field("bootable"), Value::Boolean(value));
        assert_eq!(filter("bootable", "anything", 1).unwrap(), bootable(true));
        assert_eq!(filter("bootable", "FALSE", 1).unwrap(), bootable(false));
        assert_eq!(filter("bootable", "0", 2).unwrap(), bootable(false));
        let refused = filter("bootable", "anything", 2).unwrap_err();
        assert_eq!(refused.message(), "Invalid input received: 'bootable = anything'");
    }

    #[test]
    fn times_have_operators() {
        let at = Timestamp(1_577_836_800_000_000);
        for text in ["gt:2020-01-01T00:00:00", "gt:2020-01-01", "gt:2020-01-01T01:00:00+01:00"] {
            let expected = Filter::Compare(field("created_at"), Comparison::Greater, Value::Time(at));
            assert_eq!(times(field("created_at"), text).unwrap(), [expected], "{text}");
        }
        let two = times(field("created_at"), "gte:2020-01-01,lt:2021-01-01").unwrap();
        assert_eq!(two.len(), 2);
        let told = |text| times(field("created_at"), text).unwrap_err().message().to_owned();
        assert_eq!(told("2020"), "Invalid 2020 operator");
        assert_eq!(told("gt"), "Invalid gt value");
        for bad in ["2020", "gt:yesterday", "about:2020-01-01", ""] {
            assert!(times(field("updated_at"), bad).is_err(), "{bad}");
        }
    }
}
