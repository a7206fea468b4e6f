//! Reading a row column after column, in the order they were selected.

use std::str::FromStr;

use sqlx::any::AnyRow;
use sqlx::{Any, Decode, Row as _, Type};

use crate::domain::{Error, Metadata, Result, Timestamp};

/// What stands in the store is ours; a value we cannot read is a defect and says which column.
pub(super) struct Columns<'r> {
    row: &'r AnyRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) const fn of(row: &'r AnyRow) -> Self {
        Self { row, next: 0 }
    }

    fn value<T: Decode<'r, Any> + Type<Any>>(&mut self) -> Result<T> {
        let at = self.next;
        self.next += 1;
        self.row.try_get(at).map_err(|e| Error::internal(format!("store: column {at}: {e}")))
    }

    fn broken(&self, text: &str) -> Error {
        Error::internal(format!("store: column {}: {text:?} is not what belongs there", self.next - 1))
    }

    pub(super) fn text(&mut self) -> Result<String> {
        self.value()
    }
    pub(super) fn maybe_text(&mut self) -> Result<Option<String>> {
        self.value()
    }
    pub(super) fn int(&mut self) -> Result<i64> {
        self.value()
    }
    pub(super) fn maybe_int(&mut self) -> Result<Option<i64>> {
        self.value()
    }
    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }
    pub(super) fn time(&mut self) -> Result<Timestamp> {
        self.int().map(Timestamp)
    }
    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.maybe_int()?.map(Timestamp))
    }
    /// Anything with a `FromStr`: ids.
    pub(super) fn parsed<T: FromStr>(&mut self) -> Result<T> {
        let text = self.value::<&str>()?;
        text.parse().map_err(|_| self.broken(text))
    }
    pub(super) fn maybe_parsed<T: FromStr>(&mut self) -> Result<Option<T>> {
        let text = self.value::<Option<&str>>()?;
        text.map(|text| text.parse().map_err(|_| self.broken(text))).transpose()
    }
    /// One of our text enums.
    pub(super) fn one_of<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let text = self.value::<&str>()?;
        parse(text).ok_or_else(|| self.broken(text))
    }
    pub(super) fn maybe_one_of<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let text = self.value::<Option<&str>>()?;
        text.map(|text| parse(text).ok_or_else(|| self.broken(text))).transpose()
    }
    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        let text = self.value::<&str>()?;
        serde_json::from_str(text)
            .map_err(|e| Error::internal(format!("store: column {}: {e}", self.next - 1)))
    }
    pub(super) fn maybe_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>> {
        match self.value::<Option<&str>>()? {
            None => Ok(None),
            Some(text) => serde_json::from_str(text)
                .map(Some)
                .map_err(|e| Error::internal(format!("store: column {}: {e}", self.next - 1))),
        }
    }
    pub(super) fn map(&mut self) -> Result<Metadata> {
        let text = self.value::<&str>()?;
        if text == "{}" {
            return Ok(Metadata::new());
        }
        serde_json::from_str(text).map_err(|_| self.broken(text))
    }
}

/// JSON of a map, each pair on a line of its own, so that [`pair_text`] can be searched for.
pub(super) fn map_text(map: &Metadata) -> String {
    let pairs: Vec<String> = map.iter().map(|(key, value)| pair_text(key, value)).collect();
    format!("{{{}}}", pairs.join(","))
}

/// How a pair stands in [`map_text`]. JSON escapes a line break inside a string, so a raw one is
/// the beginning of a pair and cannot be anything else, whatever keys and values contain.
pub(super) fn pair_text(key: &str, value: &str) -> String {
    format!("\n{}:{}", serde_json::Value::from(key), serde_json::Value::from(value))
}

/// JSON of a value of ours. Only types whose serialisation cannot fail are stored.
pub(super) fn json_text<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("store: serialise: {e}")))
}
