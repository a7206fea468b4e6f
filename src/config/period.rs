use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time: `"10s"`, `"500ms"`, `"2m"`, `"1h"`, or a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

/// A year; more is a slip of the pen.
const LONGEST_SECONDS: f64 = 31_536_000.0;

impl Period {
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = text.strip_prefix(digits)?;
        let factor = match unit {
            "ms" => 0.001,
            "" | "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        Self::from_seconds(digits.trim().parse::<f64>().ok()? * factor)
    }

    fn from_seconds(seconds: f64) -> Option<Self> {
        (0.0..=LONGEST_SECONDS)
            .contains(&seconds)
            .then(|| Self(Duration::from_millis((seconds * 1000.0).round() as u64)))
    }
}

/// For command lines.
impl FromStr for Period {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| format!("{text:?} is not a length of time such as 10s, 500ms or 2m"))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(1000) { write!(f, "{}s", millis / 1000) } else { write!(f, "{millis}ms") }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PeriodVisitor)
    }
}

struct PeriodVisitor;

impl Visitor<'_> for PeriodVisitor {
    type Value = Period;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"10s\", \"500ms\" or \"2m\"")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Period, E> {
        Period::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Period, E> {
        self.visit_f64(seconds as f64)
    }
    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Period, E> {
        self.visit_f64(seconds as f64)
    }
    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Period, E> {
        Period::from_seconds(seconds).ok_or_else(|| E::invalid_value(de::Unexpected::Float(seconds), &self))
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, millis) in [
            ("10s", 10_000),
            ("10", 10_000),
            ("1.5s", 1_500),
            ("500ms", 500),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(Period::parse(text), Some(Period(Duration::from_millis(millis))), "{text}");
        }
        for bad in ["", "s", "-1s", "10 parsecs", "1e99h", "NaN"] {
            assert_eq!(Period::parse(bad), None, "{bad}");
        }
        assert_eq!(Period::seconds(90).to_string(), "90s");
        assert_eq!(Period(Duration::from_millis(1500)).to_string(), "1500ms");
    }
}
