//! A protobuf message as JSON: 64-bit numbers are strings, and what is zero or empty is left out
//! unless the encoder is told to emit defaults.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::simulator::options::Quirks;

#[derive(Debug)]
pub struct Message {
    map: Map<String, Value>,
    emit_defaults: bool,
}

impl Message {
    pub fn new(quirks: &Quirks) -> Self {
        Self { map: Map::new(), emit_defaults: quirks.emit_defaults }
    }
    fn put(mut self, key: &str, value: Value, zero: bool) -> Self {
        if !zero || self.emit_defaults {
            self.map.insert(key.to_owned(), value);
        }
        self
    }
    pub fn text(self, key: &str, text: &str) -> Self {
        self.put(key, Value::String(text.to_owned()), text.is_empty())
    }
    /// The nil UUID is none.
    pub fn uuid(self, key: &str, uuid: Uuid) -> Self {
        let text = if uuid.is_nil() { String::new() } else { uuid.to_string() };
        self.text(key, &text)
    }
    /// An enum value by name; `zero` is the name of the default one.
    pub fn choice(self, key: &str, name: &str, zero: &str) -> Self {
        self.put(key, Value::String(name.to_owned()), name == zero)
    }
    pub fn uint32(self, key: &str, number: u32) -> Self {
        self.put(key, number.into(), number == 0)
    }
    pub fn uint64(self, key: &str, number: u64) -> Self {
        self.put(key, Value::String(number.to_string()), number == 0)
    }
    pub fn double(self, key: &str, number: f64) -> Self {
        self.put(key, number.into(), number == 0.0)
    }
    pub fn flag(self, key: &str, flag: bool) -> Self {
        self.put(key, flag.into(), !flag)
    }
    pub fn texts<T: AsRef<str>>(self, key: &str, texts: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<Value> = texts.into_iter().map(|text| text.as_ref().into()).collect();
        self.list(key, values)
    }
    pub fn list(self, key: &str, values: Vec<Value>) -> Self {
        let empty = values.is_empty();
        self.put(key, Value::Array(values), empty)
    }
    /// The wrapper message around a list of strings, always there.
    pub fn string_list(mut self, key: &str, values: &[String]) -> Self {
        self.map.insert(key.to_owned(), json!({ "values": values }));
        self
    }
    /// A message inside; always there, even when it is empty.
    pub fn message(mut self, key: &str, message: Self) -> Self {
        self.map.insert(key.to_owned(), Value::Object(message.map));
        self
    }
    pub fn time(mut self, key: &str, time: Timestamp) -> Self {
        let text = time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        self.map.insert(key.to_owned(), Value::String(text));
        self
    }
    /// What is only there in some cases.
    pub fn when(self, condition: bool, more: impl FnOnce(Self) -> Self) -> Self {
        if condition { more(self) } else { self }
    }
    pub fn value(self) -> Value {
        Value::Object(self.map)
    }
}
