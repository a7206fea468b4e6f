use crate::api::schema::{
    Count, Digits, Field, Integer, Keys, Map, Null, Schema, closed, optional, required, text,
};

static NAME: Schema = text(1, 63, Null::Refused);
static PATH: Schema = text(1, 4096, Null::Allowed);
static SHORT: Schema = text(1, 255, Null::Allowed);
static REASON: Schema = text(0, 255, Null::Allowed);
static LABELS: Schema =
    Schema::Map(Map { keys: Keys::Metadata, value: &SHORT, null: Null::Allowed, count: Count::Any });
static PERCENT: Schema =
    Schema::Integer(Integer { min: 1, max: 100, null: Null::Allowed, digits: Digits::Refused });
static REPLICAS: Schema =
    Schema::Integer(Integer { min: 1, max: 3, null: Null::Allowed, digits: Digits::Refused });

/// Endpoints (a list) and the ratio (a number) are looked at by the handler.
static CLUSTER: &[Field] = &[
    required("name", &NAME),
    required("endpoints", &Schema::Any),
    optional("uuid", &SHORT),
    optional("jwt_file", &PATH),
    optional("rsa_key_file", &PATH),
    optional("key_id", &SHORT),
    optional("ca_file", &PATH),
    optional("tls", &Schema::OneOf(&["verify", "insecure"], Null::Allowed)),
    optional("availability_zone", &SHORT),
    optional("tenancy", &Schema::OneOf(&["fixed", "per-project"], Null::Allowed)),
    optional("project", &SHORT),
    optional("max_over_subscription_ratio", &Schema::Any),
    optional("max_physical_used_percent", &PERCENT),
    optional("default_replicas", &REPLICAS),
    optional("default_compression", &Schema::Boolean(Null::Allowed)),
    optional("labels", &LABELS),
];

pub static REGISTER: Schema = closed(&[required("cluster", &closed(CLUSTER))]);

/// The intents that keep new volumes away.
pub const INTENTS: &[&str] = &["cordoned", "draining", "frozen", "maintenance"];

pub static CORDON: Schema = closed(&[required(
    "cordon",
    &closed(&[optional("reason", &REASON), optional("intent", &Schema::OneOf(INTENTS, Null::Allowed))]),
)]);

pub static UNCORDON: Schema = closed(&[required("uncordon", &Schema::Any)]);
