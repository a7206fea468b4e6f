//! Backups.

use super::{
    Answer, LINKS, MAYBE_TEXT, MAYBE_TIME, MAYBE_UUID, Shape, TEXTS, always, counted, next, object, ruled,
};

const OWNER: &str = "backup:backup_project_attribute";

static BACKUP: Shape = object(&[&[
    always("id", &Shape::Uuid),
    always("status", &Shape::Text),
    always("size", &Shape::Maybe(&Shape::Integer)),
    always("object_count", &Shape::Maybe(&Shape::Integer)),
    always("availability_zone", &MAYBE_TEXT),
    always("container", &MAYBE_TEXT),
    always("created_at", &Shape::Time),
    always("updated_at", &MAYBE_TIME),
    always("name", &MAYBE_TEXT),
    always("description", &MAYBE_TEXT),
    always("fail_reason", &MAYBE_TEXT),
    always("volume_id", &Shape::Uuid),
    always("links", &LINKS),
    always("is_incremental", &Shape::Boolean),
    always("has_dependent_backups", &Shape::Boolean),
    always("snapshot_id", &MAYBE_UUID),
    always("data_timestamp", &MAYBE_TIME),
    ruled("os-backup-project-attr:project_id", &Shape::Text, OWNER).since(18),
    always("metadata", &TEXTS).since(43),
    ruled("user_id", &Shape::Text, OWNER).since(56),
]]);
static SUMMARY: Shape =
    object(&[&[always("id", &Shape::Uuid), always("name", &MAYBE_TEXT), always("links", &LINKS)]]);

pub static LIST: Answer =
    Answer::Json(&object(&[&[always("backups", &Shape::List(&SUMMARY)), next("backups_links"), counted()]]));
pub static DETAIL: Answer =
    Answer::Json(&object(&[&[always("backups", &Shape::List(&BACKUP)), next("backups_links"), counted()]]));
pub static SHOW: Answer = Answer::Json(&object(&[&[always("backup", &BACKUP)]]));
/// Create, update and import.
pub static CHANGE: Answer = Answer::Json(&object(&[&[always("backup", &SUMMARY)]]));

static RESTORED: Shape = object(&[&[
    always("backup_id", &Shape::Uuid),
    always("volume_id", &Shape::Uuid),
    always("volume_name", &MAYBE_TEXT),
]]);
pub static RESTORE: Answer = Answer::Json(&object(&[&[always("restore", &RESTORED)]]));

static RECORD: Shape =
    object(&[&[always("backup_service", &Shape::Text), always("backup_url", &Shape::Text)]]);
pub static EXPORT: Answer = Answer::Json(&object(&[&[always("backup-record", &RECORD)]]));
