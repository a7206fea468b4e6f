//! Request bodies of taking in and letting go.

use super::{Count, Format, Keys, Map, Null, Schema, Text, closed, formatted, optional, required, text};

static ANY: Schema = Schema::Any;
static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
static NAME: Schema = text(0, 255, Null::Allowed);
static DESCRIPTION: Schema = formatted(Format::Printable, Null::Allowed);
static UUID: Schema = formatted(Format::Uuid, Null::Refused);
static HOST: Schema = Schema::Text(Text { min: 1, max: 255, null: Null::Allowed, format: Format::Host });
static VALUE: Schema = text(0, 255, Null::Refused);
static METADATA: Schema =
    Schema::Map(Map { keys: Keys::Metadata, value: &VALUE, null: Null::Allowed, count: Count::Any });
static VOLUME_REF: Schema = Schema::Of(&["object", "string"]);
static SNAPSHOT_REF: Schema = Schema::Of(&["object", "null", "string"]);

static VOLUME: Schema = closed(&[
    optional("description", &DESCRIPTION),
    optional("availability_zone", &NAME),
    optional("bootable", &BOOLEAN),
    optional("volume_type", &NAME),
    optional("name", &NAME),
    optional("host", &HOST),
    required("ref", &VOLUME_REF),
    optional("metadata", &METADATA),
    optional("cluster", &NAME).since(16),
]);
pub static MANAGE_VOLUME: Schema = closed(&[required("volume", &VOLUME)]);

static SNAPSHOT: Schema = closed(&[
    optional("description", &DESCRIPTION),
    optional("metadata", &METADATA),
    optional("name", &NAME),
    // Looked at before `ref`, and missed after it.
    optional("volume_id", &UUID),
    required("ref", &SNAPSHOT_REF),
    required("volume_id", &UUID),
]);
pub static MANAGE_SNAPSHOT: Schema = closed(&[required("snapshot", &SNAPSHOT)]);

pub static UNMANAGE: Schema = closed(&[required("os-unmanage", &ANY)]);

static ERROR: Schema = Schema::Of(&["string", "null", "boolean"]);
static COMPLETION: Schema = closed(&[optional("error", &ERROR)]);
pub static EXTEND_COMPLETION: Schema = closed(&[required("os-extend_volume_completion", &COMPLETION)]);
