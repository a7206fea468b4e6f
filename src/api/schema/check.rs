//! Validation, with the sentences Cinder's validator prints.

use serde_json::{Map as Json, Value};

use super::{Choice, Count, Digits, Field, Format, Integer, Many, Map, Null, Object, Schema, Text, Told};
use crate::api::bool_text;
use crate::api::python::{display, from_base64, quoted, repr};
use crate::domain::log_level::LogLevel;
use crate::domain::{Error, Microversion, Result};

/// The first thing wrong with a value, and where.
pub(super) struct Wrong<'a> {
    pub(super) path: Option<&'a str>,
    pub(super) value: &'a Value,
    pub(super) reason: Reason,
}

pub(super) enum Reason {
    /// Told with the field and its value.
    Of(String),
    /// A sentence of its own, told alone.
    Alone(String),
}

impl Schema {
    /// Checks a whole body; a value that is absent is checked as `null`.
    pub fn check(&self, body: &Value, version: Microversion) -> Result<()> {
        self.look(None, body, version).map_err(|wrong| {
            Error::invalid(match (wrong.path, wrong.reason) {
                (Some(path), Reason::Of(reason)) => format!(
                    "Invalid input for field/attribute {path}. Value: {}. {reason}",
                    display(wrong.value)
                ),
                (_, Reason::Of(reason) | Reason::Alone(reason)) => reason,
            })
        })
    }

