//! The OpenAPI document, made from the route tables, and the pages people read, made from the
//! document. `api-ref/` holds their text; a test keeps the two equal.
//!
//! Microversions are told the way OpenStack's own documents tell them: `x-openstack` with
//! `min-ver` and `max-ver` on operations, parameters and fields, and `action-name` on the bodies
//! of one `…/action`. The same document can be had as of one microversion, with what that one
//! knows and nothing else.

mod operations;
mod outside;
mod pages;
mod words;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yaml_serde::Value as Yaml;

use super::answers::Shape;
use super::answers::exchange::{FAULTS, REFUSAL, UNAUTHORIZED};
pub use super::answers::print::AsOf;
use super::fleet;
use super::routes::{Row, TABLE};
use crate::domain::{Error, Microversion, Result};

const ABOUT: &str = "Every path below /v3 exists in two forms, as written here and with the project's id after \
/v3. Made from the route tables by `hearth openapi`; do not edit.";

/// The whole document as YAML.
///
/// # Errors
/// Those of the YAML library.
pub fn document(as_of: AsOf) -> Result<String> {
    yaml_serde::to_string(&sorted(whole(as_of)))
        .map_err(|error| Error::internal("the OpenAPI document cannot be written").because(error))
}

/// The readable pages, by their file's name.
pub fn pages() -> Vec<(String, String)> {
    pages::write(&whole(AsOf::All))
}

fn whole(as_of: AsOf) -> Value {
    let mut paths: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    let known = |row: &&Row| as_of.knows(row.since);
    for row in TABLE.iter().copied().flatten().filter(known) {
        paths.entry(format!("/v3{}", row.path)).or_default().push(row);
    }
    for row in fleet::TABLE {
        paths.entry(format!("{}{}", fleet::PREFIX, row.path)).or_default().push(row);
    }
    let mut items: serde_json::Map<_, _> = paths
        .into_iter()
        .map(|(path, rows)| (path.clone(), operations::path_item(&path, &rows, as_of)))
        .collect();
    items.extend(outside::paths());
    let version = match as_of {
        AsOf::All => Microversion::MAX,
        AsOf::This(version) => version,
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hearth: OpenStack Block Storage v3",
            "version": version.to_string(),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "tags": words::tags(),
        "components": components(),
        "paths": items,
    })
}

fn components() -> Value {
    let request_id = "Id of this request, as it stands in the log.";
    let global = "An id of the caller's own, `req-` and a UUID, which is logged beside ours.";
    let version = "`volume 3.N` or `volume latest`; 3.0 without it.";
    json!({
        "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        "parameters": {
            "version": header_parameter("OpenStack-API-Version", version),
            "request-id": header_parameter("X-OpenStack-Request-ID", global),
        },
        "headers": {
            "request-id": {"description": request_id, "required": true, "schema": {"type": "string"}},
            "version": {
                "description": "The version that was answered in.",
                "required": true,
                "schema": {"type": "string"},
            },
        },
        "schemas": {
            "fault": FAULTS.to_json(AsOf::All),
            "refusal": REFUSAL.to_json(AsOf::All),
        },
        "responses": {
            "fault": refused("One key that names the fault.", &[&FAULTS]),
            "unauthorized": refused("The token is missing, expired or unknown.", &[&UNAUTHORIZED]),
            "tooLarge": refused("A quota is used up, or the body is too large.", &[&FAULTS, &REFUSAL]),
            "notFound": not_found(),
            "changed": {
                "description": "What `If-Match` names is not the state it is in.",
                "headers": operations::request_id(),
            },
        },
    })
}

fn header_parameter(name: &str, about: &str) -> Value {
    json!({"name": name, "in": "header", "description": about, "schema": {"type": "string"}})
}

fn refused(about: &str, shapes: &[&Shape]) -> Value {
    let mut schemas: Vec<Value> = shapes.iter().map(|shape| shape.to_json(AsOf::All)).collect();
    let schema = match schemas.pop() {
        Some(only) if schemas.is_empty() => only,
        last => {
            schemas.extend(last);
            json!({"anyOf": schemas})
        }
    };
    json!({
        "description": about,
        "headers": operations::request_id(),
        "content": {"application/json": {"schema": schema}},
    })
}

/// A page for whoever takes one.
fn not_found() -> Value {
    let mut out = refused("It is not there, or not at this version.", &[&FAULTS, &REFUSAL]);
    out["content"]["text/html"] = json!({"schema": {"description": "A page, for an unknown path."}});
    out
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn operations(as_of: AsOf) -> Vec<(String, Value)> {
        let document = whole(as_of);
        let items = document["paths"].as_object().unwrap().iter();
        let methods = |(path, item): (&String, &Value)| {
            let methods = item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters");
            methods.map(|(key, found)| (format!("{key} {path}"), found.clone())).collect::<Vec<_>>()
        };
        items.flat_map(methods).collect()
    }

    #[test]
    fn operations_have_ids_of_their_own_and_no_500() {
        let all = operations(AsOf::All);
        let ids: HashSet<&str> = all.iter().map(|(_, one)| one["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len());
        for (label, one) in &all {
            assert!(
                one["responses"].get("500").is_none() && one["responses"].get("default").is_none(),
                "{label}"
            );
        }
    }

    #[test]
    fn as_of_a_version_there_is_only_what_it_knows() {
        let at = |minor| operations(AsOf::This(Microversion::v(minor)));
        let has = |minor: u16, label: &str| at(minor).iter().any(|(known, _)| known == label);
        assert!(!has(2, "get /v3/messages") && has(3, "get /v3/messages"));
        let names = |minor: u16| {
            let found = at(minor).into_iter().find(|(label, _)| label == "get /v3/volumes").unwrap().1;
            let all = found["parameters"].as_array().unwrap().iter();
            all.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        assert!(
            !names(44).contains(&"with_count".to_owned()) && names(45).contains(&"with_count".to_owned())
        );
        assert!(names(0).contains(&"marker".to_owned()));
    }
}
