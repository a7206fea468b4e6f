//! How Cinder spells booleans: exactly in bodies, more freely in queries.

use crate::domain::{Error, Result};

const TRUE: [&str; 12] = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t"];
const FALSE: [&str; 12] = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"];

/// A string where a body's schema asks for a boolean.
pub fn strict(text: &str) -> Option<bool> {
    if TRUE.contains(&text) {
        Some(true)
    } else if FALSE.contains(&text) {
        Some(false)
    } else {
        None
    }
}

/// A value of a query string: the same words in any case, white space around them ignored.
pub fn of_query(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// As `of_query`, where anything else is simply false.
pub fn lenient(text: &str) -> bool {
    of_query(text).unwrap_or_default()
}

/// A boolean parameter of a query string; absent is false.
pub fn parameter(name: &str, text: Option<&str>) -> Result<bool> {
    let Some(text) = text else { return Ok(false) };
    of_query(text).ok_or_else(|| Error::invalid(format!("Value '{text}' for '{name}' is not a boolean.")))
}

/// The enumeration as Cinder's validator quotes it.
pub fn python_list() -> String {
    let words = |words: &[&str]| words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    format!("[True, {}, False, {}]", words(&TRUE), words(&FALSE))
}

/// The enumeration for the OpenAPI document.
pub fn json_list() -> Vec<serde_json::Value> {
    let mut list = vec![true.into()];
    list.extend(TRUE.map(Into::into));
    list.push(false.into());
    list.extend(FALSE.map(Into::into));
    list
}
