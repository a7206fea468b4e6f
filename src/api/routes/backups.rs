//! Backups and their actions.

use axum::http::{Method, StatusCode};

use super::{Row, to};
use crate::api::schema::{backups as schema, bodies};
use crate::api::v3::backups::{actions, create, delete, list, record, restore, show, update};
use crate::api::{answers, parameters};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
const ACTION: &str = "/backups/{id}/action";

pub static BACKUPS: &[Row] = &[
    Row::new("bak.list", Method::GET, "/backups", "backup:get_all", to!(list::list))
        .gives(&answers::backups::LIST)
        .lists(&list::RULES, 0)
        .query(&[parameters::COUNT]),
    Row::new("bak.detail", Method::GET, "/backups/detail", "backup:get_all", to!(list::detail))
        .gives(&answers::backups::DETAIL)
        .lists(&list::RULES, 0)
        .query(&[parameters::COUNT]),
    Row::new("bak.create", Method::POST, "/backups", "backup:create", to!(create::create))
        .gives(&answers::backups::CHANGE)
        .body(&schema::CREATE)
        .success(ACCEPTED),
    Row::new("bak.show", Method::GET, "/backups/{id}", "backup:get", to!(show::show))
        .gives(&answers::backups::SHOW),
    Row::new("bak.update", Method::PUT, "/backups/{id}", "backup:update", to!(update::update))
        .gives(&answers::backups::CHANGE)
        .since(9)
        .body(&schema::UPDATE),
    Row::new("bak.delete", Method::DELETE, "/backups/{id}", "backup:delete", to!(delete::delete))
        .success(ACCEPTED),
    Row::new("bak.restore", Method::POST, "/backups/{id}/restore", "backup:restore", to!(restore::restore))
        .gives(&answers::backups::RESTORE)
        .body(&schema::RESTORE)
        .success(ACCEPTED),
    Row::new(
        "bak.export",
        Method::GET,
        "/backups/{id}/export_record",
        "backup:export-import",
        to!(record::export),
    )
    .gives(&answers::backups::EXPORT),
    Row::new(
        "bak.import",
        Method::POST,
        "/backups/import_record",
        "backup:backup-import",
        to!(record::import),
    )
    .gives(&answers::backups::CHANGE)
    .body(&schema::IMPORT)
    .success(StatusCode::CREATED),
];

pub static ACTIONS: &[Row] = &[
    Row::new(
        "ba.os-reset_status",
        Method::POST,
        ACTION,
        "volume_extension:backup_admin_actions:reset_status",
        to!(actions::reset_status),
    )
    .action("os-reset_status")
    .body(&schema::RESET)
    .success(ACCEPTED),
    Row::new(
        "ba.os-force_delete",
        Method::POST,
        ACTION,
        "volume_extension:backup_admin_actions:force_delete",
        to!(actions::force_delete),
    )
    .action("os-force_delete")
    .body(&bodies::FORCE_DELETE)
    .success(ACCEPTED),
];
