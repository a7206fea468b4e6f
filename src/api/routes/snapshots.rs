//! Snapshots, their actions and their metadata.

use axum::http::{Method, StatusCode};

use super::{Handler, Row, to};
use crate::api::schema::{Schema, bodies};
use crate::api::v3::snapshots::{actions, create, delete, list, metadata, show, update};
use crate::api::{answers, parameters};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

pub static SNAPSHOTS: &[Row] = &[
    Row::new("snap.list", Method::GET, "/snapshots", "volume:get_all_snapshots", to!(list::list))
        .gives(&answers::snapshots::LIST)
        .lists(&list::RULES, 0)
        .query(&[parameters::COUNT]),
    Row::new("snap.detail", Method::GET, "/snapshots/detail", "volume:get_all_snapshots", to!(list::detail))
        .gives(&answers::snapshots::DETAIL)
        .lists(&list::RULES, 0)
        .query(&[parameters::COUNT]),
    Row::new("snap.create", Method::POST, "/snapshots", "volume:create_snapshot", to!(create::create))
        .gives(&answers::snapshots::CHANGE)
        .body(&bodies::SNAPSHOT_CREATE)
        .success(ACCEPTED),
    Row::new("snap.show", Method::GET, "/snapshots/{id}", "volume:get_snapshot", to!(show::show))
        .gives(&answers::snapshots::SHOW),
    Row::new("snap.update", Method::PUT, "/snapshots/{id}", "volume:update_snapshot", to!(update::update))
        .gives(&answers::snapshots::CHANGE)
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
    Row::new("sm.list", Method::GET, ALL, GET, to!(metadata::list)).gives(&answers::volumes::METADATA),
    Row::new("sm.create", Method::POST, ALL, UPDATE, to!(metadata::create))
        .gives(&answers::volumes::METADATA)
        .body(&bodies::SNAPSHOT_METADATA_SET),
    Row::new("sm.replace", Method::PUT, ALL, UPDATE, to!(metadata::replace))
        .gives(&answers::volumes::METADATA)
        .body(&bodies::SNAPSHOT_METADATA_SET),
    Row::new("sm.show", Method::GET, ONE, GET, to!(metadata::show)).gives(&answers::volumes::METADATUM),
    Row::new("sm.update", Method::PUT, ONE, UPDATE, to!(metadata::update))
        .gives(&answers::volumes::METADATUM)
        .body(&bodies::SNAPSHOT_METADATA_ONE),
    Row::new("sm.delete", Method::DELETE, ONE, "volume:delete_snapshot_metadata", to!(metadata::delete)),
];
