//! The JSON of a cluster, read tolerantly.
//!
//! Which fields are there depends on the release and on whether its encoder leaves out zero
//! values; 64-bit numbers come as text or as numbers, enums by name or by number, booleans as
//! words (`lightbits-api` §1.6). So nothing is decoded by derive: `Fields` is asked for each
//! field, and an answer is refused only when it lacks what we cannot work without (an id), or
//! says something else where a size is expected. Nothing of this leaves the room.

mod cluster;
mod policy;
mod request;
mod snapshot;
mod volume;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::{Bytes, Timestamp};

pub(super) use request::*;

/// A JSON object that is asked for its fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

/// What can be read from an answer. The error says what is missing or wrong.
pub(super) trait FromWire: Sized {
    fn from_wire(fields: Fields<'_>) -> Result<Self, String>;
}

/// An enum of the wire, by name or by number.
pub(super) trait WireEnum: Copy {
    fn from_name(name: &str) -> Self;
    fn from_number(number: u64) -> Self;
}

impl<'a> Fields<'a> {
    pub const fn new(object: &'a Map<String, Value>) -> Self {
        Self(object)
    }

    fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub fn text(self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn number(self, key: &str) -> Option<u64> {
        match self.value(key)? {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok().or_else(|| whole(text.trim().parse().ok()?)),
            _ => None,
        }
    }

    /// 0 when it is left out, the largest value when it does not fit.
    pub fn small<T: TryFrom<u64> + From<u8> + Bounded>(self, key: &str) -> T {
        self.number(key).map_or_else(|| T::from(0), |n| T::try_from(n).unwrap_or(T::LARGEST))
    }

    /// A size: 0 when it is left out, but an error when it is there and not a number.
    pub fn size(self, key: &str) -> Result<Bytes, String> {
        match (self.number(key), self.value(key)) {
            (Some(bytes), _) => Ok(Bytes(bytes)),
            (None, None) => Ok(Bytes(0)),
            (None, Some(_)) => Err(format!("{key} is not a number of bytes")),
        }
    }

    /// A figure that is only shown: 0 when it is left out or unreadable.
    pub fn bytes(self, key: &str) -> Bytes {
        Bytes(self.number(key).unwrap_or(0))
    }

    pub fn ratio(self, key: &str) -> Option<f64> {
        let ratio = match self.value(key)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        ratio.filter(|ratio| ratio.is_finite())
    }

    pub fn flag(self, key: &str) -> bool {
        match self.value(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => {
                matches!(text.to_ascii_lowercase().as_str(), "true" | "enable" | "enabled")
            }
            Some(Value::Number(number)) => number.as_u64() == Some(1),
            _ => false,
        }
    }

    pub fn uuid(self, key: &str) -> Option<Uuid> {
        Uuid::try_parse(self.value(key)?.as_str()?.trim()).ok()
    }

    pub fn id(self, key: &str) -> Result<Uuid, String> {
        self.uuid(key).ok_or_else(|| format!("{key} is missing or not a UUID"))
    }

    pub fn time(self, key: &str) -> Option<Timestamp> {
        let text = self.value(key)?.as_str()?;
        let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        Some(Timestamp(time.timestamp_micros()))
    }

    /// The enum's zero when it is left out.
    pub fn of<E: WireEnum>(self, key: &str) -> E {
        match self.value(key) {
            Some(Value::String(name)) => match name.parse() {
                Ok(number) => E::from_number(number),
                Err(_) => E::from_name(name),
            },
            _ => E::from_number(self.number(key).unwrap_or(0)),
        }
    }

    pub fn object(self, key: &str) -> Option<Self> {
        self.value(key)?.as_object().map(Fields)
    }

    pub fn texts(self, key: &str) -> Vec<String> {
        let Some(Value::Array(values)) = self.value(key) else { return Vec::new() };
        values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    pub fn uuids(self, key: &str) -> Vec<Uuid> {
        self.texts(key).iter().filter_map(|text| Uuid::try_parse(text).ok()).collect()
    }

    /// Every object of an array, for which there is nothing lost when one is unreadable.
    pub fn objects(self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        let values = self.value(key).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(|value| value.as_object().map(Fields))
    }

    /// A list answer. It is whole or an error: a shortened list would be taken for proof that
    /// something is not there.
    pub fn list<T: FromWire>(self, key: &str) -> Result<Vec<T>, String> {
        match self.value(key) {
            None if self.0.contains_key("error") || self.0.contains_key("code") => {
                Err(format!("an error where {key} were expected"))
            }
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| match value {
                    Value::Object(object) => T::from_wire(Fields(object)),
                    _ => Err(format!("something in {key} that is not an object")),
                })
                .collect(),
            Some(_) => Err(format!("{key} that is not a list")),
        }
    }
}

/// `1e3` and `4096.0` are numbers of bytes too; a fraction or a negative is not.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}

/// The largest value of a small number type.
pub(super) trait Bounded {
    const LARGEST: Self;
}

impl Bounded for u8 {
    const LARGEST: Self = Self::MAX;
}

impl Bounded for u32 {
    const LARGEST: Self = Self::MAX;
}

/// An enum with an `Unknown` for whatever a newer release may say.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $text:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            #[default]
            Unknown,
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self { Self::Unknown => "Unknown", $(Self::$variant => $text),+ }
            }
        }

        impl $crate::lightbits::wire::WireEnum for $name {
            fn from_name(name: &str) -> Self {
                match name { $($text $(| $alias)* => Self::$variant,)+ _ => Self::Unknown }
            }
            fn from_number(number: u64) -> Self {
                match number { $($number => Self::$variant,)+ _ => Self::Unknown }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(super) use wire_enum;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lightbits::VolumeState;

    fn object(value: &Value) -> Fields<'_> {
        Fields::new(value.as_object().unwrap())
    }

    #[test]
    fn numbers_come_as_text_and_as_numbers() {
        let value = json!({"a": "107374182400", "b": 107_374_182_400_u64, "c": 4096.0, "d": null,
            "e": "x", "f": -1, "g": 1.5, "h": "18446744073709551615", "i": [], "j": 1e300});
        let fields = object(&value);
        assert_eq!(fields.number("a"), Some(107_374_182_400));
        assert_eq!(fields.number("b"), Some(107_374_182_400));
        assert_eq!(fields.number("c"), Some(4096));
        assert_eq!(fields.number("h"), Some(u64::MAX));
        for bad in ["d", "e", "f", "g", "i", "j", "absent"] {
            assert_eq!(fields.number(bad), None, "{bad}");
        }
        assert_eq!(fields.size("absent"), Ok(Bytes(0)));
        assert!(fields.size("e").is_err() && fields.size("f").is_err());
        assert_eq!(fields.small::<u8>("a"), u8::MAX);
    }

    #[test]
    fn enums_come_by_name_and_by_number_and_may_be_new() {
        let value =
            json!({"a": "Available", "b": 2, "c": "2", "d": "Hovering", "e": 99, "f": {}, "g": "Created"});
        let fields = object(&value);
        for key in ["a", "b", "c", "g"] {
            assert_eq!(fields.of::<VolumeState>(key), VolumeState::Available, "{key}");
        }
        for key in ["d", "e", "f", "absent"] {
            assert_eq!(fields.of::<VolumeState>(key), VolumeState::Unknown, "{key}");
        }
    }

    #[test]
    fn booleans_come_as_words_too() {
        let value = json!({"a": true, "b": "True", "c": "enabled", "d": "false", "e": 0, "f": null});
        let fields = object(&value);
        assert!(fields.flag("a") && fields.flag("b") && fields.flag("c"));
        assert!(!fields.flag("d") && !fields.flag("e") && !fields.flag("f") && !fields.flag("absent"));
    }
}
