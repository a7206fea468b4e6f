//! From a query string to the filters of a `ListQuery` (`cinder-behaviours` 3.2).
//!
//! What one filter's text means is in `text`; here is whether it counts. Who may filter by what
//! depends on the caller and on the microversion: a member only by what `resource_filters` lists
//! (unknown keys are dropped below 3.31 and refused from there on), an administrator by every
//! column (a key that is no column finds nothing). A version that brought a filter holds it back
//! only below 3.31, since from there on stock looks at that list alone; what the versions say
//! otherwise is seen nowhere (`tests/conformance/golden`).

mod text;

use super::bool_text;
use super::call::Call;
use super::columns;
use super::fault::MALFORMED;
use super::page::{self, RESERVED};
use super::python::{Literal, literal};
use super::v3::resource_filters;
use crate::domain::page::{Fields, Filter, Kind, Scope, Sort, find};
use crate::domain::{Error, ListQuery, Microversion, Result};
use text::{flag, one, times};

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
