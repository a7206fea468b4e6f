//! QoS specs. Three changes are GETs, as upstream.

use axum::http::{Method, StatusCode};

use super::{CONFLICT, Row, to};
use crate::api::schema::type_parts as bodies;
use crate::api::v3::qos_specs::{associations, change, read};
use crate::api::{answers, parameters};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
const ALL: &str = "/qos-specs";
const ONE: &str = "/qos-specs/{id}";
const GET_ALL: &str = "volume_extension:qos_specs_manage:get_all";
const GET: &str = "volume_extension:qos_specs_manage:get";
const CREATE: &str = "volume_extension:qos_specs_manage:create";
const UPDATE: &str = "volume_extension:qos_specs_manage:update";
const DELETE: &str = "volume_extension:qos_specs_manage:delete";

pub static QOS_SPECS: &[Row] = &[
    Row::new("qos.list", Method::GET, ALL, GET_ALL, to!(read::list))
        .gives(&answers::qos::LIST)
        .lists(&read::RULES, 0),
    Row::new("qos.create", Method::POST, ALL, CREATE, to!(change::create))
        .gives(&answers::qos::SHOW)
        .refuses(CONFLICT)
        .body(&bodies::QOS_CREATE),
    Row::new("qos.show", Method::GET, ONE, GET, to!(read::show)).gives(&answers::qos::SHOW),
    Row::new("qos.update", Method::PUT, ONE, UPDATE, to!(change::update))
        .gives(&answers::qos::UPDATED)
        .body(&bodies::QOS_UPDATE),
    Row::new("qos.delete", Method::DELETE, ONE, DELETE, to!(change::delete))
        .query(&[parameters::FORCE])
        .success(ACCEPTED),
    Row::new("qos.delete_keys", Method::PUT, "/qos-specs/{id}/delete_keys", DELETE, to!(change::delete_keys))
        .body(&bodies::QOS_DELETE_KEYS)
        .success(ACCEPTED),
    Row::new(
        "qos.associations",
        Method::GET,
        "/qos-specs/{id}/associations",
        GET_ALL,
        to!(associations::list),
    )
    .gives(&answers::qos::ASSOCIATIONS),
    Row::new("qos.associate", Method::GET, "/qos-specs/{id}/associate", UPDATE, to!(associations::associate))
        .query(&[parameters::VOLUME_TYPE])
        .success(ACCEPTED),
    Row::new(
        "qos.disassociate",
        Method::GET,
        "/qos-specs/{id}/disassociate",
        UPDATE,
        to!(associations::disassociate),
    )
    .query(&[parameters::VOLUME_TYPE])
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
