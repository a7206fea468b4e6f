//! Rules of single words and lists of them, with the sentences that Cinder has for each.

use serde_json::Value;

use super::Sentence;
use super::bodies::LARGEST;
use super::check::{Reason, Wrong};
use crate::api::python::{display, quoted, repr};

/// Longest of most texts.
const LONGEST: usize = 255;

/// `["a", "b"]`: at least one, none twice.
pub(super) fn texts<'a>(path: Option<&'a str>, value: &'a Value) -> Result<(), Wrong<'a>> {
    let wrong = |reason: Reason| Err(Wrong { path, value, reason });
    let Some(items) = value.as_array() else {
        return wrong(Reason::Of(format!("{} is not of type 'array'", repr(value))));
    };
    for (at, item) in items.iter().enumerate() {
        let told = match item.as_str() {
            None => "is not of type 'string'",
            Some(text) if text.chars().count() > LONGEST => "is too long",
            Some(_) => continue,
        };
        return wrong(Reason::Alone(format!(
            "Invalid input for field/attribute {at}. Value: {}. {} {told}",
            display(item),
            repr(item)
        )));
    }
    if items.is_empty() {
        return wrong(Reason::Of("[] should be non-empty".to_owned()));
    }
    if items.iter().enumerate().any(|(at, item)| items.iter().take(at).any(|other| other == item)) {
        return wrong(Reason::Of(format!("{} has non-unique elements", repr(value))));
    }
    Ok(())
}

/// One of the words, in any case.
pub(super) fn status(sentence: &Sentence, text: &str) -> Result<(), Reason> {
    let error = sentence.error;
    if text.trim().is_empty() {
        return Err(Reason::Alone(format!("{error}: The 'status' can not be empty.")));
    }
    if sentence.taken.contains(&text.to_lowercase().as_str()) {
        return Ok(());
    }
    let listed = sentence.listed.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
    Err(Reason::Alone(format!(
        "{error}: {}: {text} is invalid, {}: ({listed}).",
        sentence.what, sentence.valid
    )))
}

/// Text is a number here, too, but only one that Python prints the same again counts. `None`: of
/// another type.
pub(super) fn key_size<'a>(path: Option<&'a str>, value: &'a Value) -> Option<Result<(), Wrong<'a>>> {
    let number = match value {
        Value::Number(number) => number.as_i64().or_else(|| number.is_u64().then_some(i64::MAX))?,
        Value::String(text) => match text.trim().parse::<i64>() {
            Ok(number) => number,
            Err(_) => return Some(Err(not_an_integer(path, value))),
        },
        _ => return None,
    };
    let outside = |limit: String| {
        let shown = if number == i64::MAX { display(value) } else { number.to_string() };
        Some(Err(Wrong { path, value, reason: Reason::Of(format!("{shown} is {limit}")) }))
    };
    match number {
        ..0 => outside("less than the minimum of 0".to_owned()),
        0..=LARGEST if value.as_str().is_some_and(|text| text != number.to_string()) => {
            Some(Err(not_an_integer(path, value)))
        }
        0..=LARGEST => Some(Ok(())),
        _ => outside(format!("greater than the maximum of {LARGEST}")),
    }
}

fn not_an_integer<'a>(path: Option<&'a str>, value: &'a Value) -> Wrong<'a> {
    let told = "Invalid input received: key_size must be an integer.".to_owned();
    Wrong { path, value, reason: Reason::Alone(told) }
}

/// The last character stands for the sign whatever it is, until the number has been read.
/// A percentage. Cinder cuts it out of whatever there is, and tells what Python says where that
/// cannot be cut.
pub(super) fn progress(value: &Value) -> Result<(), Reason> {
    let text = match value {
        Value::String(text) => text,
        Value::Array(items) if !items.is_empty() => {
            let type_error =
                "int() argument must be a string, a bytes-like object or a real number, not 'list'";
            return Err(Reason::Alone(type_error.to_owned()));
        }
        Value::Object(object) if !object.is_empty() => {
            return Err(Reason::Alone("unhashable type: 'slice'".to_owned()));
        }
        Value::Bool(true) => return Err(not_subscriptable("bool")),
        Value::Number(number) if number.as_f64() == Some(0.0) => return Ok(()),
        Value::Number(number) if number.is_f64() => return Err(not_subscriptable("float")),
        Value::Number(_) => return Err(not_subscriptable("int")),
        _ => return Ok(()),
    };
    let told = |what: &str| Err(Reason::Alone(format!("Invalid input received: progress must be {what}")));
    let mut characters = text.chars();
    let Some(last) = characters.next_back() else { return Ok(()) };
    match characters.as_str().trim().parse::<i64>().ok() {
        None => told("an integer percentage"),
        Some(0..=100) if last == '%' => Ok(()),
        Some(_) => told("an integer percentage between 0 and 100"),
    }
}

fn not_subscriptable(kind: &str) -> Reason {
    Reason::Alone(format!("'{kind}' object is not subscriptable"))
}

pub(super) fn label(what: &str, text: &str) -> Result<(), Reason> {
    if (1..=LONGEST).contains(&text.trim().chars().count()) {
        return Ok(());
    }
    Err(Reason::Of(format!("{} is not a '{what}'", quoted(text))))
}

pub(super) fn zone(text: &str) -> Result<(), Reason> {
    let refuse = |told: String| Err(Reason::Alone(told));
    match text.trim().chars().count() {
        _ if text.is_empty() => refuse("The 'availability_zone' can not be None.".to_owned()),
        0 => refuse("Invalid input received: availability_zone has 0 characters, less than 1.".to_owned()),
        1..=LONGEST => Ok(()),
        length => refuse(format!(
            "Invalid input received: availability_zone has {length} characters, more than {LONGEST}."
        )),
    }
}
