//! What the operations answer, as data: the response bodies of the API reference, and the measure
//! that every answer the tests see is held against (`exchange`), so that the reference stays true.
//!
//! An object is closed: a field that is not described here must not be sent, and one that is
//! always there must not be missing, at the microversion asked for.

pub mod attachments;
pub mod backups;
mod check;
pub mod exchange;
pub mod fleet;
pub mod general;
pub mod groups;
pub mod manageable;
pub mod print;
pub mod qos;
pub mod quotas;
pub mod services;
pub mod snapshots;
pub mod transfers;
pub mod types;
pub mod volumes;

use super::schema::Schema;

/// A value of an answer.
#[derive(Debug)]
pub enum Shape {
    Anything,
    Text,
    Boolean,
    Integer,
    Number,
    Uuid,
    /// Cinder's spelling of a time: UTC, without a zone.
    Time,
    /// RFC 3339, in the fleet API.
    ZonedTime,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// This or null.
    Maybe(&'static Shape),
    List(&'static Shape),
    /// Free keys.
    Map(&'static Shape),
    /// These fields and no others; in parts, since views of one resource share many.
    Object(&'static [&'static [Field]]),
    /// These fields, and others whose values look like that.
    Open(&'static [Field], &'static Shape),
    /// Exactly one of these fields.
    OneField(&'static [Field]),
    Either(&'static [&'static Shape]),
    /// What was sent.
    Echo(&'static Schema),
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: &'static Shape,
    pub when: When,
    /// Not there below this minor version.
    pub since: u16,
}

/// On what it depends whether a field is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// Whether the caller is an administrator.
    Administrator,
    /// Whether this rule of the policy holds.
    Rule(&'static str),
    /// As told in these words.
    Sometimes(&'static str),
}

/// A field that is always there.
pub const fn always(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, shape, when: When::Always, since: 0 }
}

/// A field for administrators.
pub const fn admin(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, shape, when: When::Administrator, since: 0 }
}

/// A field a rule of the policy shows.
pub const fn ruled(name: &'static str, shape: &'static Shape, rule: &'static str) -> Field {
    Field { name, shape, when: When::Rule(rule), since: 0 }
}

/// A field that is there in some cases.
pub const fn sometimes(name: &'static str, shape: &'static Shape, told: &'static str) -> Field {
    Field { name, shape, when: When::Sometimes(told), since: 0 }
}

impl Field {
    #[must_use]
    pub const fn since(mut self, minor: u16) -> Self {
        self.since = minor;
        self
    }
}

/// What a successful answer carries.
#[derive(Debug)]
pub enum Answer {
    /// No body.
    Nothing,
    Json(&'static Shape),
    /// JSON that is called HTML since this minor version, as upstream makes it by hand.
    CalledHtml(&'static Shape, u16),
    /// A bare value, or nothing for null.
    Bare,
}

pub static NOTHING: Answer = Answer::Nothing;
pub static BARE: Answer = Answer::Bare;

/// An object of one part.
const fn object(parts: &'static [&'static [Field]]) -> Shape {
    Shape::Object(parts)
}

static MAYBE_TEXT: Shape = Shape::Maybe(&Shape::Text);
static MAYBE_UUID: Shape = Shape::Maybe(&Shape::Uuid);
static MAYBE_TIME: Shape = Shape::Maybe(&Shape::Time);
static TEXTS: Shape = Shape::Map(&Shape::Text);

/// Of an item: to itself, and without the version.
static LINKS: Shape = Shape::List(&object(&[&[
    always("rel", &Shape::OneOf(&["self", "bookmark"])),
    always("href", &Shape::Text),
]]));

/// To the next page.
static NEXT: Shape =
    Shape::List(&object(&[&[always("rel", &Shape::OneOf(&["next"])), always("href", &Shape::Text)]]));
const PAGED: &str = "There is a next page.";

/// What a list has that was asked to count.
const fn counted() -> Field {
    sometimes("count", &Shape::Integer, "Asked for by with_count.").since(45)
}

/// The link to the next page, under the list's own name for it.
const fn next(name: &'static str) -> Field {
    sometimes(name, &NEXT, PAGED)
}
