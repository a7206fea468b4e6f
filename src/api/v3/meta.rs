//! The bodies that volume, snapshot and image metadata share.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::domain::{Error, Metadata, Result};

/// `{"metadata": {…}}`.
#[derive(Debug, Serialize)]
pub struct All {
    pub metadata: Metadata,
}

/// `{"meta": {key: value}}`.
#[derive(Debug, Serialize)]
pub struct Item<'a> {
    meta: Pair<'a>,
}

impl<'a> Item<'a> {
    pub const fn of(key: &'a str, value: &'a str) -> Self {
        Self { meta: Pair(key, value) }
    }
}

/// An object with one key.
#[derive(Debug)]
pub struct Pair<'a>(pub &'a str, pub &'a str);

impl Serialize for Pair<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

/// The one pair of the body, which has to be the one the URL names.
pub fn one_of_url<'a>(meta: &'a Metadata, key: &str) -> Result<(&'a str, &'a str)> {
    let found = meta.get_key_value(key);
    let (key, value) = found.ok_or_else(|| Error::invalid("Request body and URI mismatch"))?;
    Ok((key, value))
}
