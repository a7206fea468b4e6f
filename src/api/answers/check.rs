//! Whether a value has the shape it is described to have.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Answer, Field, Shape, When};
use crate::domain::Microversion;

/// What is wrong, and where.
pub(super) type Wrong = String;

impl Answer {
    /// Checks the whole body of a successful answer.
    pub(super) fn check(&self, body: &str, version: Microversion) -> Result<(), Wrong> {
        match self {
            Self::Nothing if body.is_empty() => Ok(()),
            Self::Nothing => Err("there is a body, and none is described".to_owned()),
            Self::Bare => Ok(()),
            Self::Json(shape) | Self::CalledHtml(shape, _) => {
                let value = serde_json::from_str(body).map_err(|error| format!("no JSON: {error}"))?;
                shape.check("", &value, version)
            }
        }
    }
}

impl Shape {
    pub(super) fn check(&self, at: &str, value: &Value, version: Microversion) -> Result<(), Wrong> {
        let text = || value.as_str();
        let is = match self {
            Self::Anything => true,
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Uuid => text().is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()),
            Self::Time => text().is_some_and(is_cinder_time),
            Self::ZonedTime => text().is_some_and(|t| chrono::DateTime::parse_from_rfc3339(t).is_ok()),
            Self::OneOf(words) => text().is_some_and(|text| words.contains(&text)),
            Self::Maybe(_) if value.is_null() => true,
            Self::Maybe(shape) => return shape.check(at, value, version),
            Self::List(shape) => return list(shape, at, value, version),
            Self::Map(shape) => return open(&[], shape, at, value, version),
            Self::Open(fields, shape) => return open(fields, shape, at, value, version),
            Self::Object(parts) => return closed(parts, at, value, version),
            Self::OneField(fields) => return one_field(fields, at, value, version),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.check(at, value, version).is_ok()),
            Self::Echo(schema) => {
                return schema.check(value, version).map_err(|error| format!("{at}: {}", error.message()));
            }
        };
        if is { Ok(()) } else { Err(format!("{at}: {value} is not {self:?}")) }
    }
}

/// `YYYY-MM-DDTHH:MM:SS[.ffffff]`.
fn is_cinder_time(text: &str) -> bool {
    chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").is_ok() && text.len() >= 19
}

fn list(shape: &Shape, at: &str, value: &Value, version: Microversion) -> Result<(), Wrong> {
    let items = value.as_array().ok_or_else(|| format!("{at}: {value} is no list"))?;
    items.iter().enumerate().try_for_each(|(n, item)| shape.check(&format!("{at}/{n}"), item, version))
}

fn fields_of<'v>(at: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Wrong> {
    value.as_object().ok_or_else(|| format!("{at}: {value} is no object"))
}

fn closed(parts: &[&[Field]], at: &str, value: &Value, version: Microversion) -> Result<(), Wrong> {
    let found = fields_of(at, value)?;
    let known = || parts.iter().copied().flatten().filter(move |field| version.at_least(field.since));
    known().try_for_each(|field| field.check(at, found, version))?;
    let strange: Vec<_> = found.keys().filter(|key| !known().any(|field| field.name == **key)).collect();
    if strange.is_empty() { Ok(()) } else { Err(format!("{at}: {strange:?} not described at {version}")) }
}

fn open(fields: &[Field], rest: &Shape, at: &str, value: &Value, version: Microversion) -> Result<(), Wrong> {
    let found = fields_of(at, value)?;
    fields.iter().try_for_each(|field| field.check(at, found, version))?;
    let others = found.iter().filter(|(key, _)| !fields.iter().any(|field| field.name == **key));
    for (key, item) in others {
        rest.check(&format!("{at}/{key}"), item, version)?;
    }
    Ok(())
}

fn one_field(fields: &[Field], at: &str, value: &Value, version: Microversion) -> Result<(), Wrong> {
    let mut found = fields_of(at, value)?.iter();
    let (Some((key, item)), None) = (found.next(), found.next()) else {
        return Err(format!("{at}: {value} has not exactly one field"));
    };
    let field = fields.iter().find(|field| field.name == *key);
    let field = field.ok_or_else(|| format!("{at}: {key} not described"))?;
    field.shape.check(&format!("{at}/{key}"), item, version)
}

impl Field {
    fn check(&self, at: &str, found: &Map<String, Value>, version: Microversion) -> Result<(), Wrong> {
        let mut here = at.to_owned();
        let _ = write!(here, "/{}", self.name);
        match found.get(self.name) {
            Some(value) => self.shape.check(&here, value, version),
            None if self.when == When::Always => Err(format!("{here} is missing at {version}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{admin, always, sometimes};
    use super::*;

    static SHAPE: Shape = Shape::Object(&[
        &[always("id", &Shape::Uuid), always("at", &Shape::Time)],
        &[
            always("later", &Shape::Maybe(&Shape::Integer)).since(5),
            admin("own", &Shape::OneOf(&["a", "b"])),
            sometimes("list", &Shape::List(&Shape::Boolean), "Rarely."),
        ],
    ]);
    const ID: &str = "5c0d3f5e-30a2-4a35-b4d0-6a9a0ff0c8a9";

    fn told(value: &Value, minor: u16) -> String {
        SHAPE.check("", value, Microversion::v(minor)).err().unwrap_or_default()
    }

    #[test]
    fn objects_are_closed_at_each_version() {
        let time = "2026-01-01T00:00:00.000001";
        assert_eq!(told(&json!({"id": ID, "at": time}), 0), "");
        assert_eq!(told(&json!({"id": ID, "at": time, "own": "a", "list": [true]}), 4), "");
        assert_eq!(told(&json!({"id": ID, "at": time, "later": null}), 5), "");
        assert!(told(&json!({"id": ID, "at": time, "later": null}), 4).contains("later"));
        assert_eq!(told(&json!({"id": ID, "at": time}), 5), "/later is missing at 3.5");
        assert!(told(&json!({"id": ID, "at": time, "more": 1}), 0).contains("more"));
        assert!(told(&json!({"id": "x", "at": time}), 0).starts_with("/id:"));
        assert!(told(&json!({"id": ID, "at": "2026-01-01"}), 0).starts_with("/at:"));
        assert!(told(&json!({"id": ID, "at": time, "own": "c"}), 0).starts_with("/own:"));
        assert!(told(&json!({"id": ID, "at": time, "list": [true, 1]}), 0).starts_with("/list/1:"));
        assert!(told(&json!([]), 0).contains("no object"));
    }

    #[test]
    fn free_keys_and_single_fields() {
        let at = Microversion::MAX;
        static OPEN: Shape = Shape::Open(&[always("id", &Shape::Text)], &Shape::Integer);
        assert!(OPEN.check("", &json!({"id": "p", "volumes": 1}), at).is_ok());
        assert!(OPEN.check("", &json!({"id": "p", "volumes": "1"}), at).is_err());
        assert!(OPEN.check("", &json!({"volumes": 1}), at).is_err());
        static ONE: Shape = Shape::OneField(&[always("a", &Shape::Integer), always("b", &Shape::Text)]);
        assert!(ONE.check("", &json!({"b": "x"}), at).is_ok());
        assert!(ONE.check("", &json!({"a": 1, "b": "x"}), at).is_err());
        assert!(ONE.check("", &json!({"c": 1}), at).is_err());
        assert!(Answer::Nothing.check("{}", at).is_err() && Answer::Nothing.check("", at).is_ok());
    }
}
