//! The actions that copy a volume's data: to and from images, and between clusters.

use axum::http::{Method, StatusCode};

use super::{CONFLICT, Handler, Row, to};
use crate::api::answers;
use crate::api::schema::{Schema, images as image_bodies, migration as migration_bodies};
use crate::api::v3::volumes::{images, migration};

const fn action(
    id: &'static str,
    key: &'static str,
    rule: &'static str,
    body: &'static Schema,
    handler: Handler,
) -> Row {
    Row::new(id, Method::POST, "/volumes/{id}/action", rule, handler).action(key).body(body)
}

pub static ACTIONS: &[Row] = &[
    action(
        "va.os-volume_upload_image",
        "os-volume_upload_image",
        "volume_extension:volume_actions:upload_image",
        &image_bodies::UPLOAD,
        to!(images::upload),
    )
    .success(StatusCode::ACCEPTED)
    .gives(&answers::volumes::UPLOADING),
    action("va.os-reimage", "os-reimage", "volume:reimage", &image_bodies::REIMAGE, to!(images::reimage))
        .refuses(CONFLICT)
        .since(68)
        .success(StatusCode::ACCEPTED),
    action(
        "va.os-migrate_volume",
        "os-migrate_volume",
        "volume_extension:volume_admin_actions:migrate_volume",
        &migration_bodies::MIGRATE,
        to!(migration::migrate),
    )
    .success(StatusCode::ACCEPTED),
    action(
        "va.os-migrate_volume_completion",
        "os-migrate_volume_completion",
        "volume_extension:volume_admin_actions:migrate_volume_completion",
        &migration_bodies::COMPLETION,
        to!(migration::complete),
    )
    .refuses(CONFLICT)
    .gives(&answers::volumes::MIGRATED),
];
