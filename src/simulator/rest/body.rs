//! A request body under the protobuf JSON mapping: every field optional, `null` is absent,
//! unknown fields are ignored, integers may be quoted, enums come by name or number.

use serde_json::{Map, Value};

use crate::simulator::refusal::{Refusal, Result};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body(Map<String, Value>);

impl Body {
    /// No bytes at all are an empty message.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(Value::Null) => Ok(Self::default()),
            Ok(_) => Err(Refusal::invalid("json: the body is not an object")),
            Err(error) => Err(Refusal::invalid(format!("json: {error}"))),
        }
    }
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }
    pub fn text(&self, key: &str) -> Result<String> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(wrong(key, other, "a string")),
        }
    }
    pub fn uint32(&self, key: &str) -> Result<u32> {
        let Some(value) = self.get(key) else { return Ok(0) };
        let number = match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.and_then(|n| u32::try_from(n).ok()).ok_or_else(|| wrong(key, value, "a 32-bit number"))
    }
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong(key, other, "a boolean")),
        }
    }
    /// The position of an enum value in `names`, the first being the default.
    pub fn choice(&self, key: &str, names: &[(&str, u32)]) -> Result<u32> {
        match self.get(key) {
            Some(Value::String(text)) if text.parse::<u32>().is_err() => {
                let found = names.iter().find(|(name, _)| name == text).map(|(_, number)| *number);
                found.ok_or_else(|| Refusal::invalid(format!("json: unknown value {text:?} for {key}")))
            }
            _ => self.uint32(key),
        }
    }
    /// A message that holds nothing but `values`; present and empty is not absent.
    pub fn string_list(&self, key: &str) -> Result<Option<Vec<String>>> {
        self.object(key)?.map(|list| list.strings("values")).transpose()
    }
    pub fn strings(&self, key: &str) -> Result<Vec<String>> {
        let text =
            |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong(key, value, "a string"));
        self.array(key)?.iter().map(text).collect()
    }
    pub fn object(&self, key: &str) -> Result<Option<Self>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self(map.clone()))),
            Some(other) => Err(wrong(key, other, "an object")),
        }
    }
    /// None when the field is absent.
    pub fn objects(&self, key: &str) -> Result<Option<Vec<Self>>> {
        if self.get(key).is_none() {
            return Ok(None);
        }
        let object = |value: &Value| match value {
            Value::Object(map) => Ok(Self(map.clone())),
            other => Err(wrong(key, other, "an object")),
        };
        self.array(key)?.iter().map(object).collect::<Result<Vec<_>>>().map(Some)
    }
    /// Whole seconds of a duration like `7200s`.
    pub fn duration(&self, key: &str) -> Result<Option<u64>> {
        let text = self.text(key)?;
        if text.is_empty() {
            return Ok(None);
        }
        let seconds = text.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
        match seconds.filter(|seconds| (0.0..1e12).contains(seconds)) {
            Some(seconds) => Ok(Some(seconds as u64).filter(|seconds| *seconds > 0)),
            None => Err(Refusal::invalid(format!("json: bad duration {text:?} for {key}"))),
        }
    }
    fn array(&self, key: &str) -> Result<&[Value]> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(wrong(key, other, "an array")),
        }
    }
}

fn wrong(key: &str, value: &Value, want: &str) -> Refusal {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    Refusal::invalid(format!("json: cannot unmarshal {kind} into field {key}, which is {want}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_clients_send() {
        let body = Body::parse(
            br#"{"replicaCount":"3","sourceSnapshotUUID":null,"acl":{"values":["a"]},"IPAcl":{"values":null},
                "new":1,"sectorSize":"sectorSize_4K","retentionTime":"7200s"}"#,
        )
        .unwrap();
        assert_eq!(body.uint32("replicaCount").unwrap(), 3);
        assert_eq!(body.text("sourceSnapshotUUID").unwrap(), "");
        assert_eq!(body.string_list("acl").unwrap().unwrap(), ["a"]);
        assert_eq!(body.string_list("IPAcl").unwrap().unwrap(), Vec::<String>::new());
        assert_eq!(body.string_list("labels").unwrap(), None);
        assert_eq!(body.choice("sectorSize", &[("sectorSize_4K", 4096)]).unwrap(), 4096);
        assert_eq!(body.duration("retentionTime").unwrap(), Some(7200));
    }

    #[test]
    fn refuses_wrong_types_by_name() {
        let body = Body::parse(br#"{"size":5,"Force":"true","acl":[],"replicaCount":-1}"#).unwrap();
        assert!(body.text("size").unwrap_err().message.contains("size"));
        assert!(body.flag("Force").is_err());
        assert!(body.string_list("acl").is_err());
        assert!(body.uint32("replicaCount").is_err());
        assert!(Body::parse(b"[]").is_err());
        assert!(Body::parse(b"{\"a\":\xff}").is_err());
        assert_eq!(Body::parse(b" \n").unwrap(), Body::default());
    }
}