    fn look<'a>(
        &self,
        path: Option<&'a str>,
        value: &'a Value,
        version: Microversion,
    ) -> Result<(), Wrong<'a>> {
        if value.is_null() && self.null() == Null::Allowed {
            return match self {
                // Null passes for a text, and then for an empty one.
                Self::Text(rules) if rules.format == Format::Level => {
                    check_text(rules, "").map_err(|reason| Wrong { path, value, reason })
                }
                _ => Ok(()),
            };
        }
        let wrong = |reason: String| Wrong { path, value, reason: Reason::Of(reason) };
        match self {
            Self::Any => Ok(()),
            // Nullable formats that Cinder describes as "one of two".
            Self::Text(rules) if rules.is_one_of_two() => match value.as_str() {
                Some(text) if check_text(rules, text).is_ok() => Ok(()),
                _ => Err(wrong(format!("{} is not valid under any of the given schemas", repr(value)))),
            },
            Self::Text(rules) => match value.as_str() {
                Some(text) => check_text(rules, text).map_err(|reason| Wrong { path, value, reason }),
                None => Err(wrong(self.not_of_type(value))),
            },
            Self::Boolean(_) => match value {
                Value::Bool(_) => Ok(()),
                Value::String(text) if bool_text::strict(text).is_some() => Ok(()),
                _ if self.null() == Null::Allowed => {
                    Err(wrong(format!("{} is not valid under any of the given schemas", repr(value))))
                }
                Value::String(_) => {
                    Err(wrong(format!("{} is not one of {}", repr(value), bool_text::python_list())))
                }
                _ => Err(wrong(self.not_of_type(value))),
            },
            Self::OneOf(words, _) | Self::OneOfOrNull(words) => match value {
                Value::String(text) if words.contains(&text.as_str()) => Ok(()),
                Value::String(_) => Err(wrong(format!("{} is not one of {}", repr(value), list(words)))),
                Value::Null if matches!(self, Self::OneOfOrNull(_)) => {
                    Err(wrong(format!("None is not one of {}", list(words))))
                }
                _ => Err(wrong(self.not_of_type(value))),
            },
            Self::Among(words) if value.as_str().is_some_and(|text| words.contains(&text)) => Ok(()),
            Self::Among(words) => Err(wrong(format!("{} is not one of {}", repr(value), list(words)))),
            Self::Integer(rules) => {
                check_integer(rules, value).unwrap_or_else(|| Err(self.not_of_type(value))).map_err(wrong)
            }
            Self::Object(object) => match value {
                Value::Object(json) => object.look(path, value, json, version),
                _ => Err(wrong(self.not_of_type(value))),
            },
            Self::Map(map) => match value {
                Value::Object(json) => map.look(path, value, json, version),
                _ => Err(wrong(self.not_of_type(value))),
            },
            Self::Of(types) if types.iter().any(|name| is_of_type(value, name)) => Ok(()),
            Self::Of(_) => Err(wrong(self.not_of_type(value))),
            Self::Texts => super::words::texts(path, value),
            Self::Uuids if is_uuids(value) => Ok(()),
            Self::Words => match value {
                Value::Array(items) => words(items, value).map_err(|reason| Wrong { path, value, reason }),
                _ => Err(wrong(self.not_of_type(value))),
            },
            Self::KeySize => {
                super::words::key_size(path, value).unwrap_or_else(|| Err(wrong(self.not_of_type(value))))
            }
            Self::Progress => super::words::progress(value).map_err(|reason| Wrong { path, value, reason }),
            Self::Uuids => Err(wrong(format!("{} is not valid under any of the given schemas", repr(value)))),
        }
    }

    fn null(&self) -> Null {
        match self {
            Self::Any | Self::KeySize | Self::Progress => Null::Allowed,
            Self::Text(Text { null, .. })
            | Self::Boolean(null)
            | Self::OneOf(_, null)
            | Self::Integer(Integer { null, .. })
            | Self::Object(Object { null, .. })
            | Self::Map(Map { null, .. }) => *null,
            Self::Uuids | Self::Words | Self::Texts | Self::Of(_) | Self::OneOfOrNull(_) | Self::Among(_) => {
                Null::Refused
            }
        }
    }

    /// The JSON types in the order Cinder's schemas give them.
    pub(super) fn types(&self) -> Vec<&'static str> {
        let mut types = match self {
            Self::Any => vec![],
            Self::Text(_) | Self::OneOf(..) | Self::Among(_) => vec!["string"],
            Self::OneOfOrNull(_) => vec!["string", "null"],
            Self::Boolean(_) => vec!["boolean", "string"],
            Self::Integer(rules) if rules.digits == Digits::Allowed => vec!["integer", "string"],
            Self::Integer(_) => vec!["integer"],
            Self::Object(_) | Self::Map(_) => vec!["object"],
            Self::Texts => vec!["array"],
            Self::Uuids => vec!["string", "array"],
            Self::Of(types) => types.to_vec(),
            Self::Words => vec!["array"],
            Self::KeySize => vec!["string", "integer"],
            Self::Progress => vec!["string"],
        };
        if !types.is_empty() && self.null() == Null::Allowed {
            types.push("null");
        }
        types
    }

    fn not_of_type(&self, value: &Value) -> String {
        let types = self.types().iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        format!("{} is not of type {types}", repr(value))
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        // Not 1.0: Cinder's schemas are of a draft that has no integers among the fractions.
        Value::Number(number) => name == "integer" && !number.is_f64(),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

fn is_uuids(value: &Value) -> bool {
    let is_uuid = |value: &Value| value.as_str().is_some_and(|text| uuid::Uuid::try_parse(text).is_ok());
    match value {
        Value::Array(items) => items.iter().all(is_uuid),
        one => is_uuid(one),
    }
}

/// The items of a list of words.
fn words(items: &[Value], whole: &Value) -> Result<(), Reason> {
    for (at, item) in items.iter().enumerate() {
        let told = match item.as_str().map(|text| text.chars().count()) {
            None => "is not of type 'string'",
            Some(0) => "should be non-empty",
            Some(1..=255) => continue,
            Some(_) => "is too long",
        };
        return Err(Reason::Alone(format!(
            "Invalid input for field/attribute {at}. Value: {}. {} {told}",
            display(item),
            repr(item)
        )));
    }
    if items.iter().enumerate().any(|(at, item)| items.iter().take(at).any(|earlier| earlier == item)) {
        return Err(Reason::Of(format!("{} has non-unique elements", repr(whole))));
    }
    Ok(())
}

fn list(words: &[&str]) -> String {
    format!("[{}]", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))
}

