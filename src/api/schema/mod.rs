//! Request bodies as data: one description validates a body with the messages Cinder's schemas
//! give, and prints itself as the JSON Schema of the OpenAPI document.
//!
//! A field carries the microversion since which it is known, an object the one since which it is
//! closed (`cinder-api-surface`, "Request bodies"). Only the first error is reported.

pub mod backups;
pub mod bodies;
mod check;
pub mod clusters;
mod filled;
pub mod groups;
pub mod images;
pub mod manageable;
pub mod migration;
mod print;
pub mod transfers;
pub mod type_parts;
mod words;

use crate::domain::Microversion;

/// A value of a request body.
#[derive(Debug)]
pub enum Schema {
    /// Anything; many actions take `null` or `{}` alike.
    Any,
    Text(Text),
    /// A JSON boolean or one of the spellings Cinder takes for one.
    Boolean(Null),
    /// One of these strings.
    OneOf(&'static [&'static str], Null),
    /// The same where null is of the right type, but none of the words.
    OneOfOrNull(&'static [&'static str]),
    /// One of these, and of anything else it is said that it is none of them, whatever its type.
    Among(&'static [&'static str]),
    /// An integer, or a string of digits where `digits` allows it.
    Integer(Integer),
    Object(Object),
    /// An object with free keys.
    Map(Map),
    /// Different texts, at least one.
    Texts,
    /// One UUID or a list of them (`same_host`).
    Uuids,
    /// Anything of these JSON types.
    Of(&'static [&'static str]),
    /// A list of different strings of 1–255 characters.
    Words,
    /// A number of bits, or text that Python prints again as the same number.
    KeySize,
    /// `NN%`, or anything that Python takes for nothing.
    Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Null {
    Refused,
    Allowed,
}

#[derive(Debug)]
pub struct Text {
    pub min: usize,
    pub max: usize,
    pub null: Null,
    pub format: Format,
}

impl Text {
    fn is_one_of_two(&self) -> bool {
        self.null == Null::Allowed && matches!(self.format, Format::Uuid | Format::StrippedName)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Plain,
    /// The length counts after stripping white space.
    Stripped(&'static str),
    /// Present and not blank (`name` of types).
    Name,
    /// Present and not blank, and not too long once stripped (`name` of QoS specs).
    StrippedName,
    /// A log level, in any case.
    Level,
    /// Not blank when present (`disabled_reason`).
    NotBlank(&'static str),
    /// No control characters (`description` of types and snapshots).
    Printable,
    /// Any spelling of a UUID.
    Uuid,
    /// `host[@backend[#pool]]`.
    Host,
    /// One of the words, whatever its case, with Cinder's sentence about it.
    Status(&'static StatusWords),
    /// The same where the refusal is told alone and quotes more words than are taken.
    Sentence(&'static Sentence),
    /// Not blank, and not more than 255 characters, for which the format is blamed.
    Label(&'static str),
    /// A name of an availability zone.
    Zone,
    /// Bytes in base64, as Python reads it.
    Base64,
    /// At most 65535 bytes (a MySQL `TEXT`).
    Bytes,
}

/// Words of a status field and how Cinder calls them in its refusal.
#[derive(Debug, PartialEq, Eq)]
pub struct StatusWords {
    pub what: &'static str,
    pub words: &'static [&'static str],
    /// Around the words: Cinder has them in a tuple or in a list.
    pub brackets: (char, char),
    /// Whether an empty text passes for none.
    pub blank: Null,
}

/// A refusal of a status, word by word.
#[derive(Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Cinder's name of the error.
    pub error: &'static str,
    /// What comes between the word and the list.
    pub what: &'static str,
    pub valid: &'static str,
    /// The words that are taken, and those that are listed.
    pub taken: &'static [&'static str],
    pub listed: &'static [&'static str],
}

#[derive(Debug)]
pub struct Integer {
    pub min: i64,
    pub max: i64,
    pub null: Null,
    pub digits: Digits,
}

impl Integer {
    /// Of text, as Cinder quotes it; where -1 may be said it also lets the empty text pass.
    const fn pattern(&self) -> &'static str {
        if self.min < 0 { "^[0-9]*$" } else { "^[0-9]+$" }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    Refused,
    Allowed,
}

#[derive(Debug)]
pub struct Object {
    pub fields: &'static [Field],
    pub extra: Extra,
    pub null: Null,
    pub choice: Option<Choice>,
}

/// Some fields of which not all may be absent (`anyOf` and `oneOf` of Cinder's schemas).
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub of: &'static [&'static str],
    pub many: Many,
    pub since: u16,
    /// Whether it is told before unknown fields are: it follows from the order in Cinder's schema.
    pub told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Many {
    AtLeastOne,
    ExactlyOne,
    /// At least one that is not empty; told alone, with this sentence and before anything else of the object (a
    /// `format` of Cinder's, which reads the whole of it).
    OneFilled(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    BeforeUnknown,
    AfterUnknown,
}

impl Choice {
    /// At least one of them, told before unknown fields.
    pub const fn any(of: &'static [&'static str]) -> Self {
        Self { of, many: Many::AtLeastOne, since: 0, told: Told::BeforeUnknown }
    }

    /// Exactly one of them, told before unknown fields.
    pub const fn one(of: &'static [&'static str]) -> Self {
        Self { of, many: Many::ExactlyOne, since: 0, told: Told::BeforeUnknown }
    }

