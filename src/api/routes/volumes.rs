//! Volumes, their actions and their metadata.

use axum::http::{Method, StatusCode};

use super::{CONFLICT, Handler, PRECONDITION, Row, to};
use crate::api::schema::{Schema, bodies, type_parts};
use crate::api::v3::volumes::{
    actions, create, delete, image_metadata, list, metadata, retype, show, summary, update,
};
use crate::api::{answers, parameters};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

pub static VOLUMES: &[Row] = &[
    Row::new("volumes.list", Method::GET, "/volumes", "volume:get_all", to!(list::list))
        .gives(&answers::volumes::LIST)
        .lists(&list::RULES, 0)
        .query(&[parameters::COUNT]),
    Row::new("volumes.detail", Method::GET, "/volumes/detail", "volume:get_all", to!(list::detail))
        .gives(&answers::volumes::DETAIL)
        .lists(&list::RULES, 0)
        .query(&[parameters::COUNT]),
    Row::new("volumes.summary", Method::GET, "/volumes/summary", "volume:get_all", to!(summary::summary))
        .gives(&answers::volumes::TOTAL)
        .query(&[parameters::TENANTS])
        .since(12),
    Row::new("volumes.create", Method::POST, "/volumes", "volume:create", to!(create::create))
        .gives(&answers::volumes::CHANGE)
        .body(&bodies::VOLUME_CREATE)
        // An image that is named, and of whose name there are several.
        .refuses(CONFLICT)
        .success(ACCEPTED),
    Row::new("volumes.show", Method::GET, "/volumes/{id}", "volume:get", to!(show::show))
        .gives(&answers::volumes::SHOW),
    Row::new("volumes.update", Method::PUT, "/volumes/{id}", "volume:update", to!(update::update))
        .gives(&answers::volumes::CHANGE)
        .body(&bodies::VOLUME_UPDATE),
    Row::new("volumes.delete", Method::DELETE, "/volumes/{id}", "volume:delete", to!(delete::delete))
        .query(&[parameters::DELETION])
        .success(ACCEPTED),
];

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
    action("va.os-extend", "os-extend", "volume:extend", &bodies::EXTEND, to!(actions::extend))
        .refuses(CONFLICT)
        .success(ACCEPTED),
    action(
        "va.os-update_readonly_flag",
        "os-update_readonly_flag",
        "volume:update_readonly_flag",
        &bodies::UPDATE_READONLY,
        to!(actions::update_readonly_flag),
    )
    .success(ACCEPTED),
    action(
        "va.os-set_bootable",
        "os-set_bootable",
        "volume:update",
        &bodies::SET_BOOTABLE,
        to!(actions::set_bootable),
    ),
    action("va.revert", "revert", "volume:revert_to_snapshot", &bodies::REVERT, to!(actions::revert))
        .refuses(CONFLICT)
        .since(40)
        .success(ACCEPTED),
    action(
        "va.os-set_image_metadata",
        "os-set_image_metadata",
        "volume_extension:volume_image_metadata:set",
        &bodies::SET_IMAGE_METADATA,
        to!(image_metadata::set),
    )
    .gives(&answers::volumes::METADATA),
    action(
        "va.os-show_image_metadata",
        "os-show_image_metadata",
        "volume_extension:volume_image_metadata:show",
        &bodies::SHOW_IMAGE_METADATA,
        to!(image_metadata::show),
    )
    .gives(&answers::volumes::METADATA),
    action(
        "va.os-unset_image_metadata",
        "os-unset_image_metadata",
        "volume_extension:volume_image_metadata:remove",
        &bodies::UNSET_IMAGE_METADATA,
        to!(image_metadata::unset),
    ),
    action("va.os-retype", "os-retype", "volume:retype", &type_parts::RETYPE, to!(retype::retype))
        .success(ACCEPTED),
    action(
        "va.os-reset_status",
        "os-reset_status",
        "volume_extension:volume_admin_actions:reset_status",
        &bodies::VOLUME_RESET,
        to!(actions::reset_status),
    )
    .success(ACCEPTED),
    action(
        "va.os-force_delete",
        "os-force_delete",
        "volume_extension:volume_admin_actions:force_delete",
        &bodies::FORCE_DELETE,
        to!(actions::force_delete),
    )
    .success(ACCEPTED),
];

const ALL: &str = "/volumes/{id}/metadata";
const ONE: &str = "/volumes/{id}/metadata/{key}";
const GET: &str = "volume:get_volume_metadata";
const UPDATE: &str = "volume:update_volume_metadata";

pub static METADATA: &[Row] = &[
    Row::new("vm.list", Method::GET, ALL, GET, to!(metadata::list)).gives(&answers::volumes::METADATA_LIST),
    Row::new("vm.create", Method::POST, ALL, "volume:create_volume_metadata", to!(metadata::create))
        .gives(&answers::volumes::METADATA)
        .body(&bodies::METADATA_SET),
    Row::new("vm.replace", Method::PUT, ALL, UPDATE, to!(metadata::replace))
        .gives(&answers::volumes::METADATA)
        .refuses(PRECONDITION)
        .body(&bodies::METADATA_SET),
    Row::new("vm.show", Method::GET, ONE, GET, to!(metadata::show)).gives(&answers::volumes::METADATUM),
    Row::new("vm.update", Method::PUT, ONE, UPDATE, to!(metadata::update))
        .gives(&answers::volumes::METADATUM)
        .refuses(PRECONDITION)
        .body(&bodies::METADATA_ONE),
    Row::new("vm.delete", Method::DELETE, ONE, "volume:delete_volume_metadata", to!(metadata::delete)),
];
