//! All request bodies, by operation (`cinder-api-surface`, "Request bodies").

use super::{
    Choice, Count, Digits, Extra, Field, Format, Integer, Keys, Map, Null, Object, Schema, StatusWords, Text,
    choosing, closed, formatted, optional, required, text,
};

pub(super) const LARGEST: i64 = 2_147_483_647;

pub(super) static ANY: Schema = Schema::Any;
pub(super) static BOOLEAN: Schema = Schema::Boolean(Null::Refused);
static MAYBE_BOOLEAN: Schema = Schema::Boolean(Null::Allowed);
pub(super) static NAME: Schema = formatted(Format::Stripped("name"), Null::Allowed);
pub(super) static DESCRIPTION: Schema = formatted(Format::Stripped("description"), Null::Allowed);
pub(super) static PLAIN_NAME: Schema = text(0, 255, Null::Allowed);
pub(super) static PRINTABLE: Schema = formatted(Format::Printable, Null::Allowed);
static MAYBE_UUID: Schema = formatted(Format::Uuid, Null::Allowed);
pub(super) static SHORT: Schema = text(0, 255, Null::Allowed);
static WORD: Schema = text(1, 255, Null::Refused);
pub(super) static MAYBE_WORD: Schema = text(1, 255, Null::Allowed);
pub(super) static ANY_TEXT: Schema = text(0, usize::MAX, Null::Allowed);
static VALUE: Schema = text(0, 255, Null::Refused);
static MAYBE_VALUE: Schema = text(0, 255, Null::Allowed);
static LONG_VALUE: Schema = formatted(Format::Bytes, Null::Refused);

const fn size(null: Null) -> Schema {
    Schema::Integer(Integer { min: 1, max: LARGEST, null, digits: Digits::Allowed })
}
static SIZE: Schema = size(Null::Refused);
static MAYBE_SIZE: Schema = size(Null::Allowed);

const fn map(keys: Keys, value: &'static Schema, null: Null, count: Count) -> Schema {
    Schema::Map(Map { keys, value, null, count })
}
static METADATA: Schema = map(Keys::Metadata, &VALUE, Null::Refused, Count::Any);
pub(super) static MAYBE_METADATA: Schema = map(Keys::Metadata, &VALUE, Null::Allowed, Count::Any);
static ONE_METADATUM: Schema = map(Keys::Metadata, &VALUE, Null::Refused, Count::One);
static SNAPSHOT_METADATA_MAP: Schema = map(Keys::NoSlash, &VALUE, Null::Refused, Count::Any);
static ONE_SNAPSHOT_METADATUM: Schema = map(Keys::NoSlash, &VALUE, Null::Refused, Count::One);
static IMAGE_METADATA: Schema = map(Keys::Metadata, &LONG_VALUE, Null::Refused, Count::Any);
pub(super) static NULLABLE_SPECS: Schema = map(Keys::Metadata, &MAYBE_VALUE, Null::Refused, Count::Any);
pub(super) static SPECS: Schema = map(Keys::NoSpace, &MAYBE_VALUE, Null::Refused, Count::Any);
static QUOTA_SET_MAP: Schema = map(Keys::Any, &ANY, Null::Refused, Count::AtLeastOne);
static CLASS_LIMIT: Schema =
    Schema::Integer(Integer { min: -1, max: LARGEST, null: Null::Refused, digits: Digits::Allowed });
static CLASS_SET_MAP: Schema = map(Keys::Quota, &CLASS_LIMIT, Null::Refused, Count::Any);

pub(super) const fn open(fields: &'static [Field], null: Null) -> Schema {
    Schema::Object(Object { fields, extra: Extra::Ignored, null, choice: None })
}

// Volumes.

static HINTS: Schema = open(
    &[
        optional("same_host", &Schema::Uuids),
        optional("different_host", &Schema::Uuids),
        optional("local_to_instance", &MAYBE_UUID),
        optional("query", &ANY),
    ],
    Null::Allowed,
);

