//! Editing the text. toml_edit says where things are; the change itself is made in the text, so
//! that every byte that is not part of the change stays, whatever its line ends and spacing.

use std::ops::Range;

use toml_edit::{ArrayOfTables, Document, InlineTable, Item, Table, Value};

use crate::domain::{ClusterId, ClusterName, Error, Metadata, Result};

/// What `hearth cluster register` can say. `None` is left out of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewCluster {
    pub name: String,
    pub endpoints: Vec<String>,
    pub uuid: Option<ClusterId>,
    pub jwt_file: Option<String>,
    pub rsa_key_file: Option<String>,
    pub key_id: Option<String>,
    pub ca_file: Option<String>,
    pub tls: Option<String>,
    pub availability_zone: Option<String>,
    pub tenancy: Option<String>,
    pub project: Option<String>,
    pub max_over_subscription_ratio: Option<f64>,
    pub max_physical_used_percent: Option<u8>,
    pub default_replicas: Option<u8>,
    pub default_compression: Option<bool>,
    pub labels: Metadata,
}

/// The text with a `[[cluster]]` more, at its end.
///
/// # Errors
/// `Invalid` when the text is not TOML or writes its clusters in a way that cannot be extended.
pub fn add(text: &str, new: &NewCluster) -> Result<String> {
    let document = document(text)?;
    clusters(&document)?;
    let end = line_end(text);
    let mut out = text.to_owned();
    if !text.is_empty() && text != "\u{feff}" {
        if !text.ends_with('\n') {
            out.push_str(end);
        }
        out.push_str(end);
    }
    out.push_str("[[cluster]]");
    out.push_str(end);
    for (key, value) in entries(new) {
        out.push_str(&format!("{key} = {value}{end}"));
    }
    Ok(out)
}

fn entries(new: &NewCluster) -> Vec<(&'static str, Value)> {
    let text = |text: &Option<String>| text.clone().map(Value::from);
    let mut labels = InlineTable::new();
    labels.extend(new.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let all = [
        ("name", Some(new.name.as_str().into())),
        ("endpoints", Some(Value::from_iter(new.endpoints.iter().map(String::as_str)))),
        ("uuid", new.uuid.map(|uuid| uuid.to_string().into())),
        ("jwt_file", text(&new.jwt_file)),
        ("rsa_key_file", text(&new.rsa_key_file)),
        ("key_id", text(&new.key_id)),
        ("ca_file", text(&new.ca_file)),
        ("tls", text(&new.tls)),
        ("availability_zone", text(&new.availability_zone)),
        ("tenancy", text(&new.tenancy)),
        ("project", text(&new.project)),
        ("max_over_subscription_ratio", new.max_over_subscription_ratio.map(Value::from)),
        ("max_physical_used_percent", new.max_physical_used_percent.map(|n| i64::from(n).into())),
        ("default_replicas", new.default_replicas.map(|n| i64::from(n).into())),
        ("default_compression", new.default_compression.map(Value::from)),
        ("labels", (!new.labels.is_empty()).then(|| labels.into())),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// The text without the cluster and the comment lines directly above it.
///
/// # Errors
/// `NotFound` without such a cluster, `Invalid` as for [`add`].
pub fn remove(text: &str, name: &ClusterName) -> Result<String> {
    let document = document(text)?;
    let table = find(&document, name)?;
    let header = span(table.span())?;
    let last = last_byte(table).max(header.end);
    let start = comment_above(text, line_start(text, header.start));
    let end = skip_blank_lines(text, next_line(text, last));
    Ok(splice(text, start..end, ""))
}

/// The text with the UUID that the cluster reported, unless it has one.
///
/// # Errors
/// As for [`remove`].
pub fn fill_in_uuid(text: &str, name: &ClusterName, uuid: ClusterId) -> Result<String> {
    let document = document(text)?;
    let table = find(&document, name)?;
    if table.contains_key("uuid") {
        return Ok(text.to_owned());
    }
    let name_at = span(table.get("name").and_then(Item::span))?;
    let at = next_line(text, name_at.end);
    let end = line_end(text);
    let separator = if text.get(..at).is_some_and(|before| before.ends_with('\n')) { "" } else { end };
    Ok(splice(text, at..at, &format!("{separator}uuid = \"{uuid}\"{end}")))
}

fn document(text: &str) -> Result<Document<&str>> {
    Document::parse(text)
        .map_err(|error| Error::invalid(format!("The registrations file is not TOML: {}", error.message())))
}

fn clusters<'d>(document: &'d Document<&str>) -> Result<Option<&'d ArrayOfTables>> {
    match document.get("cluster") {
        None => Ok(None),
        Some(Item::ArrayOfTables(clusters)) => Ok(Some(clusters)),
        Some(_) => Err(Error::invalid(
            "The registrations file does not write its clusters as [[cluster]]; edit it by hand.",
        )),
    }
}

fn find<'d>(document: &'d Document<&str>, name: &ClusterName) -> Result<&'d Table> {
    let named = |table: &&Table| table.get("name").and_then(Item::as_str) == Some(name.as_str());
    clusters(document)?
        .and_then(|clusters| clusters.iter().find(named))
        .ok_or_else(|| Error::not_found(format!("Cluster {name} could not be found.")))
}

fn span(span: Option<Range<usize>>) -> Result<Range<usize>> {
    span.ok_or_else(|| Error::internal("a TOML item without a place"))
}

/// Where the last value (or header) of a table and its subtables ends.
fn last_byte(table: &Table) -> usize {
    let own = if table.is_dotted() { None } else { table.span() };
    let inner = table.iter().map(|(_, item)| match item {
        Item::Table(table) => last_byte(table),
        Item::ArrayOfTables(tables) => tables.iter().map(last_byte).max().unwrap_or_default(),
        Item::Value(value) => last_byte_of_value(value),
        Item::None => 0,
    });
    inner.chain(own.map(|span| span.end)).max().unwrap_or_default()
}

fn last_byte_of_value(value: &Value) -> usize {
    let own = value.span().map(|span| span.end).unwrap_or_default();
    // The parts of a dotted key are inline tables without a place of their own.
    let inner = value
        .as_inline_table()
        .and_then(|table| table.iter().map(|(_, value)| last_byte_of_value(value)).max())
        .unwrap_or_default();
    own.max(inner)
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn next_line(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| at + newline + 1)
}

/// The first of the comment lines that stand directly above `start`.
fn comment_above(text: &str, start: usize) -> usize {
    let mut first = start;
    while first > 0 {
        let above = line_start(text, first - 1);
        let line = text.get(above..first).unwrap_or_default();
        if !line.trim_start_matches('\u{feff}').trim_start().starts_with('#') {
            break;
        }
        first = above;
    }
    // A byte order mark stays where it is.
    first + usize::from(first == 0 && text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8()
}

fn skip_blank_lines(text: &str, from: usize) -> usize {
    let mut at = from;
    while at < text.len() {
        let next = next_line(text, at);
        if !text.get(at..next).unwrap_or_default().trim().is_empty() {
            break;
        }
        at = next;
    }
    at
}

fn splice(text: &str, range: Range<usize>, with: &str) -> String {
    let mut out = text.to_owned();
    out.replace_range(range, with);
    out
}
