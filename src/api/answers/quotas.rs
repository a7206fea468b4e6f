//! Limits, quota sets and quota classes. Their keys depend on the volume types there are.

use super::{Answer, Shape, always, object, ruled};

static USE: Shape = object(&[&[
    always("limit", &Shape::Integer),
    always("in_use", &Shape::Integer),
    always("reserved", &Shape::Integer),
]]);
static LIMIT_OR_USE: Shape = Shape::Either(&[&Shape::Integer, &USE]);
static LIMITS_ONLY: Shape = Shape::Map(&Shape::Integer);

/// With their use where `usage` asks for it.
pub static SET: Answer = Answer::Json(&object(&[&[always(
    "quota_set",
    &Shape::Open(&[always("id", &Shape::Text)], &LIMIT_OR_USE),
)]]));
pub static DEFAULTS: Answer = Answer::Json(&object(&[&[always(
    "quota_set",
    &Shape::Open(&[always("id", &Shape::Text)], &Shape::Integer),
)]]));
pub static SET_UPDATED: Answer = Answer::Json(&object(&[&[always("quota_set", &LIMITS_ONLY)]]));

pub static CLASS: Answer = Answer::Json(&object(&[&[always(
    "quota_class_set",
    &Shape::Open(&[always("id", &Shape::Text)], &Shape::Integer),
)]]));
pub static CLASS_UPDATED: Answer = Answer::Json(&object(&[&[always("quota_class_set", &LIMITS_ONLY)]]));

const USED: &str = "limits_extension:used_limits";
static ABSOLUTE: Shape = object(&[&[
    always("maxTotalVolumes", &Shape::Integer),
    always("maxTotalSnapshots", &Shape::Integer),
    always("maxTotalVolumeGigabytes", &Shape::Integer),
    always("maxTotalBackups", &Shape::Integer),
    always("maxTotalBackupGigabytes", &Shape::Integer),
    ruled("totalVolumesUsed", &Shape::Integer, USED),
    ruled("totalSnapshotsUsed", &Shape::Integer, USED),
    ruled("totalGigabytesUsed", &Shape::Integer, USED),
    ruled("totalBackupsUsed", &Shape::Integer, USED),
    ruled("totalBackupGigabytesUsed", &Shape::Integer, USED),
]]);
static BOTH: Shape =
    object(&[&[always("rate", &Shape::List(&Shape::Anything)), always("absolute", &ABSOLUTE)]]);
pub static LIMITS: Answer = Answer::Json(&object(&[&[always("limits", &BOTH)]]));
