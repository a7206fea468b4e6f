//! The configuration reference, from the declarations themselves.

use std::fmt::Write as _;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// Markdown: a section a table, each key with its default and meaning.
pub fn reference() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true));
    let schema = generator.into_root_schema_for::<Config>().to_value();
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    let mut out = String::new();
    for (section, schema) in entries(&schema) {
        let _ = writeln!(out, "### `[{section}]`\n\n{}\n", description(schema));
        let _ = writeln!(out, "| key | default | meaning |\n|---|---|---|");
        for (key, schema) in entries(object(schema)) {
            let default = defaults.get(section).and_then(|s| s.get(key)).filter(|v| !v.is_null());
            let default = default.or_else(|| schema.get("default").filter(|v| !v.is_null()));
            let default = default.map(|value| format!("`{value}`")).unwrap_or_default();
            let _ = writeln!(out, "| `{key}` | {default} | {} |", description(schema).replace('\n', " "));
        }
        out.push('\n');
    }
    out
}

fn entries(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// An optional section is `anyOf` itself and null.
fn object(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    choices.and_then(|all| all.iter().find(|s| s.get("properties").is_some())).unwrap_or(schema)
}

fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}
