//! Bodies about what belongs to volume types, log levels and hosts.

use super::bodies::NULLABLE_SPECS;
use super::{Extra, Field, Format, Null, Object, Schema, Text, closed, optional, required, text};

const fn open(fields: &'static [Field]) -> Schema {
    Schema::Object(Object { fields, extra: Extra::Ignored, null: Null::Refused, choice: None })
}

static NAME: Schema =
    Schema::Text(Text { min: 0, max: 255, null: Null::Refused, format: Format::StrippedName });
static NEW_QOS_SPECS: Schema = open(&[required("name", &NAME)]);
pub static QOS_CREATE: Schema = closed(&[required("qos_specs", &NEW_QOS_SPECS)]);
pub static QOS_UPDATE: Schema = closed(&[required("qos_specs", &NULLABLE_SPECS)]);
pub static QOS_DELETE_KEYS: Schema = closed(&[required("keys", &Schema::Words)]);

static PROVIDER: Schema = text(0, 255, Null::Refused);
static CIPHER: Schema = text(0, 255, Null::Allowed);
static CONTROL_LOCATION: Schema = Schema::Among(&["front-end", "back-end"]);
static KEY_SIZE: Schema = Schema::KeySize;
static NEW_ENCRYPTION: Schema = open(&[
    optional("key_size", &KEY_SIZE),
    required("provider", &PROVIDER),
    required("control_location", &CONTROL_LOCATION),
    optional("cipher", &CIPHER),
]);
pub static ENCRYPTION_CREATE: Schema = closed(&[required("encryption", &NEW_ENCRYPTION)]);
static ENCRYPTION_CHANGES: Schema = open(&[
    optional("key_size", &KEY_SIZE),
    optional("provider", &PROVIDER),
    optional("control_location", &CONTROL_LOCATION),
    optional("cipher", &CIPHER),
]);
pub static ENCRYPTION_UPDATE: Schema = closed(&[required("encryption", &ENCRYPTION_CHANGES)]);

static TYPE_NAME: Schema = Schema::Text(Text { min: 1, max: 255, null: Null::Refused, format: Format::Name });
static DEFAULT_TYPE: Schema = closed(&[required("volume_type", &TYPE_NAME)]);
pub static DEFAULT_TYPE_SET: Schema = open(&[required("default_type", &DEFAULT_TYPE)]);

static BINARY: Schema = Schema::OneOf(
    &["cinder-scheduler", "cinder-volume", "cinder-backup", "cinder-api", "", "*"],
    Null::Refused,
);
static SHORT: Schema = text(0, 255, Null::Allowed);
static LEVEL: Schema = Schema::Text(Text { min: 0, max: 255, null: Null::Allowed, format: Format::Level });
pub static LOG_GET: Schema =
    closed(&[optional("binary", &BINARY), optional("server", &SHORT), optional("prefix", &SHORT)]);
pub static LOG_SET: Schema = closed(&[
    optional("binary", &BINARY),
    optional("server", &SHORT),
    optional("prefix", &SHORT),
    optional("level", &LEVEL),
]);

/// Anything is let in: the handler looks at it, whatever the keys' case, and only when it has found the host.
pub static HOST_UPDATE: Schema = Schema::Any;

static NEW_TYPE_NAME: Schema = text(0, usize::MAX, Null::Refused);
static MIGRATION_POLICY: Schema = Schema::OneOfOrNull(&["on-demand", "never"]);
static RETYPE_FIELDS: Schema =
    closed(&[required("new_type", &NEW_TYPE_NAME), optional("migration_policy", &MIGRATION_POLICY)]);
pub static RETYPE: Schema = closed(&[required("os-retype", &RETYPE_FIELDS)]);
