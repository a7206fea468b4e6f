//! Volume types and what belongs to them.

use super::{
    Answer, Field, MAYBE_TEXT, MAYBE_TIME, MAYBE_UUID, Shape, always, next, object, ruled, sometimes,
};
use crate::api::schema::{bodies, type_parts};

static SPECS: Shape = Shape::Map(&MAYBE_TEXT);

const BASE: &[Field] = &[
    always("id", &Shape::Uuid),
    always("name", &Shape::Text),
    always("is_public", &Shape::Boolean),
    always("description", &MAYBE_TEXT),
    ruled("extra_specs", &SPECS, "volume_extension:access_types_extra_specs"),
];
const QOS: &[Field] = &[ruled("qos_specs_id", &MAYBE_UUID, "volume_extension:access_types_qos_specs_id")];
const ACCESS: &[Field] =
    &[ruled("os-volume-type-access:is_public", &Shape::Boolean, "volume_extension:volume_type_access")];

static TYPE: Shape = object(&[BASE, QOS, ACCESS]);

pub static LIST: Answer =
    Answer::Json(&object(&[&[always("volume_types", &Shape::List(&TYPE)), next("volume_type_links")]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("volume_type", &TYPE)]]));
pub static CREATED: Answer = Answer::Json(&object(&[&[always("volume_type", &object(&[BASE, ACCESS]))]]));
pub static UPDATED: Answer = Answer::Json(&object(&[&[always("volume_type", &object(&[BASE]))]]));

pub static EXTRA_SPECS: Answer = Answer::Json(&object(&[&[always("extra_specs", &SPECS)]]));
pub static EXTRA_SPECS_SENT: Answer = Answer::Json(&Shape::Echo(&bodies::EXTRA_SPECS_CREATE));
/// Under its own name.
pub static EXTRA_SPEC: Answer = Answer::Json(&SPECS);

static PROJECT: Shape =
    object(&[&[always("volume_type_id", &Shape::Text), always("project_id", &Shape::Text)]]);
pub static PROJECTS: Answer =
    Answer::Json(&object(&[&[always("volume_type_access", &Shape::List(&PROJECT))]]));

const ENCRYPTION_FIELDS: &[Field] = &[
    always("volume_type_id", &Shape::Uuid),
    always("encryption_id", &Shape::Uuid),
    always("provider", &Shape::Text),
    always("cipher", &MAYBE_TEXT),
    always("key_size", &Shape::Maybe(&Shape::Integer)),
    always("control_location", &Shape::Text),
    always("created_at", &Shape::Time),
    always("updated_at", &MAYBE_TIME),
    always("deleted", &Shape::Boolean),
    always("deleted_at", &MAYBE_TIME),
];
/// Empty for a type without.
pub static ENCRYPTION: Answer = Answer::Json(&Shape::Either(&[&object(&[ENCRYPTION_FIELDS]), &object(&[])]));
pub static ENCRYPTION_PART: Answer = Answer::Json(&Shape::OneField(ENCRYPTION_FIELDS));
/// With the ids it has been given.
pub static ENCRYPTION_CREATED: Answer = Answer::Json(&object(&[&[always(
    "encryption",
    &Shape::Open(
        &[
            always("provider", &Shape::Text),
            always("control_location", &Shape::Text),
            sometimes("cipher", &MAYBE_TEXT, "It was sent."),
            sometimes("key_size", &Shape::Maybe(&Shape::Integer), "It was sent."),
            always("volume_type_id", &Shape::Uuid),
            always("encryption_id", &Shape::Uuid),
        ],
        &Shape::Anything,
    ),
)]]));
pub static ENCRYPTION_UPDATED: Answer = Answer::Json(&Shape::Echo(&type_parts::ENCRYPTION_UPDATE));

static DEFAULT: Shape =
    object(&[&[always("project_id", &Shape::Text), always("volume_type_id", &Shape::Uuid)]]);
pub static DEFAULT_TYPES: Answer =
    Answer::Json(&object(&[&[always("default_types", &Shape::List(&DEFAULT))]]));
pub static DEFAULT_TYPE: Answer = Answer::Json(&object(&[&[always("default_type", &DEFAULT)]]));
