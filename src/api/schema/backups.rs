//! Bodies of `/backups`.

use super::{
    Count, Extra, Format, Keys, Map, Null, Object, Schema, StatusWords, Text, closed, formatted, optional,
    required, text,
};

static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
static UUID: Schema = formatted(Format::Uuid, Null::Refused);
static MAYBE_UUID: Schema = formatted(Format::Uuid, Null::Allowed);
static SHORT: Schema = text(0, 255, Null::Allowed);
static DESCRIPTION: Schema = formatted(Format::Printable, Null::Allowed);
static VALUE: Schema = text(0, 255, Null::Refused);

const fn metadata(null: Null) -> Schema {
    Schema::Map(Map { keys: Keys::Metadata, value: &VALUE, null, count: Count::Any })
}
static METADATA: Schema = metadata(Null::Refused);
static MAYBE_METADATA: Schema = metadata(Null::Allowed);

/// A closed object that may be null.
const fn nullable(fields: &'static [super::Field]) -> Schema {
    Schema::Object(Object { fields, extra: Extra::Refused, null: Null::Allowed, choice: None })
}

static NEW_BACKUP: Schema = closed(&[
    required("volume_id", &UUID),
    optional("container", &SHORT),
    optional("description", &DESCRIPTION),
    optional("incremental", &BOOLEAN),
    optional("force", &BOOLEAN),
    optional("name", &SHORT),
    optional("snapshot_id", &MAYBE_UUID),
    optional("metadata", &MAYBE_METADATA).since(43),
    optional("availability_zone", &SHORT).since(51),
]);
pub static CREATE: Schema = closed(&[required("backup", &NEW_BACKUP)]);

static CHANGES: Schema = nullable(&[
    optional("name", &SHORT),
    optional("description", &DESCRIPTION),
    optional("metadata", &METADATA).since(43),
]);
pub static UPDATE: Schema = closed(&[required("backup", &CHANGES)]);

static TARGET: Schema = nullable(&[optional("name", &SHORT), optional("volume_id", &MAYBE_UUID)]);
pub static RESTORE: Schema = closed(&[required("restore", &TARGET)]);

static URL: Schema =
    Schema::Text(Text { min: 1, max: usize::MAX, null: Null::Refused, format: Format::Base64 });
static RECORD: Schema = closed(&[required("backup_service", &VALUE), required("backup_url", &URL)]);
pub static IMPORT: Schema = closed(&[required("backup-record", &RECORD)]);

static STATUSES: StatusWords = StatusWords {
    what: "Backup status",
    words: &["available", "error"],
    brackets: ('[', ']'),
    blank: Null::Refused,
};
static STATUS: Schema =
    Schema::Text(Text { min: 0, max: 255, null: Null::Refused, format: Format::Status(&STATUSES) });
static STATUS_FIELDS: Schema = closed(&[required("status", &STATUS)]);
pub static RESET: Schema = closed(&[required("os-reset_status", &STATUS_FIELDS)]);
