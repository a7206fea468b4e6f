//! Snapshots.

use super::{
    Answer, Field, MAYBE_TEXT, MAYBE_TIME, MAYBE_UUID, Shape, TEXTS, always, counted, next, object, ruled,
};

const BASE: &[Field] = &[
    always("id", &Shape::Uuid),
    always("created_at", &Shape::Time),
    always("updated_at", &MAYBE_TIME),
    always("name", &MAYBE_TEXT),
    always("description", &MAYBE_TEXT),
    always("volume_id", &Shape::Uuid),
    always("status", &Shape::Text),
    always("size", &Shape::Integer),
    always("metadata", &TEXTS),
];

const SINCE: &[Field] = &[
    always("group_snapshot_id", &MAYBE_UUID).since(14),
    always("user_id", &MAYBE_TEXT).since(41),
    always("consumes_quota", &Shape::Boolean).since(65),
];

const RULE: &str = "volume_extension:extended_snapshot_attributes";
const EXTENSIONS: &[Field] = &[
    ruled("os-extended-snapshot-attributes:project_id", &Shape::Text, RULE),
    ruled("os-extended-snapshot-attributes:progress", &MAYBE_TEXT, RULE),
];

static SUMMARY: Shape = object(&[BASE]);
static SNAPSHOT: Shape = object(&[BASE, SINCE, EXTENSIONS]);

pub static LIST: Answer = Answer::Json(&object(&[&[
    always("snapshots", &Shape::List(&SUMMARY)),
    next("snapshots_links"),
    counted(),
]]));
pub static DETAIL: Answer = Answer::Json(&object(&[&[
    always("snapshots", &Shape::List(&SNAPSHOT)),
    next("snapshots_links"),
    counted(),
]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("snapshot", &SNAPSHOT)]]));
/// Taking in, as in 3.0 at every version.
pub static MANAGE: Answer = Answer::Json(&object(&[&[always("snapshot", &SUMMARY)]]));
/// Create and update: without what the extension adds.
pub static CHANGE: Answer = Answer::Json(&object(&[&[always("snapshot", &object(&[BASE, SINCE]))]]));
