//! The OpenAPI document, made from the route table. `api-ref/openapi.yaml` is its text; a test
//! keeps the two equal.
//!
//! Microversions are told the way OpenStack's own documents tell them: `x-openstack` with
//! `min-ver` and `max-ver` on operations and fields, and `action-name` on the bodies of one
//! `…/action`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yaml_serde::Value as Yaml;

use super::routes::{Row, TABLE};
use crate::domain::{Error, Microversion, Result};

const ABOUT: &str = "Every path exists in two forms, as written here and with the project's id after /v3. \
Made from the route table by `hearth openapi`; do not edit.";

/// The whole document as YAML.
pub fn document() -> Result<String> {
    let mut paths: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in TABLE.iter().copied().flatten() {
        paths.entry(format!("/v3{}", row.path)).or_default().push(row);
    }
    let paths: serde_json::Map<_, _> =
        paths.into_iter().map(|(path, rows)| (path.clone(), path_item(&path, &rows))).collect();
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hearth: OpenStack Block Storage v3",
            "version": Microversion::MAX.to_string(),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
            "responses": {"fault": {
                "description": "One key that names the fault.",
                "content": {"application/json": {"schema": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": {
                        "type": "object",
                        "required": ["code", "message"],
                        "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
                    },
                }}},
            }},
        },
        "paths": paths,
    });
    yaml_serde::to_string(&sorted(document))
        .map_err(|error| Error::internal("the OpenAPI document cannot be written").because(error))
}

fn path_item(path: &str, rows: &[&Row]) -> Value {
    let mut item = serde_json::Map::new();
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = names
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if !parameters.is_empty() {
        item.insert("parameters".into(), parameters.into());
    }
    let mut methods: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        methods.entry(row.method.as_str().to_ascii_lowercase()).or_default().push(row);
    }
    for (method, rows) in methods {
        let is_action = rows.iter().any(|row| row.action.is_some());
        let operation = match rows.first() {
            Some(row) if !is_action => operation(row),
            _ => actions(path, &rows),
        };
        item.insert(method, operation);
    }
    Value::Object(item)
}

fn versions(row: &Row) -> Value {
    let mut versions = json!({
        "min-ver": Microversion::v(row.since).to_string(),
        "max-ver": Microversion::MAX.to_string(),
    });
    if let (Some(action), Value::Object(versions)) = (row.action, &mut versions) {
        versions.insert("action-name".into(), action.into());
    }
    versions
}

fn operation(row: &Row) -> Value {
    let mut operation = json!({
        "operationId": row.id,
        "x-openstack": versions(row),
        "responses": responses(&[row]),
    });
    if let Value::Object(operation) = &mut operation {
        if !row.rule.is_empty() {
            operation.insert("x-policy".into(), row.rule.into());
        }
        if let Some(schema) = row.body {
            operation.insert("requestBody".into(), body(schema.to_json()));
        }
    }
    operation
}

/// One `…/action`: the body's key says which.
fn actions(path: &str, rows: &[&Row]) -> Value {
    let bodies: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut schema = row.body.map_or_else(|| json!({"type": "object"}), |schema| schema.to_json());
            if let Value::Object(schema) = &mut schema {
                schema.insert("title".into(), row.id.into());
                schema.insert("x-openstack".into(), versions(row));
                schema.insert("x-policy".into(), row.rule.into());
            }
            schema
        })
        .collect();
    let resource = path.split('/').nth(2).unwrap_or_default();
    json!({
        "operationId": format!("{resource}.action"),
        "responses": responses(rows),
        "requestBody": body(json!({"oneOf": bodies, "x-openstack": {"discriminator": "action"}})),
    })
}

fn body(schema: Value) -> Value {
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

fn responses(rows: &[&Row]) -> Value {
    let mut responses: serde_json::Map<_, _> = rows
        .iter()
        .map(|row| (row.success.as_u16().to_string(), json!({"description": row.success.canonical_reason()})))
        .collect();
    responses.insert("default".into(), json!({"$ref": "#/components/responses/fault"}));
    Value::Object(responses)
}

/// Keys in order, whatever order the JSON library was built to keep.
fn sorted(value: Value) -> Yaml {
    match value {
        Value::Null => Yaml::Null,
        Value::Bool(value) => Yaml::Bool(value),
        Value::Number(number) => number.as_i64().map_or(Yaml::Null, |number| Yaml::Number(number.into())),
        Value::String(text) => Yaml::String(text),
        Value::Array(items) => Yaml::Sequence(items.into_iter().map(sorted).collect()),
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.into_iter().collect();
            Yaml::Mapping(fields.into_iter().map(|(key, value)| (Yaml::String(key), sorted(value))).collect())
        }
    }
}
