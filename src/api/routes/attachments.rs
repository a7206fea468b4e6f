//! Attachments, and attaching in the old way.

use axum::http::{Method, StatusCode};

use super::{CONFLICT, Handler, Row, to};
use crate::api::answers;
use crate::api::schema::{Schema, bodies};
use crate::api::v3::attachments::{change, list, old_style};

const ONE: &str = "/attachments/{attachment_id}";
const UPDATE: &str = "volume:attachment_update";

pub static ATTACHMENTS: &[Row] = &[
    Row::new("att.list", Method::GET, "/attachments", "", to!(list::list))
        .gives(&answers::attachments::LIST)
        .lists(&list::RULES, 0)
        .since(27),
    Row::new("att.detail", Method::GET, "/attachments/detail", "", to!(list::detail))
        .gives(&answers::attachments::DETAIL)
        .lists(&list::RULES, 0)
        .since(27),
    Row::new("att.create", Method::POST, "/attachments", "volume:attachment_create", to!(change::create))
        .gives(&answers::attachments::SHOW)
        .refuses(CONFLICT)
        .body(&bodies::ATTACHMENT_CREATE)
        .since(27),
    Row::new("att.show", Method::GET, ONE, "", to!(list::show)).gives(&answers::attachments::SHOW).since(27),
    Row::new("att.update", Method::PUT, ONE, UPDATE, to!(change::update))
        .gives(&answers::attachments::SHOW)
        .refuses(CONFLICT)
        .body(&bodies::ATTACHMENT_UPDATE)
        .since(27),
    Row::new("att.delete", Method::DELETE, ONE, "volume:attachment_delete", to!(change::delete))
        .gives(&answers::attachments::LIST)
        .refuses(CONFLICT)
        .since(27),
    Row::new(
        "att.complete",
        Method::POST,
        "/attachments/{attachment_id}/action",
        "volume:attachment_complete",
        to!(change::complete),
    )
    .action("os-complete")
    .body(&bodies::ATTACHMENT_COMPLETE)
    .since(44)
    .success(StatusCode::NO_CONTENT),
];

const fn action(
    id: &'static str,
    key: &'static str,
    rule: &'static str,
    body: &'static Schema,
    handler: Handler,
) -> Row {
    let row = Row::new(id, Method::POST, "/volumes/{id}/action", rule, handler);
    row.action(key).body(body).success(StatusCode::ACCEPTED)
}

/// The rules of the actions.
mod rules {
    pub const ATTACH: &str = "volume_extension:volume_actions:attach";
    pub const DETACH: &str = "volume_extension:volume_actions:detach";
    pub const RESERVE: &str = "volume_extension:volume_actions:reserve";
    pub const UNRESERVE: &str = "volume_extension:volume_actions:unreserve";
    pub const BEGIN_DETACHING: &str = "volume_extension:volume_actions:begin_detaching";
    pub const ROLL_DETACHING: &str = "volume_extension:volume_actions:roll_detaching";
    pub const INITIALIZE: &str = "volume_extension:volume_actions:initialize_connection";
    pub const TERMINATE: &str = "volume_extension:volume_actions:terminate_connection";
}

pub static OLD_STYLE: &[Row] = &[
    action("va.os-attach", "os-attach", rules::ATTACH, &bodies::OS_ATTACH, to!(old_style::attach)),
    action("va.os-detach", "os-detach", rules::DETACH, &bodies::OS_DETACH, to!(old_style::detach))
        .refuses(CONFLICT),
    action("va.os-reserve", "os-reserve", rules::RESERVE, &bodies::OS_RESERVE, to!(old_style::reserve)),
    action(
        "va.os-unreserve",
        "os-unreserve",
        rules::UNRESERVE,
        &bodies::OS_UNRESERVE,
        to!(old_style::unreserve),
    ),
    action(
        "va.os-begin_detaching",
        "os-begin_detaching",
        rules::BEGIN_DETACHING,
        &bodies::OS_BEGIN_DETACHING,
        to!(old_style::begin_detaching),
    ),
    action(
        "va.os-roll_detaching",
        "os-roll_detaching",
        rules::ROLL_DETACHING,
        &bodies::OS_ROLL_DETACHING,
        to!(old_style::roll_detaching),
    ),
    action(
        "va.os-initialize_connection",
        "os-initialize_connection",
        rules::INITIALIZE,
        &bodies::OS_INITIALIZE_CONNECTION,
        to!(old_style::initialize_connection),
    )
    .gives(&answers::attachments::CONNECTION)
    .success(StatusCode::OK),
    action(
        "va.os-terminate_connection",
        "os-terminate_connection",
        rules::TERMINATE,
        &bodies::OS_TERMINATE_CONNECTION,
        to!(old_style::terminate_connection),
    )
    .refuses(CONFLICT),
    action(
        "va.os-force_detach",
        "os-force_detach",
        "volume_extension:volume_admin_actions:force_detach",
        &bodies::OS_FORCE_DETACH,
        to!(old_style::force_detach),
    )
    .refuses(CONFLICT),
];
