//! Reading fields out of a body that its schema has already found sound.
//!
//! Every accessor has an answer for a value of another type than the schema allows, so that a gap
//! between schema and reader is a missing field and never a panic.

use serde_json::{Map, Value};

use super::bool_text;
use crate::domain::{Gib, Metadata};

/// The fields of one object.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub fn of(value: Option<&'a Value>) -> Self {
        Self(value.and_then(Value::as_object))
    }

    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }

    /// Present and not null.
    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.is_null())
    }

    pub fn text(self, name: &str) -> Option<String> {
        self.get(name)?.as_str().map(str::to_owned)
    }

    /// As `text`, an empty one being none.
    pub fn nonempty(self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A list of texts; what is no text is left out.
    pub fn texts(self, name: &str) -> Vec<String> {
        let items = self.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// Names and descriptions: `None` absent, `Some(None)` null, else stripped. The first of the
    /// spellings that is there counts.
    pub fn stripped(self, spellings: [&str; 2]) -> Option<Option<String>> {
        let value = spellings.iter().find_map(|name| self.get(name))?;
        Some(value.as_str().map(|text| text.trim().to_owned()))
    }

    /// A JSON boolean or one of its spellings.
    pub fn boolean(self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(value) => Some(*value),
            Value::String(text) => bool_text::strict(text),
            _ => None,
        }
    }

    /// An integer or digits.
    pub fn integer(self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn size(self, name: &str) -> Option<Gib> {
        self.integer(name).and_then(|size| u32::try_from(size).ok()).map(Gib)
    }

    /// A map of strings; null and absent are `None`, null values are left out.
    pub fn metadata(self, name: &str) -> Option<Metadata> {
        Some(metadata(self.get(name)?.as_object()?))
    }

    pub fn all(self) -> Metadata {
        self.0.map(metadata).unwrap_or_default()
    }

    pub fn keys(self) -> impl Iterator<Item = &'a String> {
        self.0.into_iter().flat_map(Map::keys)
    }
}

fn metadata(map: &Map<String, Value>) -> Metadata {
    map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
