//! What lies outside both tables: version discovery and the healthcheck. No token is needed.

use serde_json::{Map, Value, json};

use super::operations::request_id;
use super::words::DISCOVERY;
use crate::api::answers::general::{HEALTH, VERSIONS};
use crate::api::answers::print::AsOf;

pub fn paths() -> Map<String, Value> {
    let fault = || json!({"$ref": "#/components/responses/fault"});
    let versions = |about: &str| {
        let schema = VERSIONS.to_json(AsOf::All);
        json!({
            "description": about,
            "headers": request_id(),
            "content": {"application/json": {"schema": schema}},
        })
    };
    let health = |about: &str| {
        json!({
            "description": about,
            "headers": request_id(),
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/json": {"schema": HEALTH.to_json(AsOf::All)},
            },
        })
    };
    let get = |id: &str, summary: &str, responses: Value| {
        json!({"get": {
            "operationId": id,
            "summary": summary,
            "tags": [DISCOVERY],
            "security": [],
            "responses": responses,
        }})
    };
    let mut paths = Map::new();
    paths.insert(
        "/".into(),
        get(
            "versions.list",
            "List the API versions",
            json!({"300": versions("Multiple Choices"), "400": fault(), "406": fault()}),
        ),
    );
    paths.insert(
        "/v3/".into(),
        get(
            "versions.show",
            "Show the API version",
            json!({
                "200": versions("OK"),
                "400": fault(),
                "401": {"$ref": "#/components/responses/unauthorized"},
                "406": fault(),
                "413": {"$ref": "#/components/responses/tooLarge"},
                "503": fault(),
            }),
        ),
    );
    paths.insert(
        "/healthcheck".into(),
        get(
            "healthcheck",
            "Tell whether requests may be sent here",
            json!({"200": health("OK"), "503": health("Taken out of service by a file")}),
        ),
    );
    paths
}
