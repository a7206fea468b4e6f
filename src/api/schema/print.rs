//! The same descriptions as JSON Schema, for the OpenAPI document.

use serde_json::{Map as Json, Value, json};

use super::{Count, Digits, Extra, Format, Many, Presence, Schema};
use crate::api::answers::print::{AsOf, versions};
use crate::api::bool_text;

impl Schema {
    /// `x-openstack.min-ver` says since when a field is known.
    pub fn to_json(&self, as_of: AsOf) -> Value {
        let mut out = Json::new();
        match self.types()[..] {
            [] => {}
            [one] => {
                out.insert("type".into(), json!(one));
            }
            ref many => {
                out.insert("type".into(), json!(many));
            }
        }
        match self {
            Self::Any | Self::Uuids | Self::Of(_) | Self::Progress => {}
            Self::KeySize => out.extend([bound("minimum", 0), bound("maximum", super::bodies::LARGEST)]),
            Self::Words => {
                out.insert("items".into(), json!({"type": "string", "minLength": 1, "maxLength": 255}));
                out.insert("uniqueItems".into(), json!(true));
            }
            Self::Texts => {
                let item = json!({"type": "string", "maxLength": 255});
                out.insert("items".into(), item);
                out.insert("minItems".into(), json!(1));
                out.insert("uniqueItems".into(), json!(true));
            }
            Self::Boolean(_) => {
                out.insert("enum".into(), json!(bool_text::json_list()));
            }
            Self::OneOf(words, _) | Self::OneOfOrNull(words) | Self::Among(words) => {
                out.insert("enum".into(), json!(words));
            }
            Self::Text(text) => {
                if text.min > 0 {
                    out.insert("minLength".into(), json!(text.min));
                }
                if text.max < usize::MAX {
                    out.insert("maxLength".into(), json!(text.max));
                }
                match text.format {
                    Format::Uuid => {
                        out.insert("format".into(), json!("uuid"));
                    }
                    Format::Sentence(known) => {
                        let words = known.taken.join(", ");
                        out.insert("description".into(), json!(format!("One of: {words}.")));
                        out.insert("examples".into(), json!(known.taken));
                    }
                    Format::Status(known) => {
                        out.insert(
                            "description".into(),
                            json!(format!("One of: {}.", known.words.join(", "))),
                        );
                        out.insert("examples".into(), json!(known.words));
                    }
                    _ => {}
                }
            }
            Self::Integer(integer) => {
                out.insert("minimum".into(), json!(integer.min));
                out.insert("maximum".into(), json!(integer.max));
                if integer.digits == Digits::Allowed {
                    out.insert("pattern".into(), json!("^[0-9]+$"));
                }
            }
            Self::Object(object) => object_to_json(object, &mut out, as_of),
            Self::Map(map) => {
                out.insert(
                    "patternProperties".into(),
                    json!({ map.keys.pattern(): map.value.to_json(as_of) }),
                );
                out.insert("additionalProperties".into(), json!(false));
                if map.count != Count::Any {
                    out.insert("minProperties".into(), json!(1));
                }
                if map.count == Count::One {
                    out.insert("maxProperties".into(), json!(1));
                }
            }
        }
        Value::Object(out)
    }
}

fn bound(which: &str, limit: i64) -> (String, Value) {
    (which.to_owned(), json!(limit))
}

fn object_to_json(object: &super::Object, out: &mut Json<String, Value>, as_of: AsOf) {
    let mut properties = Json::new();
    for field in object.fields.iter().filter(|field| as_of.knows(field.since)) {
        let mut schema = field.schema.to_json(as_of);
        if field.since > 0
            && let Value::Object(schema) = &mut schema
        {
            schema.insert("x-openstack".into(), versions(field.since));
        }
        properties.insert(field.name.into(), schema);
    }
    let required: Vec<_> = object
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Required)
        .map(|field| field.name)
        .collect();
    out.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        out.insert("required".into(), json!(required));
    }
    let closed = match object.extra {
        Extra::Refused => true,
        Extra::RefusedSince(minor) => as_of.knows(minor),
        Extra::Ignored => false,
    };
    if closed {
        out.insert("additionalProperties".into(), json!(false));
    }
    if let Some(choice) = object.choice.filter(|choice| as_of.knows(choice.since)) {
        let word = if choice.many == Many::ExactlyOne { "oneOf" } else { "anyOf" };
        let each: Vec<_> = choice.of.iter().map(|name| json!({"required": [name]})).collect();
        out.insert(word.into(), json!(each));
    }
}