impl Object {
    fn look<'a>(
        &self,
        path: Option<&'a str>,
        value: &'a Value,
        json: &'a Json<String, Value>,
        version: Microversion,
    ) -> Result<(), Wrong<'a>> {
        let known = |field: &&Field| version.at_least(field.since);
        let wrong = |reason: String| Err(Wrong { path, value, reason: Reason::Of(reason) });
        // In the order of Cinder's schemas: of several errors only the first is told.
        if let Some(Choice { of, many: Many::OneFilled(sentence), .. }) = self.choice
            && !super::filled::is_any_filled(of, json)
        {
            return Err(Wrong { path, value, reason: Reason::Alone((*sentence).to_owned()) });
        }
        for field in self.fields.iter().filter(known) {
            if let Some((key, item)) = json.get_key_value(field.name) {
                field.schema.look(Some(key), item, version)?;
            }
        }
        for field in self.fields.iter().filter(known) {
            if field.presence.required_at(version) && !json.contains_key(field.name) {
                return wrong(format!("'{}' is a required property", field.name));
            }
        }
        let unmet = |told| {
            let choice = self.choice.filter(|choice| choice.told == told && version.at_least(choice.since));
            choice.and_then(|choice| choice.unmet(json))
        };
        if let Some(why) = unmet(Told::BeforeUnknown) {
            return wrong(format!("{} {why}", repr(value)));
        }
        if self.extra.refused_at(version) {
            let unknown =
                |key: &&String| !self.fields.iter().filter(known).any(|field| field.name == key.as_str());
            let mut extra = json.keys().filter(unknown).collect::<Vec<_>>();
            extra.sort_unstable();
            let extra = extra.into_iter().map(|key| quoted(key)).collect::<Vec<_>>();
            if let [_, more @ ..] = &extra[..] {
                let verb = if more.is_empty() { "was" } else { "were" };
                let names = extra.join(", ");
                return wrong(format!("Additional properties are not allowed ({names} {verb} unexpected)"));
            }
        }
        match unmet(Told::AfterUnknown) {
            Some(why) => wrong(format!("{} {why}", repr(value))),
            None => Ok(()),
        }
    }
}

impl Choice {
    /// What is wrong with the fields that are there.
    fn unmet(&self, json: &Json<String, Value>) -> Option<String> {
        if matches!(self.many, Many::OneFilled(_)) {
            return None;
        }
        let mut there = self.of.iter().filter(|name| json.contains_key(**name));
        let Some(first) = there.next() else {
            return Some("is not valid under any of the given schemas".to_owned());
        };
        let more: Vec<_> = there.collect();
        if self.many == Many::AtLeastOne || more.is_empty() {
            return None;
        }
        let all = more.into_iter().chain([first]).map(|name| format!("{{'required': [{}]}}", quoted(name)));
        Some(format!("is valid under each of {}", all.collect::<Vec<_>>().join(", ")))
    }
}

impl Map {
    fn look<'a>(
        &self,
        path: Option<&'a str>,
        value: &'a Value,
        json: &'a Json<String, Value>,
        version: Microversion,
    ) -> Result<(), Wrong<'a>> {
        let wrong = |reason: String| Err(Wrong { path, value, reason: Reason::Of(reason) });
        // The values of good keys come before bad keys.
        for (key, item) in json.iter().filter(|(key, _)| self.keys.allow(key)) {
            self.value.look(Some(key), item, version)?;
        }
        let mut bad: Vec<_> = json.keys().filter(|key| !self.keys.allow(key)).collect();
        bad.sort_unstable();
        if !bad.is_empty() {
            let verb = if bad.len() == 1 { "does" } else { "do" };
            let keys = bad.into_iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ");
            return wrong(format!(
                "{keys} {verb} not match any of the regexes: {}",
                quoted(self.keys.pattern())
            ));
        }
        match (self.count, json.len()) {
            (Count::One | Count::AtLeastOne, 0) => wrong(format!("{} should be non-empty", repr(value))),
            (Count::One, 2..) => wrong(format!("{} has too many properties", repr(value))),
            _ => Ok(()),
        }
    }
}

const BAD_NAME: &str = "An invalid 'name' value was provided.";

