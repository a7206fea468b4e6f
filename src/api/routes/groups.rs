//! Groups of volumes: types, groups, snapshots, and the legacy consistency groups.

use axum::http::{Method, StatusCode};

use super::{Row, to};
use crate::api::schema::groups as bodies;
use crate::api::v3::group_types::{change, list, specs};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

/// Minor version of group types.
const TYPES_SINCE: u16 = 11;

pub static TYPES: &[Row] = &[
    Row::new("gt.list", Method::GET, "/group_types", "", to!(list::list)).since(TYPES_SINCE),
    Row::new("gt.show", Method::GET, "/group_types/{id}", "", to!(list::show)).since(TYPES_SINCE),
    Row::new("gt.create", Method::POST, "/group_types", "group:group_types:create", to!(change::create))
        .since(TYPES_SINCE)
        .body(&bodies::TYPE_CREATE)
        .success(ACCEPTED),
    Row::new("gt.update", Method::PUT, "/group_types/{id}", "group:group_types:update", to!(change::update))
        .since(TYPES_SINCE)
        .body(&bodies::TYPE_UPDATE),
    Row::new(
        "gt.delete",
        Method::DELETE,
        "/group_types/{id}",
        "group:group_types:delete",
        to!(change::delete),
    )
    .since(TYPES_SINCE)
    .success(ACCEPTED),
];

const ALL: &str = "/group_types/{id}/group_specs";
const ONE: &str = "/group_types/{id}/group_specs/{key}";

pub static SPECS: &[Row] = &[
    Row::new("gs.list", Method::GET, ALL, "group:group_types_specs:get_all", to!(specs::list))
        .since(TYPES_SINCE),
    Row::new("gs.create", Method::POST, ALL, "group:group_types_specs:create", to!(specs::create))
        .since(TYPES_SINCE)
        .body(&bodies::SPECS_CREATE)
        .success(ACCEPTED),
    Row::new("gs.show", Method::GET, ONE, "group:group_types_specs:get", to!(specs::show)).since(TYPES_SINCE),
    Row::new("gs.update", Method::PUT, ONE, "group:group_types_specs:update", to!(specs::update))
        .since(TYPES_SINCE)
        .body(bodies::SPEC_UPDATE),
    Row::new("gs.delete", Method::DELETE, ONE, "group:group_types_specs:delete", to!(specs::delete))
        .since(TYPES_SINCE)
        .success(ACCEPTED),
];
