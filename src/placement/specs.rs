//! The operators of extra specs, as Cinder's `CapabilitiesFilter` evaluates them.
//!
//! `<is>` compares booleans, `<in>` looks for a part of the text, `<or>` offers alternatives,
//! `s==` and its kin compare text, `==`, `>=` and so on compare numbers, and `=` means "at
//! least", for historical reasons. Without an operator the value must be equal. A capability
//! that is a list satisfies a spec when one of its entries does.

use serde_json::Value;

pub(super) fn matches_any(has: &Value, wanted: &str) -> bool {
    match has {
        Value::Array(entries) => entries.iter().any(|entry| matches(entry, wanted)),
        single => matches(single, wanted),
    }
}

pub(super) fn matches(has: &Value, wanted: &str) -> bool {
    let text = text(has);
    let mut words = wanted.split_whitespace();
    let operator = words.next().unwrap_or_default();
    let operand = words.next();
    match operator {
        "<is>" => operand.is_some_and(|operand| truth(&text) == truth(operand)),
        "<in>" => operand.is_some_and(|operand| text.contains(operand)),
        "<or>" => wanted.split_whitespace().skip(1).step_by(2).any(|choice| choice == text),
        "=" | ">=" => numbers(&text, operand).is_some_and(|(a, b)| a >= b),
        "<=" => numbers(&text, operand).is_some_and(|(a, b)| a <= b),
        "==" => numbers(&text, operand).is_some_and(|(a, b)| a == b),
        "!=" => numbers(&text, operand).is_some_and(|(a, b)| a != b),
        "s==" => operand.is_some_and(|operand| text == operand),
        "s!=" => operand.is_some_and(|operand| text != operand),
        "s<" => operand.is_some_and(|operand| text.as_str() < operand),
        "s<=" => operand.is_some_and(|operand| text.as_str() <= operand),
        "s>" => operand.is_some_and(|operand| text.as_str() > operand),
        "s>=" => operand.is_some_and(|operand| text.as_str() >= operand),
        _ => match has {
            Value::Bool(has) => truth_of(wanted) == Some(*has),
            _ => text == wanted,
        },
    }
}

/// As Python prints it, for comparisons and messages.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

fn numbers(has: &str, wanted: Option<&str>) -> Option<(f64, f64)> {
    Some((has.trim().parse().ok()?, wanted?.parse().ok()?))
}

/// oslo's `bool_from_string`: whatever is not a word for true is false.
fn truth(text: &str) -> bool {
    truth_of(text).unwrap_or(false)
}

fn truth_of(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operators_mean_what_they_mean_in_cinder() {
        let table = [
            (json!(true), "<is> True", true),
            (json!(true), "<is> False", false),
            (json!(true), "True", true),
            (json!(false), "<is> nonsense", true),
            (json!("LightOS Storage"), "LightOS Storage", true),
            (json!("LightOS Storage"), "<in> LightOS", true),
            (json!("LightOS Storage"), "<in> Ceph", false),
            (json!("lightos"), "s== lightos", true),
            (json!("lightos"), "s!= lightos", false),
            (json!("lightos"), "<or> iscsi <or> lightos", true),
            (json!("lightos"), "<or> iscsi <or> ceph", false),
            (json!("b"), "s>= a", true),
            (json!("b"), "s< a", false),
            (json!(10.5), ">= 10", true),
            (json!(10.5), "= 11", false),
            (json!(10), "== 10.0", true),
            (json!(10), "!= 10", false),
            (json!("text"), ">= 10", false),
            (json!(10), ">= text", false),
            (json!("x"), "<is>", false),
            (json!("x"), "<or>", false),
            (json!("x"), "", false),
            (json!(["True", "False"]), "<is> False", true),
            (json!([]), "<is> False", false),
        ];
        for (has, wanted, expected) in table {
            assert_eq!(matches_any(&has, wanted), expected, "{has} against {wanted:?}");
        }
    }
}
