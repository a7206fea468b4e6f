//! Snapshots, their actions and their metadata.

use axum::http::{Method, StatusCode};

use super::{Handler, Row, to};
use crate::api::schema::{Schema, bodies};
use crate::api::v3::snapshots::{actions, create, delete, list, metadata, show, update};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

pub static SNAPSHOTS: &[Row] = &[
    Row::new("snap.list", Method::GET, "/snapshots", "volume:get_all_snapshots", to!(list::list)),
    Row::new("snap.detail", Method::GET, "/snapshots/detail", "volume:get_all_snapshots", to!(list::detail)),
    Row::new("snap.create", Method::POST, "/snapshots", "volume:create_snapshot", to!(create::create))
        .body(&bodies::SNAPSHOT_CREATE)
        .success(ACCEPTED),
    Row::new("snap.show", Method::GET, "/snapshots/{id}", "volume:get_snapshot", to!(show::show)),
    Row::new("snap.update", Method::PUT, "/snapshots/{id}", "volume:update_snapshot", to!(update::update))
        .body(&bodies::SNAPSHOT_UPDATE),
    Row::new("snap.delete", Method::DELETE, "/snapshots/{id}", "volume:delete_snapshot", to!(delete::delete))
        .success(ACCEPTED),
];

const fn action(
    id: &'static str,
    key: &'static str,
    rule: &'static str,
    body: &'static Schema,
    handler: Handler,
) -> Row {
    let row = Row::new(id, Method::POST, "/snapshots/{id}/action", rule, handler);
    row.action(key).body(body).success(ACCEPTED)
}

pub static ACTIONS: &[Row] = &[
    action(
        "sa.os-reset_status",
        "os-reset_status",
        "volume_extension:snapshot_admin_actions:reset_status",
        &bodies::SNAPSHOT_RESET,
        to!(actions::reset_status),
    ),
    action(
        "sa.os-force_delete",
        "os-force_delete",
        "volume_extension:snapshot_admin_actions:force_delete",
        &bodies::FORCE_DELETE,
        to!(actions::force_delete),
    ),
    action(
        "sa.os-update_snapshot_status",
        "os-update_snapshot_status",
        "snapshot_extension:snapshot_actions:update_snapshot_status",
        &bodies::UPDATE_SNAPSHOT_STATUS,
        to!(actions::update_status),
    ),
];

const ALL: &str = "/snapshots/{id}/metadata";
const ONE: &str = "/snapshots/{id}/metadata/{key}";
const GET: &str = "volume:get_snapshot_metadata";
const UPDATE: &str = "volume:update_snapshot_metadata";

pub static METADATA: &[Row] = &[
    Row::new("sm.list", Method::GET, ALL, GET, to!(metadata::list)),
    Row::new("sm.create", Method::POST, ALL, UPDATE, to!(metadata::create))
        .body(&bodies::SNAPSHOT_METADATA_SET),
    Row::new("sm.replace", Method::PUT, ALL, UPDATE, to!(metadata::replace))
        .body(&bodies::SNAPSHOT_METADATA_SET),
    Row::new("sm.show", Method::GET, ONE, GET, to!(metadata::show)),
    Row::new("sm.update", Method::PUT, ONE, UPDATE, to!(metadata::update))
        .body(&bodies::SNAPSHOT_METADATA_ONE),
    Row::new("sm.delete", Method::DELETE, ONE, "volume:delete_snapshot_metadata", to!(metadata::delete)),
];
