//! A query string, decoded once and strictly: bytes that are no UTF-8 are the caller's error.

use percent_encoding::percent_decode_str;

use super::bool_text;
use crate::domain::{Error, Result};

/// The pairs in the order they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(raw: Option<&str>) -> Result<Self> {
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
            return Ok(Self::default());
        };
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key)?, decode(value)?))
        });
        pairs.collect::<Result<_>>().map(Self)
    }

    /// The last value of a key, as WebOb gives it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The first one, which is what upstream takes out of a query for its pages; any further one
    /// stays behind there as a filter.
    pub fn first(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A boolean; absent is false, anything else than a boolean is refused.
    pub fn boolean(&self, key: &str) -> Result<bool> {
        bool_text::parameter(key, self.get(key))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// Percent-decodes a part of a URL; `+` is a blank only in a query.
fn decode(part: &str) -> Result<String> {
    if part.contains('+') { decode_percent(&part.replace('+', " ")) } else { decode_percent(part) }
}

/// Percent-decodes a segment of a path.
pub fn decode_percent(part: &str) -> Result<String> {
    percent_decode_str(part).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|error| {
        Error::invalid(
            "Error decoding your request. Either the URL or the request body contained characters that \
             could not be decoded by Cinder.",
        )
        .because(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_takes_the_last() {
        let query = Query::parse(Some("a=1&b=x%20y+z&a=2&flag&&c=%7B%27k%27%3A+%27v%27%7D")).unwrap();
        assert_eq!((query.get("a"), query.first("a")), (Some("2"), Some("1")));
        assert_eq!(query.get("b"), Some("x y z"));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.get("c"), Some("{'k': 'v'}"));
        assert_eq!(query.get("d"), None);
    }

    #[test]
    fn bad_bytes_are_refused() {
        assert!(Query::parse(Some("name=%ff")).is_err());
        assert!(Query::parse(Some("name=100%")).is_ok());
    }

    #[test]
    fn booleans_are_strict() {
        let query = Query::parse(Some("a=TRUE&b=0&c=maybe")).unwrap();
        assert!(query.boolean("a").unwrap());
        assert!(!query.boolean("b").unwrap());
        assert!(!query.boolean("z").unwrap());
        assert_eq!(query.boolean("c").unwrap_err().message(), "Value 'maybe' for 'c' is not a boolean.");
    }
}
