//! The same descriptions as JSON Schema, for the OpenAPI document.

use serde_json::{Map as Json, Value, json};

use super::{Answer, Field, Shape, When};
use crate::domain::Microversion;

/// As of which microversion a schema is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// All of them in one: a field that came later is not required.
    All,
    This(Microversion),
}

impl AsOf {
    pub const fn knows(self, since: u16) -> bool {
        match self {
            Self::All => true,
            Self::This(version) => version.at_least(since),
        }
    }
}

const TIME: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?$";

impl Answer {
    /// What stands under `content`; nothing for an answer without a body.
    pub fn content(&self, as_of: AsOf) -> Option<Value> {
        let json = |shape: &Shape| json!({"schema": shape.to_json(as_of)});
        match self {
            Self::Nothing => None,
            Self::Json(shape) => Some(json!({"application/json": json(shape)})),
            Self::CalledHtml(shape, since) => {
                let mut content = Json::new();
                if as_of == AsOf::All || !as_of.knows(*since) {
                    content.insert("application/json".into(), json(shape));
                }
                if as_of.knows(*since) {
                    let told = format!("The same JSON under another name, since 3.{since}.");
                    content.insert("text/html".into(), json!({"schema": {"description": told}}));
                }
                Some(Value::Object(content))
            }
            // An empty body is called JSON too, and has no schema.
            Self::Bare => Some(json!({
                "text/html": {"schema": {"description": "The bare value; nothing at all for null."}},
                "application/json": {},
            })),
        }
    }
}

impl Shape {
    pub fn to_json(&self, as_of: AsOf) -> Value {
        match self {
            Self::Anything => json!({}),
            Self::Text => json!({"type": "string"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Integer => json!({"type": "integer"}),
            Self::Number => json!({"type": "number"}),
            Self::Uuid => json!({"type": "string", "format": "uuid"}),
            Self::Time => json!({"type": "string", "pattern": TIME}),
            Self::ZonedTime => json!({"type": "string", "format": "date-time"}),
            Self::OneOf(words) => json!({"type": "string", "enum": words}),
            Self::Maybe(shape) => nullable(shape.to_json(as_of)),
            Self::List(shape) => json!({"type": "array", "items": shape.to_json(as_of)}),
            Self::Map(shape) => json!({"type": "object", "additionalProperties": shape.to_json(as_of)}),
            Self::Object(parts) => properties(parts.iter().copied().flatten(), &json!(false), as_of),
            Self::Open(fields, rest) => properties(fields.iter(), &rest.to_json(as_of), as_of),
            Self::OneField(fields) => {
                let mut one = properties(fields.iter(), &json!(false), as_of);
                if let Value::Object(one) = &mut one {
                    one.remove("required");
                    one.insert("minProperties".into(), json!(1));
                    one.insert("maxProperties".into(), json!(1));
                }
                one
            }
            Self::Either(shapes) => {
                json!({"anyOf": shapes.iter().map(|shape| shape.to_json(as_of)).collect::<Vec<_>>()})
            }
            Self::Echo(schema) => schema.to_json(as_of),
        }
    }
}

/// `type` takes a list; whatever has none, or lists its values, needs an alternative.
fn nullable(schema: Value) -> Value {
    match schema {
        Value::Object(mut fields)
            if fields.get("type").is_some_and(Value::is_string) && !fields.contains_key("enum") =>
        {
            if let Some(kind) = fields.remove("type") {
                fields.insert("type".into(), json!([kind, "null"]));
            }
            Value::Object(fields)
        }
        other => json!({"anyOf": [other, {"type": "null"}]}),
    }
}

fn properties<'f>(fields: impl Iterator<Item = &'f Field>, rest: &Value, as_of: AsOf) -> Value {
    let (mut properties, mut required) = (Json::new(), Vec::new());
    for field in fields.filter(|field| as_of.knows(field.since)) {
        if field.when == When::Always && (field.since == 0 || as_of != AsOf::All) {
            required.push(field.name);
        }
        properties.insert(field.name.into(), field.to_json(as_of));
    }
    let mut out = json!({"type": "object", "properties": properties, "additionalProperties": rest});
    if let (Value::Object(out), false) = (&mut out, required.is_empty()) {
        out.insert("required".into(), json!(required));
    }
    out
}

impl Field {
    fn to_json(&self, as_of: AsOf) -> Value {
        let mut schema = self.shape.to_json(as_of);
        if let Value::Object(schema) = &mut schema {
            if self.since > 0 {
                schema.insert("x-openstack".into(), versions(self.since));
            }
            match self.when {
                When::Always => {}
                When::Administrator => {
                    schema.insert("description".into(), json!("For administrators."));
                }
                When::Rule(rule) => {
                    schema.insert("x-policy".into(), json!(rule));
                }
                When::Sometimes(told) => {
                    schema.insert("description".into(), json!(told));
                }
            }
        }
        schema
    }
}

/// `{"min-ver": …, "max-ver": …}`.
pub fn versions(since: u16) -> Value {
    json!({"min-ver": Microversion::v(since).to_string(), "max-ver": Microversion::MAX.to_string()})
}

#[cfg(test)]
mod tests {
    use super::super::always;
    use super::*;

    #[test]
    fn what_came_later_is_required_only_as_of_its_version() {
        static SHAPE: Shape = Shape::Object(&[&[
            always("id", &Shape::Uuid),
            always("later", &Shape::Maybe(&Shape::Text)).since(5),
        ]]);
        let all = SHAPE.to_json(AsOf::All);
        assert_eq!(all["required"], json!(["id"]));
        assert_eq!(all["properties"]["later"]["x-openstack"]["min-ver"], "3.5");
        assert_eq!(all["properties"]["later"]["type"], json!(["string", "null"]));
        let early = SHAPE.to_json(AsOf::This(Microversion::v(4)));
        assert!(early["properties"].get("later").is_none());
        let late = SHAPE.to_json(AsOf::This(Microversion::v(5)));
        assert_eq!(late["required"], json!(["id", "later"]));
    }

    #[test]
    fn null_is_an_alternative_where_values_are_listed() {
        let schema = Shape::Maybe(&Shape::OneOf(&["a"])).to_json(AsOf::All);
        assert_eq!(schema["anyOf"][1], json!({"type": "null"}));
    }
}
