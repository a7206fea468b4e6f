//! Transfers, under their old path and the new one, which knows of snapshots and pages.

use axum::http::{Method, StatusCode};

use super::{Row, to};
use crate::api::schema::transfers as bodies;
use crate::api::v3::transfers::{change, list};
use crate::api::{answers, parameters};

const GET: &str = "volume:get_transfer";
const GET_ALL: &str = "volume:get_all_transfers";
const CREATE: &str = "volume:create_transfer";
const ACCEPT: &str = "volume:accept_transfer";
const DELETE: &str = "volume:delete_transfer";

pub static OLD: &[Row] = &[
    Row::new("ot.list", Method::GET, "/os-volume-transfer", GET_ALL, to!(list::old_list))
        .gives(&answers::transfers::LIST)
        .query(&[parameters::TENANTS, parameters::STRETCH, parameters::TRANSFERS]),
    Row::new("ot.detail", Method::GET, "/os-volume-transfer/detail", GET_ALL, to!(list::old_detail))
        .gives(&answers::transfers::DETAIL)
        .query(&[parameters::TENANTS, parameters::STRETCH, parameters::TRANSFERS]),
    Row::new("ot.create", Method::POST, "/os-volume-transfer", CREATE, to!(change::create))
        .gives(&answers::transfers::CREATED)
        .body(&bodies::OLD_CREATE)
        .success(StatusCode::ACCEPTED),
    Row::new("ot.show", Method::GET, "/os-volume-transfer/{id}", GET, to!(list::show))
        .gives(&answers::transfers::SHOW),
    Row::new("ot.accept", Method::POST, "/os-volume-transfer/{id}/accept", ACCEPT, to!(change::accept))
        .gives(&answers::transfers::ACCEPTED)
        .body(&bodies::ACCEPT)
        .success(StatusCode::ACCEPTED),
    Row::new("ot.delete", Method::DELETE, "/os-volume-transfer/{id}", DELETE, to!(change::delete))
        .success(StatusCode::ACCEPTED),
];

/// Documented since 3.55 and served at every version, as upstream.
pub static NEW: &[Row] = &[
    Row::new("vt.list", Method::GET, "/volume-transfers", GET_ALL, to!(list::list))
        .gives(&answers::transfers::LIST)
        .query(&[parameters::TENANTS, parameters::TRANSFER_PAGE, parameters::TRANSFERS]),
    Row::new("vt.detail", Method::GET, "/volume-transfers/detail", GET_ALL, to!(list::detail))
        .gives(&answers::transfers::DETAIL)
        .query(&[parameters::TENANTS, parameters::TRANSFER_PAGE, parameters::TRANSFERS]),
    Row::new("vt.create", Method::POST, "/volume-transfers", CREATE, to!(change::create))
        .gives(&answers::transfers::CREATED)
        .body(&bodies::CREATE)
        .success(StatusCode::ACCEPTED),
    Row::new("vt.show", Method::GET, "/volume-transfers/{id}", GET, to!(list::show))
        .gives(&answers::transfers::SHOW),
    Row::new("vt.accept", Method::POST, "/volume-transfers/{id}/accept", ACCEPT, to!(change::accept))
        .gives(&answers::transfers::ACCEPTED)
        .body(&bodies::ACCEPT)
        .success(StatusCode::ACCEPTED),
    Row::new("vt.delete", Method::DELETE, "/volume-transfers/{id}", DELETE, to!(change::delete))
        .success(StatusCode::ACCEPTED),
];