static NEW_VOLUME: Schema = Schema::Object(Object {
    fields: &[
        optional("name", &NAME),
        optional("description", &DESCRIPTION),
        optional("display_name", &NAME),
        optional("display_description", &DESCRIPTION),
        optional("volume_type", &SHORT),
        optional("metadata", &MAYBE_METADATA),
        optional("snapshot_id", &MAYBE_UUID),
        optional("source_volid", &MAYBE_UUID),
        optional("consistencygroup_id", &MAYBE_UUID),
        optional("size", &MAYBE_SIZE),
        optional("availability_zone", &MAYBE_WORD),
        optional("multiattach", &MAYBE_BOOLEAN),
        optional("image_id", &SHORT),
        optional("imageRef", &SHORT),
        optional("group_id", &SHORT).since(13),
        optional("backup_id", &MAYBE_UUID).since(47),
    ],
    extra: Extra::RefusedSince(53),
    null: Null::Refused,
    choice: None,
});
pub static VOLUME_CREATE: Schema =
    closed(&[required("volume", &NEW_VOLUME), optional("OS-SCH-HNT:scheduler_hints", &HINTS)]);

static VOLUME_CHANGES: Schema = choosing(
    Choice::any_late(&["name", "description", "display_name", "display_description", "metadata"], 53),
    &[
        optional("name", &NAME),
        optional("description", &DESCRIPTION),
        optional("display_name", &NAME),
        optional("display_description", &DESCRIPTION),
        optional("metadata", &METADATA),
    ],
);
pub static VOLUME_UPDATE: Schema = closed(&[required("volume", &VOLUME_CHANGES)]);

pub static METADATA_SET: Schema = closed(&[required("metadata", &METADATA)]);
pub static METADATA_ONE: Schema = closed(&[required("meta", &ONE_METADATUM)]);

// Volume actions.

static NEW_SIZE: Schema = closed(&[required("new_size", &SIZE)]);
pub static EXTEND: Schema = closed(&[required("os-extend", &NEW_SIZE)]);

static BOOTABLE: Schema = closed(&[required("bootable", &BOOLEAN)]);
pub static SET_BOOTABLE: Schema = closed(&[required("os-set_bootable", &BOOTABLE)]);

static READONLY: Schema = closed(&[required("readonly", &BOOLEAN)]);
pub static UPDATE_READONLY: Schema = closed(&[required("os-update_readonly_flag", &READONLY)]);

static REVERT_TO: Schema = open(&[optional("snapshot_id", &ANY_TEXT)], Null::Refused);
pub static REVERT: Schema = closed(&[required("revert", &REVERT_TO)]);

static IMAGE_METADATA_FIELDS: Schema = closed(&[required("metadata", &IMAGE_METADATA)]);
pub static SET_IMAGE_METADATA: Schema = closed(&[required("os-set_image_metadata", &IMAGE_METADATA_FIELDS)]);
pub static SHOW_IMAGE_METADATA: Schema = closed(&[required("os-show_image_metadata", &ANY)]);
static KEY: Schema = closed(&[required("key", &WORD)]);
pub static UNSET_IMAGE_METADATA: Schema = closed(&[required("os-unset_image_metadata", &KEY)]);

pub static FORCE_DELETE: Schema = closed(&[required("os-force_delete", &ANY)]);

static VOLUME_STATUSES: StatusWords = StatusWords {
    what: "Volume status",
    brackets: ('(', ')'),
    blank: Null::Allowed,
    words: &[
        "creating",
        "available",
        "deleting",
        "error",
        "error_deleting",
        "error_managing",
        "managing",
        "attaching",
        "in-use",
        "detaching",
        "maintenance",
        "restoring-backup",
        "error_restoring",
        "reserved",
        "awaiting-transfer",
        "backing-up",
        "error_backing-up",
        "error_extending",
        "downloading",
        "uploading",
        "retyping",
        "extending",
    ],
};
static ATTACH_STATUSES: StatusWords = StatusWords {
    what: "Volume attach status",
    words: &["attached", "detached"],
    brackets: ('[', ']'),
    blank: Null::Allowed,
};
static MIGRATION_STATUSES: StatusWords = StatusWords {
    what: "Volume migration status",
    brackets: ('(', ')'),
    blank: Null::Allowed,
    words: &["migrating", "error", "success", "completing", "none", "starting"],
};
static SNAPSHOT_STATUSES: StatusWords = StatusWords {
    what: "Snapshot status",
    brackets: ('(', ')'),
    blank: Null::Refused,
    words: &[
        "error",
        "available",
        "creating",
        "deleting",
        "deleted",
        "updating",
        "error_deleting",
        "unmanaging",
        "backing-up",
        "restoring",
    ],
};

