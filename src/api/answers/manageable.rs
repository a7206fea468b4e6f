//! What could be taken in.

use super::{Answer, Field, MAYBE_TEXT, Shape, always, object};

static INFO: Shape = Shape::Map(&MAYBE_TEXT);
static MAYBE_INFO: Shape = Shape::Maybe(&INFO);
static REFERENCE: Shape = Shape::Map(&Shape::Text);
const BASE: &[Field] = &[
    always("reference", &REFERENCE),
    always("size", &Shape::Integer),
    always("safe_to_manage", &Shape::Boolean),
];
const SOURCE: &[Field] = &[always("source_reference", &INFO)];
const MORE: &[Field] = &[
    always("reason_not_safe", &MAYBE_TEXT),
    always("cinder_id", &MAYBE_TEXT),
    always("extra_info", &MAYBE_INFO),
];

static VOLUME: Shape = object(&[BASE]);
static VOLUME_MORE: Shape = object(&[BASE, MORE]);
static SNAPSHOT: Shape = object(&[BASE, SOURCE]);
static SNAPSHOT_MORE: Shape = object(&[BASE, SOURCE, MORE]);

pub static VOLUMES: Answer = Answer::Json(&object(&[&[always("manageable-volumes", &Shape::List(&VOLUME))]]));
pub static VOLUMES_DETAIL: Answer =
    Answer::Json(&object(&[&[always("manageable-volumes", &Shape::List(&VOLUME_MORE))]]));
pub static SNAPSHOTS: Answer =
    Answer::Json(&object(&[&[always("manageable-snapshots", &Shape::List(&SNAPSHOT))]]));
pub static SNAPSHOTS_DETAIL: Answer =
    Answer::Json(&object(&[&[always("manageable-snapshots", &Shape::List(&SNAPSHOT_MORE))]]));
