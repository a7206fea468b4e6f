//! A page of what a cluster lists. Nothing of it is in the database, so it is sorted and cut
//! here, as Cinder's drivers do it: by the reference's text or the size, from behind a reference
//! given as JSON.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::api::page;
use crate::api::python::display;
use crate::api::query::Query;
use crate::domain::manageable::Manageable;
use crate::domain::page::Direction;
use crate::domain::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Reference,
    Size,
}

#[derive(Debug)]
pub struct Stretch {
    sort: Vec<(Key, Direction)>,
    marker: Option<String>,
    limit: usize,
    offset: usize,
}

pub fn reference(entry: &Manageable) -> Value {
    let (key, value) = entry.reference.pair();
    json!({key: value})
}

impl Stretch {
    pub fn asked(query: &Query) -> Result<Self> {
        let (limit, offset) = page::stretch(query)?;
        let words = page::sort_words(query, "reference")?;
        let keys = words.iter().map(|(key, _)| match *key {
            "reference" => Ok(Key::Reference),
            "size" => Ok(Key::Size),
            other => Err(other),
        });
        let keys = known(keys, "keys")?;
        let directions = words.iter().map(|(_, word)| Direction::parse(word).ok_or(*word));
        let directions = known(directions, "dirs")?;
        Ok(Self {
            sort: keys.into_iter().zip(directions).collect(),
            marker: query.get("marker").filter(|text| !text.is_empty()).map(str::to_owned),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
        })
    }

    /// # Errors
    /// `Invalid` for a marker that is no JSON or is not in the list.
    pub fn cut(&self, mut entries: Vec<Manageable>) -> Result<Vec<Manageable>> {
        entries.sort_by(|a, b| self.compare(a, b));
        let start = match &self.marker {
            None => 0,
            Some(text) => {
                let marker: Value = serde_json::from_str(text).map_err(|_| {
                    invalid(format!("marker {text} can not be analysed, please use json like format"))
                })?;
                let at = entries.iter().position(|entry| reference(entry) == marker);
                at.ok_or_else(|| invalid(format!("marker not found: {}", display(&marker))))? + 1
            }
        };
        Ok(entries.into_iter().skip(start.saturating_add(self.offset)).take(self.limit).collect())
    }

    fn compare(&self, a: &Manageable, b: &Manageable) -> Ordering {
        let mut keys = self.sort.iter().map(|(key, direction)| {
            let order = match key {
                Key::Reference => a.reference.pair().1.cmp(&b.reference.pair().1),
                Key::Size => a.size.cmp(&b.size),
            };
            if *direction == Direction::Descending { order.reverse() } else { order }
        });
        keys.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

fn invalid(text: String) -> Error {
    Error::invalid(format!("Invalid input received: {text}"))
}

/// All of them, or a sentence about those that are none.
fn known<'a, T>(words: impl Iterator<Item = Result<T, &'a str>>, what: &str) -> Result<Vec<T>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for word in words {
        match word {
            Ok(word) => good.push(word),
            Err(word) => bad.push(word),
        }
    }
    if bad.is_empty() {
        return Ok(good);
    }
    Err(Error::invalid(format!("Invalid sort {what} passed: {}", bad.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::manageable::FoundBy;
    use crate::domain::{BackendUuid, Gib, LightosProject};

    fn entry((name, size): (&str, u32)) -> Manageable {
        Manageable {
            reference: FoundBy::Name(name.to_owned()),
            size: Gib(size),
            cinder_id: None,
            reason_not_safe: None,
            uuid: BackendUuid::random(),
            project: LightosProject::new("default"),
            source: None,
        }
    }

    fn names(query: &str) -> Result<String> {
        let stretch = Stretch::asked(&Query::parse(Some(query)).unwrap())?;
        let all = [("b", 2), ("d", 1), ("a", 2), ("c", 1)].map(entry);
        let cut = stretch.cut(all.to_vec())?;
        Ok(cut.iter().map(|entry| entry.reference.pair().1).collect())
    }

    #[test]
    fn it_is_sorted_and_cut_as_drivers_do() {
        for (query, expected) in [
            ("", "dcba"),
            ("sort=reference:asc", "abcd"),
            ("sort=size,reference:asc", "abcd"),
            ("sort=size:asc,reference", "dcba"),
            // Of the same size they stay in the order of the cluster.
            ("sort_key=size&sort_dir=asc", "dcba"),
            ("sort=reference:asc&limit=2", "ab"),
            ("sort=reference:asc&limit=2&offset=1", "bc"),
            ("sort=reference:asc&marker=%7B%22source-name%22:%22b%22%7D", "cd"),
            ("sort=reference:asc&marker=%7B%22source-name%22:%22b%22%7D&offset=1", "d"),
            ("limit=0", ""),
            ("offset=9", ""),
        ] {
            assert_eq!(names(query).unwrap(), expected, "{query}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_in_cinders_words() {
        for (query, expected) in [
            ("sort=name", "Invalid sort keys passed: name"),
            ("sort=a,reference,b", "Invalid sort keys passed: a, b"),
            ("sort=size:up", "Invalid sort dirs passed: up"),
            ("limit=x", "limit param must be an integer"),
            ("marker=b", "Invalid input received: marker b can not be analysed, please use json like format"),
            (
                "marker=%7B%22source-name%22:%22x%22%7D",
                "Invalid input received: marker not found: {'source-name': 'x'}",
            ),
        ] {
            assert_eq!(names(query).unwrap_err().message(), expected, "{query}");
        }
    }
}
