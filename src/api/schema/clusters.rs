//! Bodies of `/clusters` and `/workers`.

use super::{Digits, Format, Integer, Null, Schema, Text, closed, formatted, optional, required, text};

static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
static NAME: Schema = Schema::Text(Text { min: 1, max: 255, null: Null::Refused, format: Format::Name });
static SHORT: Schema = text(0, 255, Null::Allowed);
static REASON: Schema =
    Schema::Text(Text { min: 1, max: 255, null: Null::Allowed, format: Format::NotBlank("disabled_reason") });

pub static ENABLE: Schema = closed(&[required("name", &NAME), optional("binary", &SHORT)]);
pub static DISABLE: Schema =
    closed(&[required("name", &NAME), optional("binary", &SHORT), optional("disabled_reason", &REASON)]);

static HOST: Schema = Schema::Text(Text { min: 1, max: 255, null: Null::Allowed, format: Format::Host });
static BINARY: Schema = Schema::Among(&["cinder-volume", "cinder-scheduler"]);
static UUID: Schema = formatted(Format::Uuid, Null::Allowed);
static KIND: Schema = text(0, 40, Null::Allowed);
static SERVICE_ID: Schema =
    Schema::Integer(Integer { min: i64::MIN, max: i64::MAX, null: Null::Allowed, digits: Digits::Allowed });

pub static CLEANUP: Schema = closed(&[
    optional("cluster_name", &HOST),
    optional("disabled", &BOOLEAN),
    optional("host", &HOST),
    optional("is_up", &BOOLEAN),
    optional("binary", &BINARY),
    optional("resource_id", &UUID),
    optional("resource_type", &KIND),
    optional("service_id", &SERVICE_ID),
]);
