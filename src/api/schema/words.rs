//! Rules of single words and lists of them, with the sentences that Cinder has for each.

use serde_json::Value;

use super::Sentence;
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
