//! What of an object Cinder looks at before its fields: that something is asked for at all.

use serde_json::{Map, Value};

/// What Python takes for true.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

pub(super) fn is_any_filled(of: &[&str], object: &Map<String, Value>) -> bool {
    of.iter().any(|name| object.get(*name).is_some_and(is_filled))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::schema::bodies::VOLUME_RESET;
    use crate::domain::Microversion;

    fn told(fields: serde_json::Value) -> String {
        let body = json!({"os-reset_status": fields});
        VOLUME_RESET
            .check(&body, Microversion::MAX)
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn that_nothing_is_asked_for_is_told_before_what_is_wrong_with_it() {
        let nothing = "Must specify 'status', 'attach_status' or 'migration_status' for update.";
        for fields in [
            json!({}),
            json!({"status": ""}),
            json!({"status": null, "unheard_of": 1}),
            json!({"attach_status": 0}),
        ] {
            assert_eq!(told(fields.clone()), nothing, "{fields}");
        }
        assert!(told(json!({"status": 5})).contains("5 is not of type 'string', 'null'"));
        assert!(told(json!({"status": "error", "unheard_of": 1})).contains("'unheard_of' was unexpected"));
        assert_eq!(told(json!({"status": "error", "attach_status": ""})), "");
    }
}
