//! The document as pages for people: Markdown, a page a resource and one that lists them all.
//! Made from the document alone, so that it cannot say anything else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::words::tags;

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// One operation, or one action of a path that has several.
struct Entry<'d> {
    method: &'static str,
    path: &'d str,
    operation: &'d Value,
    /// The action's body.
    action: Option<&'d Value>,
}

impl Entry<'_> {
    fn about(&self) -> &Value {
        self.action.unwrap_or(self.operation)
    }

    fn title(&self) -> &str {
        let key = if self.action.is_some() { "description" } else { "summary" };
        text(&self.about()[key])
    }

    fn since(&self) -> &str {
        text(&self.about()["x-openstack"]["min-ver"])
    }

    fn rule(&self) -> &str {
        text(&self.about()["x-policy"])
    }

    fn action_name(&self) -> &str {
        self.action.map_or("", |action| text(&action["x-openstack"]["action-name"]))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// File name and text of each page.
pub fn write(document: &Value) -> Vec<(String, String)> {
    let mut by_tag: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries(document) {
        by_tag.entry(text(&entry.operation["tags"][0])).or_default().push(entry);
    }
    let tags = tags();
    let titles: Vec<&str> = tags.as_array().into_iter().flatten().map(|tag| text(&tag["name"])).collect();
    let empty = Vec::new();
    let of = |title: &str| by_tag.get(title).unwrap_or(&empty);
    let mut pages = vec![("README.md".to_owned(), index(&titles, of, text(&document["info"]["version"])))];
    pages.extend(titles.iter().map(|title| (file(title), page(title, of(title)))));
    pages
}

fn entries(document: &Value) -> Vec<Entry<'_>> {
    let mut all = Vec::new();
    let paths: BTreeMap<_, _> = document["paths"].as_object().into_iter().flatten().collect();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            match schema["oneOf"].as_array() {
                Some(actions) => all.extend(actions.iter().map(|action| Entry {
                    method,
                    path,
                    operation,
                    action: Some(action),
                })),
                None => all.push(Entry { method, path, operation, action: None }),
            }
        }
    }
    all
}

fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ' || *c == '-');
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn file(title: &str) -> String {
    format!("{}.md", slug(title))
}

fn index<'e, 'd: 'e>(titles: &[&str], of: impl Fn(&str) -> &'e Vec<Entry<'d>>, newest: &str) -> String {
    let mut out = format!(
        "# API reference\n\nOpenStack Block Storage v3 as hearth serves it, microversions 3.0 to {newest}, and its own \
         fleet API. For programs the same is [openapi.yaml](openapi.yaml) (OpenAPI 3.1); \
         [where hearth differs from stock Cinder](differences.md), and why, is a page.\n\n\
         Every path below `/v3` exists in two forms, as written and with the project's id after `/v3`. \
         `OpenStack-API-Version: volume 3.N` asks for a microversion; without it the answer is that of 3.0. \
         `X-Auth-Token` carries the token. Every answer names its request in `X-OpenStack-Request-ID`; one that the \
         caller sends in the header of the same name is logged beside it.\n\n\
         Made by `hearth openapi` from the tables that serve the requests, and held by the tests against every answer \
         they see.\n"
    );
    for title in titles {
        let _ = write!(
            out,
            "\n## [{title}]({})\n\n| operation | | since | policy |\n|---|---|---|---|\n",
            file(title)
        );
        for entry in of(title) {
            let (method, path) = (entry.method.to_ascii_uppercase(), entry.path);
            let action = match entry.action_name() {
                "" => String::new(),
                name => format!(" `{name}`"),
            };
            let link = format!("[{}]({}#{})", entry.title(), file(title), slug(entry.title()));
            let _ = writeln!(
                out,
                "| {link} | `{method} {path}`{action} | {} | {} |",
                entry.since(),
                code(entry.rule())
            );
        }
    }
    out
}

fn code(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("`{word}`") }
}

