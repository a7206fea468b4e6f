//! Groups, group types, group snapshots, and the legacy consistency groups.

use super::{Answer, Field, MAYBE_TEXT, MAYBE_UUID, Shape, always, next, object, ruled, sometimes};
use crate::api::schema::groups as bodies;

static UUIDS: Shape = Shape::List(&Shape::Uuid);
static SPECS_MAP: Shape = Shape::Map(&MAYBE_TEXT);
const NAMED: &[Field] = &[always("id", &Shape::Uuid), always("name", &MAYBE_TEXT)];
static SUMMARY: Shape = object(&[NAMED]);

// Types.

static TYPE: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("name", &Shape::Text),
    always("description", &MAYBE_TEXT),
    always("is_public", &Shape::Boolean),
    ruled("group_specs", &SPECS_MAP, "group:access_group_types_specs"),
]]);
pub static TYPES: Answer =
    Answer::Json(&object(&[&[always("group_types", &Shape::List(&TYPE)), next("group_type_links")]]));
pub static ONE_TYPE: Answer = Answer::Json(&object(&[&[always("group_type", &TYPE)]]));
pub static SPECS: Answer = Answer::Json(&object(&[&[always("group_specs", &SPECS_MAP)]]));
pub static SPECS_SENT: Answer = Answer::Json(&Shape::Echo(&bodies::SPECS_CREATE));
/// Under its own name.
pub static SPEC: Answer = Answer::Json(&SPECS_MAP);

// Groups.

const TIMES_AND_TEXTS: &[Field] =
    &[always("status", &Shape::Text), always("created_at", &Shape::Time), always("description", &MAYBE_TEXT)];
static GROUP: Shape = object(&[
    NAMED,
    TIMES_AND_TEXTS,
    &[
        always("availability_zone", &MAYBE_TEXT),
        always("group_type", &Shape::Uuid),
        always("volume_types", &UUIDS),
        always("group_snapshot_id", &MAYBE_UUID).since(14),
        always("source_group_id", &MAYBE_UUID).since(14),
        sometimes("volumes", &UUIDS, "Asked for by list_volume.").since(25),
        always("replication_status", &MAYBE_TEXT).since(38),
        ruled("project_id", &Shape::Text, "group:group_project_attribute").since(58),
    ],
]);
pub static LIST: Answer =
    Answer::Json(&object(&[&[always("groups", &Shape::List(&SUMMARY)), next("group_links")]]));
pub static DETAIL: Answer =
    Answer::Json(&object(&[&[always("groups", &Shape::List(&GROUP)), next("group_links")]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("group", &GROUP)]]));
pub static CREATED: Answer = Answer::Json(&object(&[&[always("group", &SUMMARY)]]));

/// Never seen: no backend of ours is replicated.
static TARGET: Shape = Shape::Map(&Shape::Anything);
pub static TARGETS: Answer =
    Answer::Json(&object(&[&[always("replication_targets", &Shape::List(&TARGET))]]));

// Group snapshots.

static SNAPSHOT: Shape = object(&[
    NAMED,
    TIMES_AND_TEXTS,
    &[
        always("group_id", &Shape::Uuid),
        always("group_type_id", &Shape::Uuid),
        ruled("project_id", &Shape::Text, "group:group_snapshot_project_attribute").since(58),
    ],
]);
pub static SNAPSHOTS: Answer = Answer::Json(&object(&[&[
    always("group_snapshots", &Shape::List(&SUMMARY)),
    next("group_snapshot_links"),
]]));
pub static SNAPSHOTS_DETAIL: Answer = Answer::Json(&object(&[&[
    always("group_snapshots", &Shape::List(&SNAPSHOT)),
    next("group_snapshot_links"),
]]));
pub static SNAPSHOT_SHOW: Answer = Answer::Json(&object(&[&[always("group_snapshot", &SNAPSHOT)]]));
pub static SNAPSHOT_CREATED: Answer = Answer::Json(&object(&[&[always(
    "group_snapshot",
    &object(&[NAMED, &[always("group_type_id", &Shape::Uuid)]]),
)]]));

// Consistency groups: the same at every microversion.

static CG: Shape = object(&[
    NAMED,
    TIMES_AND_TEXTS,
    &[always("availability_zone", &MAYBE_TEXT), always("volume_types", &UUIDS)],
]);
pub static CGS: Answer = Answer::Json(&object(&[&[
    always("consistencygroups", &Shape::List(&SUMMARY)),
    next("consistencygroup_links"),
]]));
pub static CGS_DETAIL: Answer = Answer::Json(&object(&[&[
    always("consistencygroups", &Shape::List(&CG)),
    next("consistencygroup_links"),
]]));
pub static CG_SHOW: Answer = Answer::Json(&object(&[&[always("consistencygroup", &CG)]]));
pub static CG_CREATED: Answer = Answer::Json(&object(&[&[always("consistencygroup", &SUMMARY)]]));

static CGSNAPSHOT: Shape = object(&[NAMED, TIMES_AND_TEXTS, &[always("consistencygroup_id", &Shape::Uuid)]]);
pub static CGSNAPSHOTS: Answer = Answer::Json(&object(&[&[always("cgsnapshots", &Shape::List(&SUMMARY))]]));
pub static CGSNAPSHOTS_DETAIL: Answer =
    Answer::Json(&object(&[&[always("cgsnapshots", &Shape::List(&CGSNAPSHOT))]]));
pub static CGSNAPSHOT_SHOW: Answer = Answer::Json(&object(&[&[always("cgsnapshot", &CGSNAPSHOT)]]));
pub static CGSNAPSHOT_CREATED: Answer = Answer::Json(&object(&[&[always("cgsnapshot", &SUMMARY)]]));
