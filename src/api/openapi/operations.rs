//! One path of the table as an item of the document.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::words;
use crate::api::answers::print::{AsOf, versions};
use crate::api::fleet;
use crate::api::parameters;
use crate::api::routes::Row;

pub fn path_item(path: &str, rows: &[&Row], as_of: AsOf) -> Value {
    let mut item = Map::new();
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    // No empty part of a path is ever asked for, and a slash cannot be in one.
    let parameters: Vec<Value> = names
        .map(|name| {
            let schema = json!({"type": "string", "minLength": 1});
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    if !parameters.is_empty() {
        item.insert("parameters".into(), parameters.into());
    }
    let mut methods: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        methods.entry(row.method.as_str().to_ascii_lowercase()).or_default().push(row);
    }
    for (method, rows) in methods {
        let of = Operation { edge: Edge::of(path), as_of };
        let is_action = rows.iter().any(|row| row.action.is_some());
        let operation = match rows.first() {
            Some(row) if !is_action => of.plain(row),
            _ => of.actions(path, &rows),
        };
        item.insert(method, operation);
    }
    Value::Object(item)
}

/// Which of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Cinder,
    Fleet,
}

impl Edge {
    fn of(path: &str) -> Self {
        if path.starts_with(fleet::PREFIX) { Self::Fleet } else { Self::Cinder }
    }
}

struct Operation {
    edge: Edge,
    as_of: AsOf,
}

impl Operation {
    fn plain(&self, row: &Row) -> Value {
        let mut operation = json!({
            "operationId": row.id,
            "summary": words::summary(row),
            "tags": [words::tag(row.id)],
            "responses": self.responses(&[row]),
        });
        if let Value::Object(operation) = &mut operation {
            if self.edge == Edge::Cinder {
                operation.insert("x-openstack".into(), versions(row.since));
            }
            if !row.rule.is_empty() {
                operation.insert("x-policy".into(), row.rule.into());
            }
            if let Some(schema) = row.body {
                operation.insert("requestBody".into(), body(schema.to_json(self.as_of)));
            }
            let mut parameters = parameters::query(row, self.as_of);
            parameters.extend(self.headers());
            if !parameters.is_empty() {
                operation.insert("parameters".into(), parameters.into());
            }
        }
        operation
    }

    /// One `…/action`: the body's key says which.
    fn actions(&self, path: &str, rows: &[&Row]) -> Value {
        let bodies: Vec<Value> = rows.iter().map(|row| self.action_body(row)).collect();
        let mut parts = path.trim_end_matches("/action").rsplit('/');
        let resource = parts.find(|part| !part.starts_with('{')).unwrap_or_default();
        let id = if path.contains('{') { "action" } else { "collection-action" };
        let tag = rows.first().map_or("", |row| words::tag(row.id));
        let mut operation = json!({
            "operationId": format!("{resource}.{id}"),
            "summary": "Act; the key of the body says how.",
            "tags": [tag],
            "responses": self.responses(rows),
            "requestBody": body(json!({"oneOf": bodies, "x-openstack": {"discriminator": "action"}})),
        });
        let headers = self.headers();
        if let (Value::Object(operation), false) = (&mut operation, headers.is_empty()) {
            operation.insert("parameters".into(), headers.into());
        }
        operation
    }

    /// With what only this action answers beside it, since all of them share their responses.
    fn action_body(&self, row: &Row) -> Value {
        let mut schema = row.body.map_or_else(|| json!({"type": "object"}), |body| body.to_json(self.as_of));
        if let Value::Object(schema) = &mut schema {
            let mut told = if self.edge == Edge::Cinder { versions(row.since) } else { json!({}) };
            if let Value::Object(told) = &mut told {
                told.insert("action-name".into(), row.action.into());
                told.insert("status".into(), row.success.as_u16().into());
                if let Some(Value::Object(content)) = row.answer.content(self.as_of) {
                    let answer = content.get("application/json").and_then(|json| json.get("schema"));
                    told.insert("answer".into(), answer.cloned().unwrap_or_default());
                }
                let statuses = row.statuses().into_iter().filter(|status| !status.is_success());
                let statuses: BTreeSet<u16> = statuses.map(|status| status.as_u16()).collect();
                told.insert("refusals".into(), json!(statuses));
            }
            schema.insert("title".into(), row.id.into());
            schema.insert("description".into(), words::summary(row).into());
            schema.insert("x-openstack".into(), told);
            schema.insert("x-policy".into(), row.rule.into());
        }
        schema
    }

    /// The version is no parameter of a document that is as of one.
    fn headers(&self) -> Vec<Value> {
        let reference = |name: &str| json!({"$ref": format!("#/components/parameters/{name}")});
        match (self.edge, self.as_of) {
            (Edge::Fleet, AsOf::This(_)) => Vec::new(),
            (Edge::Cinder, AsOf::All) => vec![reference("version"), reference("request-id")],
            _ => vec![reference("request-id")],
        }
    }

    fn responses(&self, rows: &[&Row]) -> Value {
        let mut responses = Map::new();
        for row in rows {
            for status in row.statuses() {
                if self.edge == Edge::Fleet && status == StatusCode::NOT_ACCEPTABLE {
                    continue;
                }
                let told = if status == row.success { self.success(rows, status) } else { refusal(status) };
                responses.insert(status.as_u16().to_string(), told);
            }
        }
        Value::Object(responses)
    }

    /// What those rows answer that succeed with the same status.
    fn success(&self, rows: &[&Row], status: StatusCode) -> Value {
        let same = rows.iter().filter(|row| row.success == status);
        let mut contents: Vec<Value> =
            same.clone().filter_map(|row| row.answer.content(self.as_of)).collect();
        let mut headers = request_id();
        if let (Value::Object(headers), Edge::Cinder) = (&mut headers, self.edge) {
            headers.insert("OpenStack-API-Version".into(), json!({"$ref": "#/components/headers/version"}));
        }
        let mut out = json!({"description": status.canonical_reason(), "headers": headers});
        let content = match contents.len() {
            0 => return out,
            1 => contents.remove(0),
            _ => {
                let schemas: Vec<_> =
                    contents.iter().map(|one| one["application/json"]["schema"].clone()).collect();
                json!({"application/json": {"schema": {"anyOf": schemas}}})
            }
        };
        if same.count() > 1 {
            out["description"] = json!("As the action has it; most answer nothing.");
        }
        out["content"] = content;
        out
    }
}

pub fn request_id() -> Value {
    json!({"X-OpenStack-Request-ID": {"$ref": "#/components/headers/request-id"}})
}

fn body(schema: Value) -> Value {
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

fn refusal(status: StatusCode) -> Value {
    let name = match status {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::NOT_FOUND => "notFound",
        StatusCode::PAYLOAD_TOO_LARGE => "tooLarge",
        StatusCode::PRECONDITION_FAILED => "changed",
        _ => "fault",
    };
    json!({"$ref": format!("#/components/responses/{name}")})
}