pub(super) const fn status(words: &'static StatusWords, null: Null) -> Schema {
    Schema::Text(Text { min: 0, max: 255, null, format: Format::Status(words) })
}
static VOLUME_STATUS: Schema = status(&VOLUME_STATUSES, Null::Allowed);
static ATTACH_STATUS: Schema = status(&ATTACH_STATUSES, Null::Allowed);
static MIGRATION_STATUS: Schema = status(&MIGRATION_STATUSES, Null::Allowed);
static SNAPSHOT_STATUS: Schema = status(&SNAPSHOT_STATUSES, Null::Refused);

static VOLUME_STATUS_FIELDS: Schema = choosing(
    Choice::filled(
        &["status", "attach_status", "migration_status"],
        "Must specify 'status', 'attach_status' or 'migration_status' for update.",
    ),
    &[
        optional("status", &VOLUME_STATUS),
        optional("attach_status", &ATTACH_STATUS),
        optional("migration_status", &MIGRATION_STATUS),
    ],
);
pub static VOLUME_RESET: Schema = closed(&[required("os-reset_status", &VOLUME_STATUS_FIELDS)]);

// Snapshots.

static NEW_SNAPSHOT: Schema = closed(&[
    optional("name", &PLAIN_NAME),
    optional("display_name", &PLAIN_NAME),
    optional("description", &PRINTABLE),
    required("volume_id", &MAYBE_UUID),
    optional("force", &BOOLEAN),
    optional("metadata", &MAYBE_METADATA),
]);
pub static SNAPSHOT_CREATE: Schema = closed(&[required("snapshot", &NEW_SNAPSHOT)]);

static SNAPSHOT_CHANGES: Schema = choosing(
    Choice::any_late(&["name", "description", "display_name", "display_description"], 0),
    &[
        optional("name", &PLAIN_NAME),
        optional("description", &PRINTABLE),
        optional("display_name", &PLAIN_NAME),
        optional("display_description", &PRINTABLE),
    ],
);
pub static SNAPSHOT_UPDATE: Schema = closed(&[required("snapshot", &SNAPSHOT_CHANGES)]);

pub static SNAPSHOT_METADATA_SET: Schema =
    open(&[required("metadata", &SNAPSHOT_METADATA_MAP)], Null::Refused);
pub static SNAPSHOT_METADATA_ONE: Schema = open(&[required("meta", &ONE_SNAPSHOT_METADATUM)], Null::Refused);

static SNAPSHOT_STATUS_FIELDS: Schema = closed(&[required("status", &SNAPSHOT_STATUS)]);
pub static SNAPSHOT_RESET: Schema = closed(&[required("os-reset_status", &SNAPSHOT_STATUS_FIELDS)]);
static PROGRESS: Schema = Schema::Progress;
static ASSISTED_FIELDS: Schema = closed(&[required("status", &VALUE), optional("progress", &PROGRESS)]);
pub static UPDATE_SNAPSHOT_STATUS: Schema =
    closed(&[required("os-update_snapshot_status", &ASSISTED_FIELDS)]);

// Types.

pub(super) static TYPE_NAME: Schema =
    Schema::Text(Text { min: 1, max: 255, null: Null::Refused, format: Format::Name });
static NEW_TYPE: Schema = closed(&[
    required("name", &TYPE_NAME),
    optional("description", &PRINTABLE),
    optional("extra_specs", &NULLABLE_SPECS),
    optional("os-volume-type-access:is_public", &BOOLEAN),
]);
pub static TYPE_CREATE: Schema = closed(&[required("volume_type", &NEW_TYPE)]);
static TYPE_CHANGES: Schema = closed(&[
    optional("name", &MAYBE_WORD),
    optional("description", &PRINTABLE),
    optional("is_public", &BOOLEAN),
]);
pub static TYPE_UPDATE: Schema = closed(&[required("volume_type", &TYPE_CHANGES)]);
pub static EXTRA_SPECS_CREATE: Schema = closed(&[required("extra_specs", &SPECS)]);
pub static EXTRA_SPEC_UPDATE: Schema = map(Keys::NoSpace, &MAYBE_VALUE, Null::Refused, Count::One);

static PROJECT: Schema = closed(&[required("project", &WORD)]);
pub static ADD_ACCESS: Schema = closed(&[required("addProjectAccess", &PROJECT)]);
pub static REMOVE_ACCESS: Schema = closed(&[required("removeProjectAccess", &PROJECT)]);

// Quotas. Which keys there are depends on the types, so the service looks at them.

pub static QUOTA_UPDATE: Schema = closed(&[required("quota_set", &QUOTA_SET_MAP)]);
pub static QUOTA_CLASS_UPDATE: Schema = closed(&[required("quota_class_set", &CLASS_SET_MAP)]);