fn check_text(rules: &Text, text: &str) -> Result<(), Reason> {
    let of = |reason: String| Err(Reason::Of(reason));
    let value = quoted(text);
    let length = text.chars().count();
    let too_long = |what: &str, length: usize| {
        let max = rules.max;
        Err(Reason::Alone(format!(
            "Invalid input received: {what} has {length} characters, more than {max}."
        )))
    };
    match rules.format {
        Format::Stripped(what) => {
            let length = text.trim().chars().count();
            return if length > rules.max { too_long(what, length) } else { Ok(()) };
        }
        Format::NotBlank(what) if !text.is_empty() && text.trim().is_empty() => {
            return of(format!("{value} is not a '{what}'"));
        }
        Format::StrippedName if text.is_empty() => {
            return Err(Reason::Alone(format!("{BAD_NAME} The 'name' can not be None.")));
        }
        // An empty `Name` is found too short below.
        Format::Name | Format::StrippedName if !text.is_empty() && text.trim().is_empty() => {
            return Err(Reason::Alone(format!("{BAD_NAME} The 'name' can not be empty.")));
        }
        Format::StrippedName if text.trim().chars().count() > rules.max => {
            let told = format!("{BAD_NAME} The 'name' can not be greater than {} characters.", rules.max);
            return Err(Reason::Alone(told));
        }
        Format::StrippedName => return Ok(()),
        Format::Level if LogLevel::parse(text).is_none() => {
            let told = format!("Invalid input received: {text} is not a valid log level.");
            return Err(Reason::Alone(told));
        }
        Format::Printable if text.chars().any(char::is_control) => {
            return of(format!("{value} does not match the pattern of printable characters"));
        }
        Format::Uuid if uuid::Uuid::try_parse(text).is_err() => {
            return of(format!("{value} is not a 'uuid'"));
        }
        Format::Host if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._#@:/+[]".contains(&b)) => {
            return of(format!("{value} does not match '^[a-zA-Z0-9-._#@:/+\\\\[\\\\]]*$'"));
        }
        Format::Status(known) if text.is_empty() && known.blank == Null::Allowed => {}
        Format::Status(known) if !known.words.contains(&text.to_ascii_lowercase().as_str()) => {
            let (what, (open, close)) = (known.what, known.brackets);
            let words = known.words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
            return Err(Reason::Alone(format!(
                "{what}: {text} is invalid, valid statuses are: {open}{words}{close}."
            )));
        }
        Format::Base64 if !text.is_empty() && from_base64(text).is_none() => {
            return of(format!("{value} is not a 'base64'"));
        }
        Format::Sentence(sentence) => return super::words::status(sentence, text),
        Format::Label(what) => return super::words::label(what, text),
        Format::Zone => return super::words::zone(text),
        Format::Bytes => {
            let fits = text.len() <= 65_535;
            return if fits { Ok(()) } else { of(format!("{value} is not a 'mysql_text'")) };
        }
        _ => {}
    }
    if length < rules.min {
        return of(if rules.min == 1 {
            format!("{value} should be non-empty")
        } else {
            format!("{value} is too short")
        });
    }
    if length > rules.max {
        return of(format!("{value} is too long"));
    }
    Ok(())
}

/// `None`: not a number at all.
fn check_integer(rules: &Integer, value: &Value) -> Option<Result<(), String>> {
    let number = match value {
        Value::Number(number) => number.as_i64().or_else(|| number.is_u64().then_some(i64::MAX))?,
        Value::String(text) if rules.digits == Digits::Allowed => {
            if text.is_empty() && rules.min < 0 {
                return Some(Err(format!("{} should be non-empty", repr(value))));
            }
            if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
                let pattern = rules.pattern();
                return Some(Err(format!("{} does not match '{pattern}'", repr(value))));
            }
            text.parse().unwrap_or(i64::MAX)
        }
        _ => return None,
    };
    Some(if number < rules.min {
        Err(format!("{} is less than the minimum of {}", repr(value), rules.min))
    } else if number > rules.max {
        Err(format!("{} is greater than the maximum of {}", repr(value), rules.max))
    } else {
        Ok(())
    })
}
