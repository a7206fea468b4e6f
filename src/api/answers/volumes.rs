//! Volumes, what their actions give back, and their metadata.

use super::{
    Answer, Field, LINKS, MAYBE_TEXT, MAYBE_TIME, MAYBE_UUID, Shape, TEXTS, admin, always, counted, next,
    object, ruled, sometimes,
};

static ATTACHMENT: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("attachment_id", &Shape::Uuid),
    always("volume_id", &Shape::Uuid),
    always("server_id", &MAYBE_TEXT),
    always("host_name", &MAYBE_TEXT),
    always("device", &MAYBE_TEXT),
    always("attached_at", &MAYBE_TIME),
]]);

static ATTACHMENTS: Shape = Shape::List(&ATTACHMENT);

const BASE: &[Field] = &[
    always("id", &Shape::Uuid),
    always("status", &Shape::Text),
    always("size", &Shape::Integer),
    always("availability_zone", &MAYBE_TEXT),
    always("created_at", &Shape::Time),
    always("updated_at", &MAYBE_TIME),
    always("name", &MAYBE_TEXT),
    always("description", &MAYBE_TEXT),
    always("volume_type", &MAYBE_TEXT),
    always("snapshot_id", &MAYBE_UUID),
    always("source_volid", &MAYBE_UUID),
    always("metadata", &TEXTS),
    always("links", &LINKS),
    always("user_id", &Shape::Text),
    always("bootable", &Shape::OneOf(&["true", "false"])),
    always("encrypted", &Shape::Boolean),
    always("replication_status", &MAYBE_TEXT),
    always("consistencygroup_id", &MAYBE_UUID),
    always("multiattach", &Shape::Boolean),
    always("attachments", &ATTACHMENTS),
    admin("migration_status", &MAYBE_TEXT),
];

const SINCE: &[Field] = &[
    always("group_id", &MAYBE_UUID).since(13),
    admin("provider_id", &MAYBE_TEXT).since(21),
    always("shared_targets", &Shape::Boolean).since(48),
    always("service_uuid", &MAYBE_UUID).since(48),
    admin("cluster_name", &MAYBE_TEXT).since(61),
    always("volume_type_id", &MAYBE_UUID).since(63),
    always("consumes_quota", &Shape::Boolean).since(65),
];

const MIGRATION: &str = "volume_extension:volume_mig_status_attribute";

const EXTENSIONS: &[Field] = &[
    ruled("os-vol-tenant-attr:tenant_id", &Shape::Text, "volume_extension:volume_tenant_attribute"),
    ruled("os-vol-host-attr:host", &MAYBE_TEXT, "volume_extension:volume_host_attribute"),
    ruled("os-vol-mig-status-attr:migstat", &MAYBE_TEXT, MIGRATION),
    ruled("os-vol-mig-status-attr:name_id", &MAYBE_UUID, MIGRATION),
    sometimes("volume_image_metadata", &TEXTS, "The volume was made from an image."),
];

static CHANGED: Shape = object(&[BASE, SINCE]);
static VOLUME: Shape = object(&[BASE, SINCE, EXTENSIONS]);
static SUMMARY: Shape =
    object(&[&[always("id", &Shape::Uuid), always("name", &MAYBE_TEXT), always("links", &LINKS)]]);

pub static LIST: Answer =
    Answer::Json(&object(&[&[always("volumes", &Shape::List(&SUMMARY)), next("volumes_links"), counted()]]));
pub static DETAIL: Answer =
    Answer::Json(&object(&[&[always("volumes", &Shape::List(&VOLUME)), next("volumes_links"), counted()]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("volume", &VOLUME)]]));
/// Create and update: without what extensions add.
pub static CHANGE: Answer = Answer::Json(&object(&[&[always("volume", &CHANGED)]]));
/// Taken in: as at 3.0, whatever was asked for.
pub static MANAGE: Answer = Answer::Json(&object(&[&[always("volume", &object(&[BASE]))]]));

static TOTALS: Shape = object(&[&[
    always("total_count", &Shape::Integer),
    always("total_size", &Shape::Integer),
    always("metadata", &Shape::Map(&Shape::List(&Shape::Text))).since(36),
]]);
pub static TOTAL: Answer = Answer::Json(&object(&[&[always("volume-summary", &TOTALS)]]));

static ALL_METADATA: Shape = object(&[&[always("metadata", &TEXTS)]]);
/// Of volumes, snapshots and images.
pub static METADATA: Answer = Answer::Json(&ALL_METADATA);
pub static METADATA_LIST: Answer = Answer::CalledHtml(&ALL_METADATA, 15);
pub static METADATUM: Answer = Answer::Json(&object(&[&[always("meta", &TEXTS)]]));

pub static MIGRATED: Answer = Answer::Json(&object(&[&[always("save_volume_id", &Shape::Uuid)]]));

static TYPE: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("name", &Shape::Text),
    always("description", &MAYBE_TEXT),
    always("is_public", &Shape::Boolean),
    always("extra_specs", &TEXTS),
    always("qos_specs_id", &MAYBE_UUID),
    always("created_at", &Shape::Time),
    always("updated_at", &MAYBE_TIME),
    always("deleted_at", &MAYBE_TIME),
    always("deleted", &Shape::Boolean),
]]);

const SAID: &str = "The image service tells it.";
static UPLOAD: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("updated_at", &MAYBE_TIME),
    always("status", &Shape::OneOf(&["uploading"])),
    always("display_description", &MAYBE_TEXT),
    always("size", &Shape::Integer),
    always("volume_type", &Shape::Maybe(&TYPE)),
    always("image_id", &Shape::Uuid),
    always("container_format", &MAYBE_TEXT),
    always("disk_format", &MAYBE_TEXT),
    always("image_name", &MAYBE_TEXT),
    sometimes("protected", &Shape::Boolean, SAID),
    sometimes("visibility", &Shape::Text, SAID),
]]);
/// The image that a volume is being made to.
pub static UPLOADING: Answer = Answer::Json(&object(&[&[always("os-volume_upload_image", &UPLOAD)]]));

const ENCRYPTED: &str = "The volume's type is encrypted.";
pub static ENCRYPTION: Answer = Answer::Json(&object(&[&[
    always("encryption_key_id", &MAYBE_TEXT),
    sometimes("control_location", &Shape::Text, ENCRYPTED),
    sometimes("cipher", &MAYBE_TEXT, ENCRYPTED),
    sometimes("key_size", &Shape::Maybe(&Shape::Integer), ENCRYPTED),
    sometimes("provider", &Shape::Text, ENCRYPTED),
]]));