// Services.

static HOST: Schema = Schema::Text(Text { min: 1, max: 255, null: Null::Allowed, format: Format::Host });
static REASON: Schema =
    Schema::Text(Text { min: 1, max: 255, null: Null::Refused, format: Format::NotBlank("disabled_reason") });
const NAMED: Choice = Choice::any(&["binary", "service"]);
pub static SERVICE_SWITCH: Schema = choosing(
    NAMED,
    &[
        optional("binary", &WORD),
        optional("host", &HOST),
        optional("cluster", &SHORT),
        optional("service", &WORD),
    ],
);
pub static SERVICE_DISABLE_REASON: Schema = choosing(
    NAMED,
    &[
        optional("binary", &WORD),
        optional("host", &HOST),
        optional("cluster", &SHORT),
        optional("service", &WORD),
        optional("disabled_reason", &REASON),
    ],
);
pub static SERVICE_FREEZE: Schema = closed(&[optional("host", &HOST), optional("cluster", &SHORT)]);
pub static SERVICE_FAILOVER: Schema =
    closed(&[optional("host", &HOST), optional("cluster", &SHORT), optional("backend_id", &SHORT)]);

// Attachments.

pub(super) static UUID: Schema = formatted(Format::Uuid, Null::Refused);
static MODE: Schema = Schema::OneOf(&["rw", "ro"], Null::Refused);
static NEW_ATTACHMENT: Schema = closed(&[
    optional("instance_uuid", &UUID),
    optional("connector", &MAYBE_OBJECT),
    required("volume_uuid", &UUID),
    optional("mode", &MODE).since(54),
]);
pub static ATTACHMENT_CREATE: Schema = closed(&[required("attachment", &NEW_ATTACHMENT)]);
static CONNECTION: Schema = closed(&[required("connector", &OBJECT)]);
pub static ATTACHMENT_UPDATE: Schema = closed(&[required("attachment", &CONNECTION)]);
pub static ATTACHMENT_COMPLETE: Schema = closed(&[required("os-complete", &ANY)]);

pub(super) static OBJECT: Schema = open(&[], Null::Refused);
static MAYBE_OBJECT: Schema = open(&[], Null::Allowed);

static HOST_NAME: Schema = text(0, 255, Null::Refused);
static OLD_ATTACH: Schema = choosing(
    Choice::any(&["instance_uuid", "host_name"]),
    &[
        optional("instance_uuid", &UUID),
        required("mountpoint", &WORD),
        optional("host_name", &HOST_NAME),
        optional("mode", &MODE),
    ],
);
pub static OS_ATTACH: Schema = closed(&[required("os-attach", &OLD_ATTACH)]);
static OLD_DETACH: Schema = Schema::Object(Object {
    fields: &[optional("attachment_id", &MAYBE_UUID)],
    extra: Extra::Refused,
    null: Null::Allowed,
    choice: None,
});
pub static OS_DETACH: Schema = closed(&[required("os-detach", &OLD_DETACH)]);
pub static OS_RESERVE: Schema = closed(&[required("os-reserve", &ANY)]);
pub static OS_UNRESERVE: Schema = closed(&[required("os-unreserve", &ANY)]);
pub static OS_BEGIN_DETACHING: Schema = closed(&[required("os-begin_detaching", &ANY)]);
pub static OS_ROLL_DETACHING: Schema = closed(&[required("os-roll_detaching", &ANY)]);
static HOST_TO_CONNECT: Schema = Schema::Of(&["object", "string"]);
static CONNECT: Schema = closed(&[required("connector", &HOST_TO_CONNECT)]);
pub static OS_INITIALIZE_CONNECTION: Schema = closed(&[required("os-initialize_connection", &CONNECT)]);
static HOST_TO_DISCONNECT: Schema = Schema::Of(&["string", "object", "null"]);
static DISCONNECT: Schema = closed(&[required("connector", &HOST_TO_DISCONNECT)]);
pub static OS_TERMINATE_CONNECTION: Schema = closed(&[required("os-terminate_connection", &DISCONNECT)]);
static FORCE_DETACHMENT: Schema =
    closed(&[optional("connector", &HOST_TO_DISCONNECT), optional("attachment_id", &ANY_TEXT)]);
pub static OS_FORCE_DETACH: Schema = closed(&[required("os-force_detach", &FORCE_DETACHMENT)]);
