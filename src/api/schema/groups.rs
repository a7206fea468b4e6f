//! Bodies of groups, group types and group snapshots, and of the legacy consistency groups.

use super::bodies::{
    ANY, ANY_TEXT, BOOLEAN, EXTRA_SPEC_UPDATE, MAYBE_METADATA, OBJECT, PLAIN_NAME, PRINTABLE, SHORT, SPECS,
    TYPE_NAME, UUID, open,
};
use super::{Choice, Format, Null, Schema, Sentence, Text, choosing, closed, optional, required, text};

// Types and specs.

static NEW_TYPE: Schema = closed(&[
    required("name", &TYPE_NAME),
    optional("description", &PRINTABLE),
    optional("is_public", &BOOLEAN),
    optional("group_specs", &MAYBE_METADATA),
]);
pub static TYPE_CREATE: Schema = closed(&[required("group_type", &NEW_TYPE)]);
static TYPE_CHANGES: Schema = closed(&[
    optional("name", &PLAIN_NAME),
    optional("description", &PRINTABLE),
    optional("is_public", &BOOLEAN),
]);
pub static TYPE_UPDATE: Schema = closed(&[required("group_type", &TYPE_CHANGES)]);
pub static SPECS_CREATE: Schema = closed(&[required("group_specs", &SPECS)]);
pub static SPEC_UPDATE: &Schema = &EXTRA_SPEC_UPDATE;

// Groups.

const fn of_format(format: Format, null: Null) -> Schema {
    Schema::Text(Text { min: 0, max: usize::MAX, null, format })
}
static GROUP_TYPE: Schema = of_format(Format::Label("group_type"), Null::Refused);
static ZONE: Schema = of_format(Format::Zone, Null::Allowed);
static TYPES: Schema = Schema::Texts;

static NEW_GROUP: Schema = closed(&[
    optional("description", &PRINTABLE),
    required("group_type", &GROUP_TYPE),
    optional("name", &PLAIN_NAME),
    required("volume_types", &TYPES),
    optional("availability_zone", &ZONE),
]);
pub static CREATE: Schema = closed(&[required("group", &NEW_GROUP)]);
static COPY: Schema = choosing(
    Choice::one(&["group_snapshot_id", "source_group_id"]),
    &[
        optional("description", &PRINTABLE),
        optional("name", &PLAIN_NAME),
        optional("source_group_id", &UUID),
        optional("group_snapshot_id", &UUID),
    ],
);
pub static CREATE_FROM_SRC: Schema = closed(&[required("create-from-src", &COPY)]);
static CHANGES: Schema = choosing(
    Choice::any(&["name", "description", "add_volumes", "remove_volumes"]),
    &[
        optional("description", &PRINTABLE),
        optional("name", &PLAIN_NAME),
        optional("add_volumes", &PRINTABLE),
        optional("remove_volumes", &PRINTABLE),
    ],
);
pub static UPDATE: Schema = closed(&[required("group", &CHANGES)]);
static DELETION: Schema = closed(&[optional("delete-volumes", &BOOLEAN)]);
pub static DELETE: Schema = closed(&[required("delete", &DELETION)]);

/// `in-use` is listed and not taken: upstream checks against the statuses of group snapshots.
const TAKEN: &[&str] =
    &["error", "available", "creating", "deleting", "deleted", "updating", "error_deleting"];
static GROUP_STATUSES: Sentence = Sentence {
    error: "Invalid Group Status",
    what: "Group status",
    valid: "valid status are",
    taken: TAKEN,
    listed: &[
        "error",
        "available",
        "creating",
        "deleting",
        "deleted",
        "updating",
        "in-use",
        "error_deleting",
    ],
};
static SNAPSHOT_STATUSES: Sentence = Sentence {
    error: "Invalid GroupSnapshot Status",
    what: "Group snapshot status",
    valid: "valid statuses are",
    taken: TAKEN,
    listed: TAKEN,
};
static GROUP_STATUS: Schema = of_format(Format::Sentence(&GROUP_STATUSES), Null::Refused);
static SNAPSHOT_STATUS: Schema = of_format(Format::Sentence(&SNAPSHOT_STATUSES), Null::Refused);
static GROUP_RESET: Schema = closed(&[required("status", &GROUP_STATUS)]);
static SNAPSHOT_RESET_FIELDS: Schema = closed(&[required("status", &SNAPSHOT_STATUS)]);
pub static RESET_STATUS: Schema = closed(&[required("reset_status", &GROUP_RESET)]);
pub static SNAPSHOT_RESET: Schema = closed(&[required("reset_status", &SNAPSHOT_RESET_FIELDS)]);

pub static ENABLE_REPLICATION: Schema = closed(&[required("enable_replication", &OBJECT)]);
pub static DISABLE_REPLICATION: Schema = closed(&[required("disable_replication", &OBJECT)]);
static FAILOVER: Schema =
    closed(&[optional("allow_attached_volume", &BOOLEAN), optional("secondary_backend_id", &SHORT)]);
pub static FAILOVER_REPLICATION: Schema = closed(&[required("failover_replication", &FAILOVER)]);
pub static LIST_REPLICATION_TARGETS: Schema = closed(&[required("list_replication_targets", &OBJECT)]);

// Group snapshots.

static NEW_SNAPSHOT: Schema = closed(&[
    required("group_id", &UUID),
    optional("name", &PLAIN_NAME),
    optional("description", &PRINTABLE),
]);
pub static SNAPSHOT_CREATE: Schema = closed(&[required("group_snapshot", &NEW_SNAPSHOT)]);

// Consistency groups: open everywhere.

static ID: Schema = text(0, usize::MAX, Null::Refused);
static NEW_CG: Schema = open(
    &[
        required("volume_types", &ANY),
        optional("name", &PLAIN_NAME),
        optional("description", &PRINTABLE),
        optional("availability_zone", &ANY),
    ],
    Null::Refused,
);
pub static CG_CREATE: Schema = open(&[required("consistencygroup", &NEW_CG)], Null::Refused);
static CG_COPY: Schema = open(
    &[
        optional("name", &PLAIN_NAME),
        optional("description", &PRINTABLE),
        optional("cgsnapshot_id", &ID),
        optional("source_cgid", &ID),
    ],
    Null::Refused,
);
pub static CG_CREATE_FROM_SRC: Schema =
    open(&[required("consistencygroup-from-src", &CG_COPY)], Null::Refused);
static CG_CHANGES: Schema = open(
    &[
        optional("name", &PLAIN_NAME),
        optional("description", &PRINTABLE),
        optional("add_volumes", &ANY_TEXT),
        optional("remove_volumes", &ANY_TEXT),
    ],
    Null::Refused,
);
pub static CG_UPDATE: Schema = open(&[required("consistencygroup", &CG_CHANGES)], Null::Refused);
/// Three alternatives, one of them nothing: the handler looks.
pub static CG_DELETE: Schema = Schema::Any;
static NEW_CGSNAPSHOT: Schema = open(
    &[required("consistencygroup_id", &ID), optional("name", &ID), optional("description", &ID)],
    Null::Refused,
);
pub static CGSNAPSHOT_CREATE: Schema = open(&[required("cgsnapshot", &NEW_CGSNAPSHOT)], Null::Refused);