fn page(title: &str, entries: &[Entry<'_>]) -> String {
    let mut out = format!("# {title}\n\n[All operations](README.md)\n");
    for entry in entries {
        section(&mut out, entry);
    }
    out
}

fn section(out: &mut String, entry: &Entry<'_>) {
    let _ = write!(out, "\n## {}\n\n`{} {}`", entry.title(), entry.method.to_ascii_uppercase(), entry.path);
    if !entry.action_name().is_empty() {
        let _ = write!(out, ", action `{}`", entry.action_name());
    }
    if !entry.since().is_empty() {
        let _ = write!(out, ", since {}", entry.since());
    }
    if !entry.rule().is_empty() {
        let _ = write!(out, ", policy `{}`", entry.rule());
    }
    out.push('\n');
    query(out, entry);
    let schema = match entry.action {
        Some(action) => action,
        None => &entry.operation["requestBody"]["content"]["application/json"]["schema"],
    };
    table(out, "Body", schema, Side::Request);
    answer(out, entry);
    let refusals = match entry.action {
        Some(action) => {
            let all = action["x-openstack"]["refusals"].as_array().into_iter().flatten();
            all.map(ToString::to_string).collect::<Vec<_>>()
        }
        None => {
            let all: BTreeMap<_, _> =
                entry.operation["responses"].as_object().into_iter().flatten().collect();
            all.keys().filter(|status| status.as_str() >= "400").map(|status| (*status).clone()).collect()
        }
    };
    let _ = writeln!(out, "\nRefused with {}.", refusals.join(", "));
}

fn query(out: &mut String, entry: &Entry<'_>) {
    let parameters = entry.operation["parameters"].as_array().into_iter().flatten();
    let mut parameters = parameters.filter(|one| one["in"] == "query").peekable();
    if parameters.peek().is_none() {
        return;
    }
    out.push_str("\n| query | value | since | |\n|---|---|---|---|\n");
    for one in parameters {
        let since = text(&one["x-openstack"]["min-ver"]);
        let (name, value) = (text(&one["name"]), value(&one["schema"]));
        let _ = writeln!(out, "| `{name}` | {value} | {since} | {} |", text(&one["description"]));
    }
}

fn answer(out: &mut String, entry: &Entry<'_>) {
    if let Some(action) = entry.action {
        let about = &action["x-openstack"];
        let title = format!("Answer {}", about["status"]);
        return match about.get("answer") {
            Some(schema) => table(out, &title, schema, Side::Answer),
            None => {
                let _ = writeln!(out, "\n{title}, without a body.");
            }
        };
    }
    let responses: BTreeMap<_, _> = entry.operation["responses"].as_object().into_iter().flatten().collect();
    for (status, response) in responses.into_iter().filter(|(status, _)| status.as_str() < "400") {
        let title = format!("Answer {status}");
        let content = &response["content"];
        let schema = content["application/json"].get("schema");
        match schema.filter(|schema| schema.get("description").is_none()) {
            Some(schema) => table(out, &title, schema, Side::Answer),
            None => {
                let told = content
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(_, one)| text(&one["schema"]["description"]));
                let told = told.filter(|told| !told.is_empty()).collect::<Vec<_>>().join(" ");
                let told = if told.is_empty() { "without a body.".to_owned() } else { told };
                let _ = writeln!(out, "\n{title}: {told}");
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

/// A table of all fields, those of objects inside it after a dot.
fn table(out: &mut String, title: &str, schema: &Value, side: Side) {
    let mut rows = Vec::new();
    fields("", schema, side, &mut rows);
    match (rows.is_empty(), side) {
        (true, Side::Request) => {}
        (true, Side::Answer) => {
            let _ = writeln!(out, "\n{title}: {}.", value(schema));
        }
        (false, _) => {
            let _ = write!(
                out,
                "\n<details><summary>{title}</summary>\n\n| field | value | since | |\n|---|---|---|---|\n{}\n\
                 </details>\n",
                rows.concat()
            );
        }
    }
}

fn fields(prefix: &str, schema: &Value, side: Side, rows: &mut Vec<String>) {
    for inner in schema["anyOf"].as_array().into_iter().flatten() {
        fields(prefix, inner, side, rows);
    }
    if schema["items"].is_object() {
        fields(&format!("{}[].", prefix.trim_end_matches('.')), &schema["items"], side, rows);
    }
    let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
    let rest = rest.or_else(|| schema["patternProperties"].as_object()?.values().next());
    if let Some(rest) = rest {
        rows.push(format!("| `{prefix}…` | {} | | |\n", value(rest)));
        fields(&format!("{prefix}….",), rest, side, rows);
    }
    let properties: BTreeMap<_, _> = schema["properties"].as_object().into_iter().flatten().collect();
    for (name, property) in properties {
        let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        rows.push(row(
            &format!("{prefix}{name}"),
            property,
            (side == Side::Request && required).then_some("required"),
        ));
        fields(&format!("{prefix}{name}."), property, side, rows);
    }
}

fn row(name: &str, property: &Value, required: Option<&str>) -> String {
    let rule = text(&property["x-policy"]);
    let rule = if rule.is_empty() { String::new() } else { format!("policy `{rule}`") };
    let notes = [required.unwrap_or_default(), &rule, text(&property["description"])];
    let notes: Vec<&str> = notes.into_iter().filter(|note| !note.is_empty()).collect();
    let since = text(&property["x-openstack"]["min-ver"]);
    format!("| `{name}` | {} | {since} | {} |\n", value(property), notes.join("; "))
}

/// What a value may be, in words.
fn value(schema: &Value) -> String {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return alternatives.iter().map(value).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        // The many spellings of a boolean say no more than the word.
        if words.len() > 20 {
            return "boolean".to_owned();
        }
        let quoted = words
            .iter()
            .map(|word| format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned)));
        return quoted.collect::<Vec<_>>().join(", ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        _ => return "anything".to_owned(),
    };
    let named = |kind: &&str| match (*kind, text(&schema["format"])) {
        ("string", "uuid") => "UUID".to_owned(),
        ("string", "date-time") => "time".to_owned(),
        ("string", _) if text(&schema["pattern"]).starts_with(r"^\d{4}-") => "time".to_owned(),
        ("string", _) => "text".to_owned(),
        ("array", _) if !schema["items"]["properties"].is_object() && schema["items"].is_object() => {
            format!("list of {}", value(&schema["items"]))
        }
        ("array", _) => "list".to_owned(),
        (other, _) => other.to_owned(),
    };
    let mut told = kinds.iter().map(named).collect::<Vec<_>>().join(" or ");
    for (key, sign) in [("minimum", "≥"), ("maximum", "≤")] {
        if let Some(limit) = schema[key].as_i64() {
            let _ = write!(told, ", {sign} {limit}");
        }
    }
    if let (Some(longest), true) = (schema["maxLength"].as_i64(), schema["format"].is_null()) {
        let _ = write!(told, ", at most {longest} characters");
    }
    told
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::whole;
    use super::*;
    use crate::api::answers::print::AsOf;
    use crate::api::fleet;
    use crate::api::routes::TABLE;

    #[test]
    fn every_operation_has_a_section_of_its_own() {
        let document = whole(AsOf::All);
        let mut anchors = HashSet::new();
        for entry in entries(&document) {
            let page = text(&entry.operation["tags"][0]);
            assert!(anchors.insert((page, slug(entry.title()))), "{page}: {}", entry.title());
        }
        let rows = TABLE.iter().copied().flatten().count() + fleet::TABLE.len();
        assert_eq!(anchors.len(), rows + 3);
        let pages = write(&document);
        let told = pages.iter().map(|(_, text)| text.matches("\nRefused with ").count()).sum::<usize>();
        assert_eq!(told, anchors.len());
    }

    #[test]
    fn fields_are_told_with_their_place_and_version() {
        let document = whole(AsOf::All);
        let pages = write(&document);
        let (_, volumes) = pages.iter().find(|(name, _)| name == "volumes.md").unwrap();
        assert!(volumes.contains("| `volume.group_id` | UUID or null | 3.13 |  |"), "{volumes}");
        assert!(volumes.contains("| `volumes[].attachments[].device` | text or null |  |  |"), "{volumes}");
        assert!(
            volumes.contains("`POST /v3/volumes/{id}/action`, action `os-extend`, since 3.0"),
            "{volumes}"
        );
    }
}
