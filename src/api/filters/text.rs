//! How the text of one filter is read: words, numbers, Python literals, pairs, times.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::GENERAL;
use crate::api::bool_text;
use crate::api::python::{Literal, literal};
use crate::domain::page::{Comparison, Field, Fields, Filter, Kind, Value, find};
use crate::domain::{Error, Microversion, Result, Timestamp};

pub(super) fn one(fields: Fields, key: &str, text: &str, version: Microversion) -> Result<Filter> {
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
pub(super) fn flag(key: &str, text: &str, version: Microversion) -> Result<bool> {
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
pub(super) fn times(field: Field, text: &str) -> Result<Vec<Filter>> {
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
