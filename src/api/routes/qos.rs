//! QoS specs. Three changes are GETs, as upstream.

use axum::http::{Method, StatusCode};

use super::{Row, to};
use crate::api::schema::type_parts as bodies;
use crate::api::v3::qos_specs::{associations, change, read};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
const ALL: &str = "/qos-specs";
const ONE: &str = "/qos-specs/{id}";
const GET_ALL: &str = "volume_extension:qos_specs_manage:get_all";
const GET: &str = "volume_extension:qos_specs_manage:get";
const CREATE: &str = "volume_extension:qos_specs_manage:create";
const UPDATE: &str = "volume_extension:qos_specs_manage:update";
const DELETE: &str = "volume_extension:qos_specs_manage:delete";

pub static QOS_SPECS: &[Row] = &[
    Row::new("qos.list", Method::GET, ALL, GET_ALL, to!(read::list)),
    Row::new("qos.create", Method::POST, ALL, CREATE, to!(change::create)).body(&bodies::QOS_CREATE),
    Row::new("qos.show", Method::GET, ONE, GET, to!(read::show)),
    Row::new("qos.update", Method::PUT, ONE, UPDATE, to!(change::update)).body(&bodies::QOS_UPDATE),
    Row::new("qos.delete", Method::DELETE, ONE, DELETE, to!(change::delete)).success(ACCEPTED),
    Row::new("qos.delete_keys", Method::PUT, "/qos-specs/{id}/delete_keys", DELETE, to!(change::delete_keys))
        .body(&bodies::QOS_DELETE_KEYS)
        .success(ACCEPTED),
    Row::new(
        "qos.associations",
        Method::GET,
        "/qos-specs/{id}/associations",
        GET_ALL,
        to!(associations::list),
    ),
    Row::new("qos.associate", Method::GET, "/qos-specs/{id}/associate", UPDATE, to!(associations::associate))
        .success(ACCEPTED),
    Row::new(
        "qos.disassociate",
        Method::GET,
        "/qos-specs/{id}/disassociate",
        UPDATE,
        to!(associations::disassociate),
    )
    .success(ACCEPTED),
    Row::new(
        "qos.disassociate_all",
        Method::GET,
        "/qos-specs/{id}/disassociate_all",
        UPDATE,
        to!(associations::disassociate_all),
    )
    .success(ACCEPTED),
];
