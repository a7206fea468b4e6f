//! Quota sets, quota classes and the limits a user may look up.

pub mod classes;
pub mod limits;
pub mod sets;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::domain::quota::Usage;
use crate::domain::{Error, Result};
use crate::service::quota_sets::LimitSet;

const LARGEST: i64 = 2_147_483_647;

/// A limit with its use.
struct Used(Usage);

impl Serialize for Used {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields {
            limit: i64,
            in_use: i64,
            reserved: i64,
        }
        let Usage { limit, in_use, reserved } = self.0;
        Fields { limit, in_use, reserved }.serialize(serializer)
    }
}

/// Reads the limits of a body; whose keys exist is for the service to know.
fn read(fields: &Map<String, Value>, ignored: &[&str]) -> Result<LimitSet> {
    let asked = fields.iter().filter(|(key, _)| !ignored.contains(&key.as_str()));
    asked.map(|(key, value)| Ok((key.clone(), limit(key, value)?))).collect()
}

fn limit(key: &str, value: &Value) -> Result<i64> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        None => Err(Error::invalid(format!("{key} must be an integer"))),
        Some(..-1) => Err(Error::invalid(format!("{key} must be >= -1"))),
        Some(number) if number > LARGEST => Err(Error::invalid(format!("{key} must be <= {LARGEST}"))),
        Some(number) => Ok(number),
    }
}