    /// At least one of them filled, told first.
    pub const fn filled(of: &'static [&'static str], told: &'static str) -> Self {
        Self { of, many: Many::OneFilled(told), since: 0, told: Told::BeforeUnknown }
    }

    /// At least one of them, told after unknown fields.
    pub const fn any_late(of: &'static [&'static str], since: u16) -> Self {
        Self { of, many: Many::AtLeastOne, since, told: Told::AfterUnknown }
    }
}

/// Whether unknown fields are refused or ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    Refused,
    RefusedSince(u16),
    Ignored,
}

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub presence: Presence,
    /// Unknown below this minor version.
    pub since: u16,
    pub schema: &'static Schema,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// Until this minor version.
    RequiredBelow(u16),
    Optional,
}

impl Presence {
    fn required_at(self, version: Microversion) -> bool {
        match self {
            Self::Required => true,
            Self::RequiredBelow(minor) => !version.at_least(minor),
            Self::Optional => false,
        }
    }
}

#[derive(Debug)]
pub struct Map {
    pub keys: Keys,
    pub value: &'static Schema,
    pub null: Null,
    pub count: Count,
}

/// Which keys a map may have; the text is the pattern Cinder quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Letters, digits, `-_:. /`, 1–255 of them.
    Metadata,
    /// The same without blank and `/` (extra specs).
    NoSpace,
    /// The same without `/` (snapshot metadata).
    NoSlash,
    /// Up to 300 (quota keys).
    Quota,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Any,
    One,
    AtLeastOne,
}

impl Keys {
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Metadata => "^[a-zA-Z0-9-_:. /]{1,255}$",
            Self::NoSpace => "^[a-zA-Z0-9-_:.]{1,255}$",
            Self::NoSlash => "^[a-zA-Z0-9-_:. ]{1,255}$",
            Self::Quota => "^[a-zA-Z0-9-_:. ]{1,300}$",
            Self::Any => "^.*$",
        }
    }

    fn allow(self, key: &str) -> bool {
        let common = |b: u8| b.is_ascii_alphanumeric() || b"-_:.".contains(&b);
        let long = |max: usize| (1..=max).contains(&key.len());
        match self {
            Self::Metadata => long(255) && key.bytes().all(|b| common(b) || b == b' ' || b == b'/'),
            Self::NoSpace => long(255) && key.bytes().all(common),
            Self::NoSlash => long(255) && key.bytes().all(|b| common(b) || b == b' '),
            Self::Quota => long(300) && key.bytes().all(|b| common(b) || b == b' '),
            Self::Any => true,
        }
    }
}

impl Extra {
    const fn refused_at(self, version: Microversion) -> bool {
        match self {
            Self::Refused => true,
            Self::RefusedSince(minor) => version.at_least(minor),
            Self::Ignored => false,
        }
    }
}

/// A field that must be there.
pub const fn required(name: &'static str, schema: &'static Schema) -> Field {
    Field { name, presence: Presence::Required, since: 0, schema }
}

/// A field that may be there.
pub const fn optional(name: &'static str, schema: &'static Schema) -> Field {
    Field { name, presence: Presence::Optional, since: 0, schema }
}

/// A field that had to be there until a minor version.
pub const fn required_below(minor: u16, name: &'static str, schema: &'static Schema) -> Field {
    Field { name, presence: Presence::RequiredBelow(minor), since: 0, schema }
}

impl Field {
    #[must_use]
    pub const fn since(mut self, minor: u16) -> Self {
        self.since = minor;
        self
    }
}

/// A closed object.
pub const fn closed(fields: &'static [Field]) -> Schema {
    Schema::Object(Object { fields, extra: Extra::Refused, null: Null::Refused, choice: None })
}

/// A closed object that needs some of its fields.
pub const fn choosing(choice: Choice, fields: &'static [Field]) -> Schema {
    Schema::Object(Object { fields, extra: Extra::Refused, null: Null::Refused, choice: Some(choice) })
}

/// A string of so many characters.
pub const fn text(min: usize, max: usize, null: Null) -> Schema {
    Schema::Text(Text { min, max, null, format: Format::Plain })
}

/// A string of some format, at most 255 characters.
pub const fn formatted(format: Format, null: Null) -> Schema {
    Schema::Text(Text { min: 0, max: 255, null, format })
}
